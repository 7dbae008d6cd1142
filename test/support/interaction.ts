import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';

/** The one person who has an account. */
export const PERSON = {
  accountId: 'fixed-test-user',
  name: 'Ada Example',
  login: 'ada',
  password: 'a password of the tests',
} as const;

type Exchange = { readonly provider: Provider; readonly req: IncomingMessage; readonly res: ServerResponse };

/** What a person would click: logged in, and agreed to everything that was asked for. */
export async function agreeAtOnce({ provider, req, res }: Exchange): Promise<void> {
  const { params } = await provider.interactionDetails(req, res);
  const grantId = await grant(provider, params);
  await provider.interactionFinished(req, res, { login: { accountId: PERSON.accountId }, consent: { grantId } });
}

/** A page to log in and one to consent, for a person with a browser. */
export async function askPerson({ provider, req, res }: Exchange): Promise<void> {
  const { params, prompt } = await provider.interactionDetails(req, res);
  const finish = (result: Readonly<Record<string, unknown>>) => provider.interactionFinished(req, res, result);
  const answer = req.method === 'POST' ? new URLSearchParams(await text(req)) : undefined;

  if (prompt.name === 'login') {
    if (answer === undefined) return show(res, logInPage(''));
    const known = answer.get('login') === PERSON.login && answer.get('password') === PERSON.password;
    if (!known) return show(res, logInPage('<p role="alert">This name and password do not belong together.</p>'));
    return await finish({ login: { accountId: PERSON.accountId } });
  }
  if (answer === undefined) {
    const client = await provider.Client.find(String(params.client_id));
    return show(res, consentPage(client?.clientName ?? '', scopeOf(params).split(' ')));
  }
  if (answer.get('decision') !== 'allow') {
    return await finish({ error: 'access_denied', error_description: 'the person did not agree' });
  }
  return await finish({ consent: { grantId: await grant(provider, params) } });
}

type Params = Readonly<Record<string, unknown>>;

const scopeOf = (params: Params): string => String(params.scope ?? 'openid');

async function grant(provider: Provider, params: Params): Promise<string> {
  const made = new provider.Grant({ accountId: PERSON.accountId, clientId: String(params.client_id) });
  made.addOIDCScope(scopeOf(params));
  return await made.save();
}

const logInPage = (problem: string): string =>
  page(
    'Log in',
    `${problem}<label>Name <input name="login" autofocus required></label>
<label>Password <input name="password" type="password" required></label>
<button>Log in</button>`,
  );

const consentPage = (client: string, scopes: readonly string[]): string =>
  page(
    `${escapeHtml(client)} asks for access`,
    `<p>You are logged in as ${PERSON.name}. The app would be allowed:</p>
<ul>${scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join('')}</ul>
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button>`,
  );

function page(title: string, form: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body { font: 16px/1.5 sans-serif; max-width: 32rem; margin: 3rem auto } label { display: block; margin: 1rem 0 }</style>
<h1>${title}</h1>
<form method="post">${form}</form>
</html>`;
}

function show(res: ServerResponse, html: string): void {
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html);
}

function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
