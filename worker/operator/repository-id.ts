import * as z from 'zod';

/** A repository as the operator names it: GitHub's numeric id. */
export const repositoryId = z.string().regex(/^[1-9][0-9]{0,15}$/u);
