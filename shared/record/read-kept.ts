import type * as z from 'zod';

/**
 * Reads JSON from a place that others can write to too, such as GITHUB_STATE or the inventory; undefined for what the
 * schema does not take. Never throws.
 */
export function readKept<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
