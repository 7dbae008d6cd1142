/** Replaces what matches; throws where nothing does, because the text is not what somebody took it for. */
export function replace(text: string, what: string | RegExp, by: string): string {
  const replaced = typeof what === 'string' ? text.replaceAll(what, () => by) : text.replace(what, by);
  if (replaced === text) throw new Error(`nothing to replace by ${JSON.stringify(by)}: ${String(what)}`);
  return replaced;
}
