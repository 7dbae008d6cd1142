import * as z from 'zod';
import type { JsonObject } from '../ports/ports.ts';

/** A schema for each member of a type: the compiler complains when one is missing, too many or of another type. */
export type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<Exclude<T[Member], undefined>> };

/** An object with members of a known shape; members that only a later version knows are kept. */
export const loose = z.looseObject;

/** Any JSON object. What is checked here was read from JSON, so its members need no look. */
export const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Invalid input: expected object',
);
