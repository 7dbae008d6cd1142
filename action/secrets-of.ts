import type { RegistrationRecord } from '../shared/record/record.ts';

/** Every secret in a record, line by line, for masking. */
export function secretsOf(record: RegistrationRecord): readonly string[] {
  const keys = [record.intent?.key, record.call?.key, ...record.suspects.map(({ key }) => key)];
  return [
    ...record.clients.flatMap(({ clientSecret, access, key }) => [
      clientSecret,
      access?.registrationAccessToken,
      key?.privateKey,
    ]),
    ...record.orphans.map(({ access }) => access?.registrationAccessToken),
    ...keys.map((key) => key?.privateKey),
  ].filter((secret) => secret !== undefined);
}
