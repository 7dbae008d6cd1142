const HOUR_MS = 3_600_000;

/** Environment of steps that run so much later: their clock is ahead, nothing else is. */
export function later(hours: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, HOURS_LATER: String(hours) };
}

if (process.env.NODE_OPTIONS?.includes(import.meta.url) === true) {
  const { now } = Date;
  Date.now = () => now() + Number(process.env.HOURS_LATER) * HOUR_MS;
}
