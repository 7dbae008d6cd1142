import { PROBE_ENVIRONMENT } from '../shared/doctor/probe-client.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { type Asked, usage } from './options.ts';
import type { NetworkPorts } from './ports.ts';
import type { Screen } from './screen.ts';
import type { StateFile } from './state-file.ts';

/** What every command works with. */
export type Work = {
  readonly asked: Asked;
  readonly screen: Screen;
  readonly network: NetworkPorts;
  readonly state: StateFile;
  readonly ports: Ports;
  /** True once the person wants to stop: nothing new is begun then. */
  readonly stopping: () => boolean;
};

/** A registration that has clients, names or questions left. */
export function isAlive({ clients, published, suspects, orphans, intent }: RegistrationRecord): boolean {
  return [clients, published, suspects, orphans].some((list) => list.length > 0) || intent !== undefined;
}

/** The remembered registration that a command is about. Throws a usage error that names those there are. */
export function selectOne({ asked, state }: Pick<Work, 'asked' | 'state'>): RegistrationRecord {
  const records = [...state.records().values()].filter(isAlive);
  const name = asked.text('name');
  const matching = records.filter((record) => (name === undefined ? !isProbe(record) : isNamed(record, name)));
  const [record, ...others] = matching;
  if (record !== undefined && others.length === 0) return record;
  const names = records.map(({ key }) => key).join(', ');
  if (records.length === 0) {
    throw usage(`${state.path} remembers no client`, 'oauth-registrar register https://fhir.example.org/r4');
  }
  throw usage(
    name === undefined
      ? `${state.path} has several clients: ${names}`
      : `${state.path} has ${names}, and no one "${name}"`,
    `oauth-registrar ${asked.command} --name ${records[0]?.desired.name}`,
  );
}

/** What an earlier `doctor --probe` could not delete. */
function isProbe({ desired }: RegistrationRecord): boolean {
  return desired.environment === PROBE_ENVIRONMENT;
}

/** By its name or, where that is not enough, with its environment. */
export function isNamed({ key, desired }: RegistrationRecord, name: string): boolean {
  return name === key || name === desired.name;
}
