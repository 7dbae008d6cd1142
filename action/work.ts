import type { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Inputs } from './inputs.ts';
import type { NetworkPorts } from './ports.ts';
import type { ClientReport } from './report.ts';
import type { RunContext } from './run-context.ts';
import type { Session } from './session.ts';
import type { core } from './toolkit.ts';

/** What every command works with. */
export type Work = {
  readonly inputs: Inputs;
  readonly context: RunContext;
  readonly network: NetworkPorts;
  readonly session: Session;
  readonly to: typeof core;
  /** True once the job was told to end: nothing new is begun then. */
  readonly stopping: () => boolean;
};

/** What a command came to; outputs, annotations and summary are made from it. */
export type Done = {
  readonly reports: readonly ClientReport[];
  /** What was done with registrations that the manifest no longer has; they are in no output. */
  readonly others?: readonly ClientReport[];
  /** Failures that belong to no single client. */
  readonly problems: readonly RegistrarError[];
  readonly warnings: readonly string[];
  readonly summary: string;
  /** Path of the manifest, for annotations. */
  readonly file?: string;
};
