import * as z from 'zod';
import { expecting } from './shape-problems.ts';

const wanted = expecting("GitHub's numeric id of it, such as 1234567");

/** GitHub's numeric id of an owner or a repository, as a number or as a string of digits. */
export function numericId() {
  return z
    .union([z.int().positive(wanted), z.string().regex(/^[1-9]\d{0,18}$/, wanted)], wanted)
    .describe("GitHub's numeric id, which a rename does not change.");
}
