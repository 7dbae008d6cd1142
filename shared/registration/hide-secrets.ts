/** Shorter values are no secrets worth hiding and would blacken ordinary words. */
const SHORTEST = 4;

/** Replaces every occurrence of the given secrets in a text, also in the forms JSON and URLs give them. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap(formsOf)
    .sort((one, other) => other.length - one.length)
    .reduce((shown, form) => shown.replaceAll(form, '***'), text);
}

/** True when a text has one of the given secrets in it. */
export function showsSecret(text: string, secrets: readonly string[]): boolean {
  return hideSecrets(text, secrets) !== text;
}

function formsOf(secret: string): readonly string[] {
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), form];
}
