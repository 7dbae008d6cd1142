/** A time as people read it in a summary: to the minute, in UTC. */
export function when(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
