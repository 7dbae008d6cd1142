/** What the object of one repository has stored. */
export type Books = {
  readonly repository: string;
  /** Deliveries, by the name under which they are kept. */
  readonly deliveries: Readonly<Record<string, string>>;
  /** Registrations that have not ended. */
  readonly active: number;
  /** When its next alarm is, in epoch milliseconds. */
  readonly alarmAt: number | null;
  /** Of its SQLite database. */
  readonly bytes: number;
};

/** What one alarm took; work for requests that came meanwhile is counted too. */
export type AlarmWork = {
  readonly ms: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly kvWrites: number;
};

/** What alarms took since the last time this was asked. */
export type AlarmBooks = { readonly count: number; readonly all: AlarmWork; readonly largest: AlarmWork };

/** Records to be put into the inventory: so many for each repository, copies of one. */
export type Filling = {
  readonly repositories: readonly string[];
  readonly each: number;
  readonly text: string;
  readonly metadata: unknown;
};

/** The name of a record that was filled in. */
export function filledKey(number: number): string {
  return `filled-${number}/web`;
}
