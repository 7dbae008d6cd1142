import type * as z from 'zod';

/** Reads what main left in GITHUB_STATE; undefined for what is none, since another step may have written over it. */
export function readKept<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
