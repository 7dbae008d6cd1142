import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Desired } from '../shared/manifest/desired.ts';
import { publicationKey } from '../shared/publish/publish-place.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';

/**
 * Throws `publish_conflict` when another registration of this environment holds a name that this client is to be
 * published to: also one that the manifest no longer has, and one whose name was claimed and never written.
 */
export function refuseTakenNames(
  { key, name, publish }: Desired,
  records: ReadonlyMap<string, RegistrationRecord>,
): void {
  const wanted = publish.flatMap(({ environment, items }) =>
    items.map((item) => publicationKey({ target: environment === undefined ? {} : { environment }, item })),
  );
  if (wanted.length === 0) return;
  for (const record of records.values()) {
    const taken = record.key === key ? [] : record.published.filter((entry) => wanted.includes(publicationKey(entry)));
    if (taken.length === 0) continue;
    const names = taken.map(({ item }) => `${item.kind} ${item.name}`).join(', ');
    const other = record.desired.name;
    throw new RegistrarError('publish_conflict', {
      message: `${name} would be published to ${names}, which ${other} of this environment has. Nothing was sent for ${name}.`,
      hint: `Give ${name} names of its own in \`publish\`. If ${other} is not needed any more, end it with \`command: delete\` and \`clients: ${other}\`, then run this again.`,
      client: name,
    });
  }
}
