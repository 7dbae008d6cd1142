import { randomBytes } from 'node:crypto';

export type Credentials = { readonly clientId: string; readonly clientSecret: string };

/** Tries credentials at a token endpoint, with a code that was never issued (RFC 6749 section 5.2). */
export type TokenEndpoint = {
  /** The error code, or the status where there is none; Basic goes form-encoded, and as it is where that is refused. */
  readonly answerTo: (credentials: Credentials) => Promise<string>;
  /** It answers differently for a secret that is wrong. */
  readonly tellsApart: (credentials: Credentials) => Promise<boolean>;
};

export function tokenEndpoint({
  url,
  method,
  redirectUri,
}: {
  readonly url: string;
  readonly method: 'client_secret_basic' | 'client_secret_post';
  readonly redirectUri: string;
}): TokenEndpoint {
  const ask = async ({ clientId, clientSecret }: Credentials, encode: (part: string) => string) => {
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: randomBytes(24).toString('base64url'),
      code_verifier: randomBytes(32).toString('base64url'),
      redirect_uri: redirectUri,
      ...(method === 'client_secret_post' && { client_id: clientId, client_secret: clientSecret }),
    });
    const pair = [clientId, clientSecret].map(encode).join(':');
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(method === 'client_secret_basic' && { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
      },
      body: form.toString(),
    });
    const text = await response.text();
    return /"error"\s*:\s*"(?<code>[^"]+)"/u.exec(text)?.groups?.code ?? String(response.status);
  };
  const answerTo: TokenEndpoint['answerTo'] = async (credentials) => {
    const answer = await ask(credentials, encodeURIComponent);
    return answer === 'invalid_client' ? ask(credentials, (part) => part) : answer;
  };
  return {
    answerTo,
    tellsApart: async (credentials) =>
      (await answerTo(credentials)) !==
      (await answerTo({ ...credentials, clientSecret: `${credentials.clientSecret}x` })),
  };
}
