import type { RegistrationView } from '../../shared/api/worker-api.ts';
import { code, table, text } from '../markdown.ts';
import { when } from '../when.ts';
import type { WorkerReport } from './worker-report.ts';

/** How the registrations stand at the Worker, as Markdown: until when they live, where they are published, what needs a person. */
export function workerSummary(reports: readonly WorkerReport[]): string {
  const views = reports.flatMap(({ view }) => (view === undefined ? [] : [view]));
  const rows = views
    .filter(({ status }) => status === 'active')
    .map((view) => [
      text(view.name),
      livesUntil(view),
      placesOf(view),
      view.next_rotation === undefined ? 'only when asked for' : `by the Worker, ${time(view.next_rotation)}`,
    ]);
  return [
    rows.length === 0 ? '' : table(['Client', 'Lives until', 'Published as', 'Next rotation'], rows),
    titled('Rotations to confirm', [...views.flatMap(retiring), ...views.flatMap(retiringKeys)]),
    titled('Clients that may exist, because an answer was lost', views.flatMap(suspects)),
    titled('Clients that are left at a server', views.flatMap(orphans)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function placesOf({ published, shared }: RegistrationView): string {
  const places = published.length === 0 ? 'outputs only' : published.map(code).join(', ');
  return shared === undefined ? places : `${places}; client shared by ${code(shared)}`;
}

function livesUntil({ owner, expires_at: expiresAt }: RegistrationView): string {
  if (owner === undefined) return expiresAt === undefined ? 'somebody deletes it' : time(expiresAt);
  const end = owner.kind === 'pull_request' ? `#${owner.number} closes` : `branch ${text(owner.name)} is deleted`;
  return expiresAt === undefined ? end : `${end}; without another deploy until ${time(expiresAt)}`;
}

function retiring({ name, environment, client_id: current = '', retiring: old }: RegistrationView): readonly string[] {
  return old.map(
    (clientId) =>
      `- **${text(name)}**: the old client ${code(clientId)} still works. When the deployed app uses ${code(current)}, run this Action with ${code('command: retire')}, ${code(`environment: ${environment}`)}, ${code(`clients: ${name}`)}, ${code(`client-id: ${current}`)}.`,
  );
}

function retiringKeys(view: RegistrationView): readonly string[] {
  const { name, environment, client_id: client = '', key_id: current = '', retiring_keys: old = [] } = view;
  return old.map(
    (keyId) =>
      `- **${text(name)}**: the old key ${code(keyId)} still works. When the deployed app uses ${code(current)}, run this Action with ${code('command: retire')}, ${code(`environment: ${environment}`)}, ${code(`clients: ${name}`)}, ${code(`client-id: ${client}`)}, ${code(`key-id: ${current}`)}.`,
  );
}

function suspects({ name, server, suspects: found }: RegistrationView): readonly string[] {
  return found.map(
    ({ look_for: lookFor, since }) =>
      `- **${text(name)}**: ask the operator of ${code(server)} to look for ${text(lookFor)}, asked for ${time(since)}; then tell the operator of the Worker.`,
  );
}

function orphans({ name, orphans: left }: RegistrationView): readonly string[] {
  return left.map(
    ({ client_id: clientId, server, reason }) =>
      `- **${text(name)}**: ask the operator of ${code(server)} to delete client ${code(clientId)}. The Worker cannot: ${text(reason)}.`,
  );
}

function time(iso: string): string {
  const milliseconds = Date.parse(iso);
  return Number.isNaN(milliseconds) ? text(iso) : when(milliseconds);
}

function titled(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `**${title}**\n\n${lines.join('\n')}`;
}
