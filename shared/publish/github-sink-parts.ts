import type { Clock, Log } from '../ports/ports.ts';
import type { Environments } from './github-environments.ts';
import type { NamesAtGitHub } from './github-names.ts';
import type { Access } from './github-permissions.ts';
import type { Probed } from './github-probe.ts';
import type { Values } from './github-values.ts';

/** What publishing works with; kept for the whole run, so that twenty registrations ask for one place once. */
export type SinkParts = {
  readonly access: Access;
  readonly names: NamesAtGitHub;
  readonly environments: Environments;
  readonly values: Values;
  readonly clock: Clock;
  readonly log?: Log | undefined;
  /** Names claimed in this run per place, which GitHub does not count yet. */
  readonly reserved: Map<string, Set<string>>;
  /** What was seen of the right to write, per place. */
  readonly shown: Map<string, Promise<Probed>>;
  /** Names claimed in this run that nothing was sent for yet, so that one found there is somebody else's. */
  readonly untouched: Set<string>;
};
