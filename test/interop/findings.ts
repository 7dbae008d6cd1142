/** What was seen of a server, in the words of the table; filled in as it is seen, so that nothing is lost. */
export type Findings = {
  discovery?: string;
  register?: string;
  read?: string;
  update?: string;
  secretRotation?: string;
  authMethodChange?: string;
  remove?: string;
  afterRemoval?: string;
  /** The grants that clients were used with, and why not with others. */
  clientsUsed?: string;
  readonly quirks: Set<string>;
};

export function noFindings(): Findings {
  return { quirks: new Set() };
}
