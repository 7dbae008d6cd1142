import type * as z from 'zod';
import { object } from 'zod';
import type { applyBody } from '../../shared/api/schemas.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import { LIMITS } from '../../shared/manifest/durations.ts';
import { desired as desiredSchema } from '../../shared/record/desired-schema.ts';

/** Members in the order of the schema and no others, so that the same wish is the same text. */
const exact = object(desiredSchema.shape);

/** What a job asks for, as a record holds it. Throws `request_invalid` for times and rotations that no manifest can have. */
export function readDesired(
  { environment, name }: { readonly environment: string; readonly name: string },
  { desired, owner }: z.infer<typeof applyBody>,
): Desired {
  const { ttl, rotation } = desired;
  within('ttl', ttl === undefined || ttl === 'job' ? undefined : ttl.seconds, LIMITS.ttl);
  within('rotation.everySeconds', rotation?.everySeconds, LIMITS.every);
  within('rotation.overlapSeconds', rotation?.overlapSeconds, LIMITS.overlap);
  if (rotation?.strategy === 'keys' && !desired.makeKey) {
    throw new RegistrarError('request_invalid', { message: 'rotation.strategy is keys, and no key is to be made.' });
  }
  return exact.parse({
    ...desired,
    key: `${environment}/${name}`,
    name,
    environment,
    ...(owner !== undefined && { owner }),
  }) as Desired;
}

function within(
  path: string,
  seconds: number | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): void {
  if (seconds === undefined || (seconds >= least && seconds <= most)) return;
  throw new RegistrarError('request_invalid', { message: `${path} is not between ${least} and ${most} seconds.` });
}
