export const ROUND_TRIP_MS = 50;

/** Round trips that nothing can save, one after the other. */
export type RoundTrips = readonly (readonly [count: number, what: string])[];

function totalOf(roundTrips: RoundTrips): number {
  return roundTrips.reduce((sum, [count]) => sum + count, 0);
}

export function wireMs(roundTrips: RoundTrips): number {
  return totalOf(roundTrips) * ROUND_TRIP_MS;
}

export function roundTripLines(roundTrips: RoundTrips): readonly string[] {
  return [
    `cannot be saved: ${totalOf(roundTrips)} round trips, ${wireMs(roundTrips)} ms`,
    ...roundTrips.map(([count, what]) => `  ${String(count).padStart(2)} ${what}`),
  ];
}
