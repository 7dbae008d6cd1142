import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Clock } from '../shared/ports/ports.ts';
import { publicationKey } from '../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../shared/publish/sink.ts';
import { readEntries, withoutVariable, withVariable } from './env-lines.ts';
import { readText, writePrivately } from './private-file.ts';

/** Publishes to env files: the `environment` of a target is the path of its file. Only names that are ours are touched. */
export function createEnvFileSink(folder: string, clock: Clock): Sink {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const mine = turn.then(task, task);
    turn = mine;
    return mine;
  };
  const pathOf = ({ environment = '' }: { readonly environment?: string }) => resolve(folder, environment);
  const change = (target: { readonly environment?: string }, edit: (text: string) => string) =>
    inTurn(async () => {
      const path = pathOf(target);
      try {
        const before = (await readText(path)) ?? '';
        const after = edit(before);
        if (after.trim() === '') await rm(path, { force: true });
        else if (after !== before) await writePrivately(path, after);
      } catch (cause) {
        if (cause instanceof RegistrarError) throw cause;
        throw new RegistrarError('publish_failed', {
          message: `The file ${target.environment} could not be written.`,
          hint: 'Make it writable, or name another one with --env-file. The credentials are kept; run this again.',
          cause,
        });
      }
    });

  return {
    claim: async ({ targets, ours }) => {
      const known = new Map(ours.map((entry) => [publicationKey(entry), entry]));
      const claims: Publication[] = [];
      for (const { environment, items } of targets) {
        const target = { kind: 'github' as const, ...(environment !== undefined && { environment }) };
        const lines = ((await readText(pathOf(target))) ?? '').split('\n');
        const taken = new Set(readEntries(lines).flatMap(({ name, empty }) => (empty ? [] : [name])));
        for (const item of items) {
          const mine = known.get(publicationKey({ target, item }));
          if (mine === undefined && taken.has(item.name)) throw exists(item.name, environment);
          claims.push(mine ? { ...mine, target, item } : { target, item, state: 'claimed', at: clock.now() });
        }
      }
      return claims;
    },
    write: async (publication, value) => {
      const { target, item } = publication;
      await change(target, (text) => withVariable(text, item.name, value));
      return { ...publication, state: 'written', at: clock.now() };
    },
    erase: ({ target, item }) => change(target, (text) => withoutVariable(text, item.name)),
  };
}

function exists(name: string, file: string | undefined): RegistrarError {
  return new RegistrarError('secret_exists', {
    message: `${file} has a value for ${name} already that was not made by us. Nothing was sent.`,
    hint: `Remove ${name} from ${file}, or publish under another name.`,
  });
}
