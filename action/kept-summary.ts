import { overlapEnd, rotationTime } from '../shared/reconcile/due.ts';
import { whatToLookFor } from '../shared/reconcile/marker.ts';
import { currentClient, editionOf, isOwned } from '../shared/reconcile/record-queries.ts';
import type { RegistrationRecord, Suspect } from '../shared/record/record.ts';
import { code, table, text } from './markdown.ts';
import { type ClientReport, labelOf } from './report.ts';
import { when } from './when.ts';

type Kept = { readonly label: string; readonly name: string; readonly record: RegistrationRecord };

/** What outlives the job, as Markdown: until when, where it is published, when it changes next, and what needs a person. */
export function keptSummary(reports: readonly ClientReport[], now: number): string {
  const kept = reports.flatMap((report): readonly Kept[] =>
    report.record === undefined || report.desired.ttl === 'job'
      ? []
      : [{ label: text(labelOf(report)), name: report.desired.name, record: report.record }],
  );
  return [lasting(kept, now), retiring(kept), suspects(kept), orphans(kept)].filter((part) => part !== '').join('\n\n');
}

function lasting(kept: readonly Kept[], now: number): string {
  const rows = kept
    .filter(({ record }) => record.ending === undefined && currentClient(record) !== undefined)
    .map(({ label, record }) => [label, livesUntil(record), published(record), nextRotation(record, now)]);
  return rows.length === 0 ? '' : table(['Client', 'Lives until', 'Published as', 'Next rotation'], rows);
}

function livesUntil(record: RegistrationRecord): string {
  const { owner, expiresAt } = record;
  if (!isOwned(record) || owner === undefined) return 'somebody deletes it';
  const end = owner.kind === 'pull_request' ? `#${owner.number} closes` : `branch ${text(owner.name)} is deleted`;
  return expiresAt === undefined ? end : `${end}; without another deploy until ${when(expiresAt)}`;
}

function published(record: RegistrationRecord): string {
  const client = currentClient(record);
  if (record.published.length === 0) return 'outputs only';
  const places = Map.groupBy(record.published, ({ target }) => target.environment ?? '');
  return [...places]
    .map(([environment, entries]) => {
      const names = entries.map(({ item, state, of }) => {
        const late =
          state === 'written' && client !== undefined && of === editionOf(client) ? '' : ' (not written yet)';
        return `${item.kind} ${code(item.name)}${late}`;
      });
      return `${names.join(', ')}${environment === '' ? '' : ` of environment ${text(environment)}`}`;
    })
    .join('; ');
}

function nextRotation(record: RegistrationRecord, now: number): string {
  const client = currentClient(record);
  const time = client && rotationTime(record, client);
  if (time === undefined) return 'only when asked for';
  if (record.clients.some(({ role }) => role === 'retiring')) return 'once the old client is retired';
  return time <= now ? 'with the next run' : `with the first run after ${when(time)}`;
}

function retiring(kept: readonly Kept[]): string {
  const lines = kept.flatMap(({ label, name, record }) => {
    const { rotation, environment } = record.desired;
    const current = currentClient(record);
    return record.clients
      .filter(({ role }) => role === 'retiring')
      .map((client) => {
        const old = `- **${label}**: the old client ${code(client.clientId)} still works.`;
        return rotation?.retire === 'after-overlap'
          ? `${old} It is deleted by the first run after ${when(overlapEnd(record, client))}.`
          : `${old} Deploy the app with the new credentials. When it uses ${code(current?.clientId ?? '')}, run this Action with ${settings({ command: 'retire', environment, clients: name, 'client-id': current?.clientId ?? '' })}. Until then the old client stays and no scheduled rotation begins.`;
      });
  });
  return titled('Rotations to confirm', lines);
}

function suspects(kept: readonly Kept[]): string {
  const lines = kept.flatMap(({ label, name, record }) => {
    const { environment } = record.desired;
    const intents: readonly Omit<Suspect, 'since'>[] =
      record.intent === undefined ? [] : [{ ...record.intent, reason: 'no answer came' }];
    return [...record.suspects, ...intents].map((suspect) => {
      const where = code(suspect.server.address);
      return `- **${label}**: ask the operator of ${where} to look for ${text(whatToLookFor(record, suspect))} (${text(suspect.reason)}). If there is none, or it was deleted, run this Action with ${settings({ command: 'resolve', environment, clients: name, resolution: 'forget' })}. To keep it: ${settings({ resolution: 'adopt' })} with its ${code('client-id')}.`;
    });
  });
  return titled('Clients that may exist, because an answer was lost', lines);
}

function orphans(kept: readonly Kept[]): string {
  const lines = kept.flatMap(({ label, record }) =>
    record.orphans.map(
      ({ clientId, server, reason, since }) =>
        `- **${label}**: ask the operator of ${code(server.address)} to delete client ${code(clientId)}, not needed since ${when(since)}. We cannot: ${text(reason)}.`,
    ),
  );
  return titled('Clients that are left at a server', lines);
}

function titled(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `**${title}**\n\n${lines.join('\n')}`;
}

function settings(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => code(`${name}: ${value}`))
    .join(', ');
}
