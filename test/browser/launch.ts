import { join } from 'node:path';
import { openRepository, pullRequest } from '../demo/repository.ts';
import type { Story } from '../demo/story.ts';
import { folder } from '../interop/folder.ts';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import { PERSON } from '../support/interaction.ts';
import type { Run } from '../support/run-action.ts';
import type { App } from './app.ts';
import type { Browser } from './chromium.ts';

const SCOPE = 'launch/patient openid fhirUser patient/*.rs';
const NUMBER = 42;

const manifest = (server: string) => `version: 1
clients:
  chart:
    server: ${server}
    type: public
    metadata:
      client_name: Growth chart (\${environment})
      redirect_uris: ["\${url}/app"]
      scope: ${SCOPE}
environments:
  pr-*:
    chart:
      publish:
        github:
          variables: { client_id: "CHART_CLIENT_ID_\${pull_request}" }
`;

/** A standalone launch of a pull request's preview by a person with a browser, before and after the teardown. */
export async function playLaunch(
  { server, app, browser }: { readonly server: AuthorizationServer; readonly app: App; readonly browser: Browser },
  { chapter, does, shows, check }: Story,
): Promise<void> {
  chapter('A SMART app in a browser');
  const { page } = browser;
  const repository = await openRepository();
  const iss = server.fhirBase('r4');
  const redirectUri = `${app.origin}/app`;
  const published = () => repository.github.variables();
  const job = async (action: string, inputs: Readonly<Record<string, string>>): Promise<Run> => {
    const run = await repository.job({ event: pullRequest(NUMBER, action), inputs });
    for (const line of run.log.trim().split('\n')) shows('log', line);
    return run;
  };
  const picture = async (name: string) => {
    const path = join(await folder('browser'), `${name}.png`);
    await page.screenshot({ path });
    shows('screenshot', path);
  };
  // The page of the launch leads elsewhere at once.
  const open = () => page.goto(`${app.origin}/launch.html`, { waitUntil: 'commit' });
  const told = () => page.getByText(/^(?:This is your record|That did not work)/u).textContent();
  const at = (origin: string, path: RegExp) =>
    page.waitForURL((url) => url.origin === origin && path.test(url.pathname));

  try {
    await repository.write(manifest(iss));

    does('A pull request deploys its preview: the client is registered and its client_id published');
    const deployed = await job('opened', { url: app.origin });
    const clientId = published()[`CHART_CLIENT_ID_${NUMBER}`] ?? '';
    check('the step succeeded', deployed.exitCode, 0);
    const { metadata = {} } = server.client(clientId) ?? {};
    check(
      'the server holds a public client for the address of the app, under the published client_id',
      [metadata.token_endpoint_auth_method, metadata.redirect_uris],
      ['none', [redirectUri]],
    );
    app.deploy({ iss, clientId, redirectUri, scope: SCOPE });

    does('A person opens the app and logs in');
    const before = server.requests.length;
    await open();
    await at(server.issuer, /^\/interaction\//u);
    await page.getByLabel('Name').fill(PERSON.login);
    await page.getByLabel('Password').fill('a wrong one');
    await page.getByRole('button', { name: 'Log in' }).click();
    check(
      'a wrong password is refused',
      await page.getByRole('alert').textContent(),
      'This name and password do not belong together.',
    );
    await page.getByLabel('Name').fill(PERSON.login);
    await page.getByLabel('Password').fill(PERSON.password);
    await page.getByRole('button', { name: 'Log in' }).click();

    does('The server asks whether the app may, and the person allows it');
    const allow = page.getByRole('button', { name: 'Allow' });
    check(
      'the page names the app as the manifest does',
      (await page.getByRole('heading').textContent())?.replace(/ \[or-.*\]/u, ''),
      `Growth chart (pr-${NUMBER}) asks for access`,
    );
    check('and what it asks for', await page.getByRole('listitem').allTextContents(), SCOPE.split(' '));
    await picture('consent');
    await allow.click();

    does('The browser is sent back to the app, which exchanges the code and reads the patient');
    await at(app.origin, /^\/app$/u);
    check('the app has read a record', await told(), 'This is your record.');
    check(
      'it shows the patient, who is logged in, and what was allowed',
      await page.getByRole('definition').allTextContents(),
      [PERSON.name, '1990-12-10', 'Patient/1', SCOPE],
    );
    const answers = (method: string, path: string) =>
      server.requests
        .slice(before)
        .filter((request) => request.method === method && request.path === path)
        .map(({ status }) => status);
    check(
      'the server has given a token for a code once, and the patient to that token',
      [answers('POST', '/token'), answers('GET', '/fhir/r4/Patient/1')],
      [[200], [200]],
    );
    check('the code is in the address no more', new URL(page.url()).searchParams.has('code'), false);
    await picture('launched');

    does('The person opens the app again');
    await open();
    await at(app.origin, /^\/app$/u);
    check('nothing is asked again', await told(), 'This is your record.');

    does('The pull request closes');
    const torn = await job('closed', { command: 'delete' });
    check('the step succeeded', torn.exitCode, 0);
    check('the client and its variable are gone', [server.clients(), published()], [[], {}]);

    does('The person goes on');
    await page.reload();
    const refused = await told();
    shows('the app says', refused?.split('\n')[0] ?? '');
    check('the token opens nothing any more', refused?.startsWith('That did not work: 401'), true);
    await open();
    await at(server.issuer, /^\/auth$/u);
    const answer = JSON.parse((await page.locator('pre').textContent()) ?? '') as { readonly error: string };
    check('a launch ends at the server: it does not know the client', answer.error, 'invalid_client');
    await picture('refused');

    check('no page asked anything of another machine', browser.origins(), [app.origin, server.issuer].sort());
    check('no script failed', browser.errors(), []);
  } catch (error) {
    await picture('failed');
    throw error;
  } finally {
    await repository.close();
  }
}
