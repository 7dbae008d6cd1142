import { currentClient, isOwned } from '../shared/reconcile/record-queries.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import type { ClientReport } from './report.ts';
import { when } from './when.ts';

/**
 * What will surprise somebody later, said on the day it can first be known: that a rotation changes the client_id, that
 * updates replace the secret, that the secret ends and nothing renews it.
 */
export function firstDayLines(reports: readonly ClientReport[]): readonly string[] {
  return reports.flatMap(({ desired, record, events }) => {
    if (record === undefined || record.ending !== undefined || isOwned(record)) return [];
    const isNew = events.some(({ kind }) => kind === 'registered');
    const replaced = events.some((event) => event.kind === 'secret_replaced' && event.by === 'update');
    return [
      ...(isNew ? rotationLine(record) : []),
      ...(isNew || replaced ? updateLine(record) : []),
      ...expiryLine(record),
    ].map((line) => `${desired.name}: ${line}`);
  });
}

function rotationLine({ desired: { rotation } }: RegistrationRecord): readonly string[] {
  return rotation?.clientIdMayChange === true && rotation.strategy === 'replace'
    ? ['each rotation gives the app a new client_id, which ends consents and refresh tokens; the manifest allows it']
    : [];
}

function updateLine({ traits, desired }: RegistrationRecord): readonly string[] {
  if (traits.updateReplacesSecret !== true) return [];
  const said = 'this server replaces the client secret at every update, which interrupts running apps';
  switch (desired.update) {
    case 'ask':
      return [
        `${said}. A changed manifest stops from now on until it says \`update: interrupt\` (the same client, a short break) or \`update: replace\` (a new client beside the old one)`,
      ];
    case 'interrupt':
      return [`${said}; the manifest allows it (update: interrupt)`];
    case 'replace':
      return [`${said}; a changed manifest gives the app a new client instead (update: replace)`];
  }
}

function expiryLine(record: RegistrationRecord): readonly string[] {
  const expiresAt = currentClient(record)?.clientSecretExpiresAt ?? 0;
  const { rotation } = record.desired;
  if (expiresAt === 0 || rotation?.clientIdMayChange === true) return [];
  const why =
    rotation === undefined ? 'nothing renews it' : 'the manifest does not allow the rotation that would renew it';
  return [
    `its secret ends on ${when(expiresAt * 1000)}, and ${why}. Add \`rotate: { client_id: may_change }\` to the manifest; it is then replaced in time by a run of this Action`,
  ];
}
