import type { Server } from '../shared/discovery/server.ts';
import type { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Desired } from '../shared/manifest/desired.ts';
import { changesSomething, type Event } from '../shared/reconcile/event.ts';
import { currentClient, nextClient } from '../shared/reconcile/record-queries.ts';
import type { Client, RegistrationRecord } from '../shared/record/record.ts';

/** What came of one client of the manifest in this run. */
export type ClientReport = {
  readonly desired: Desired;
  /** What people know it by, where its name alone does not say it. */
  readonly label?: string;
  readonly server?: Server;
  readonly record?: RegistrationRecord;
  readonly events: readonly Event[];
  readonly problem?: RegistrarError;
};

export function hasChanged(reports: readonly Pick<ClientReport, 'events'>[]): boolean {
  return reports.some(({ events }) => changesSomething(events));
}

/** The client whose credentials this run hands out: one that is to follow it has not been put to use yet. */
export function clientInUse({ record }: Pick<ClientReport, 'record'>): Client | undefined {
  return record && (currentClient(record) ?? nextClient(record));
}

/** The client to hand out: none where a problem says that it is not fit for use. */
export function clientToHandOut(report: ClientReport): Client | undefined {
  const client = clientInUse(report);
  return report.problem?.code === 'credentials_refused' || report.problem?.code === 'metadata_differs'
    ? undefined
    : client;
}

export function labelOf({ desired, label = desired.name }: ClientReport): string {
  return label;
}
