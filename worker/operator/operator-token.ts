/** Whether a request carries the operator's token; compared by their digests, in constant time. */
export async function isOperator(authorization: string | undefined, token: string): Promise<boolean> {
  const [, given = ''] = /^Bearer +(\S+)$/iu.exec(authorization ?? '') ?? [];
  const [one, other] = await Promise.all([given, token].map(digest));
  return one !== undefined && other !== undefined && crypto.subtle.timingSafeEqual(one, other);
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}
