/** Levels that nothing between the Action and the Worker has: whoever walks through a value of so many need not fear for the stack. */
export const MOST_LEVELS = 60;

/** Whether a value of JSON has no more levels than these; goes no further than that. */
export function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
