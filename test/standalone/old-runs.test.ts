import { describe, expect, it } from 'vitest';
import { authorizationServer } from './support/closing.ts';
import { CALLBACK, codesOf, errorsOf, manifest, PUBLISH } from './support/manifests.ts';
import { openRepository } from './support/repository.ts';

const PRODUCTION = { environment: 'production' };

describe.concurrent('runs that are not alone', () => {
  it('a run that was queued long ago does not undo a newer one, and a re-run goes back on purpose', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const deploy = (path: string, runId: number, attempt = 1) =>
      repository.job({
        manifest: manifest(as.fhirBase('r4'), { ...PUBLISH, metadata: { redirect_uris: [CALLBACK + path] } }),
        inputs: PRODUCTION,
        runId,
        attempt,
      });
    const uris = () => as.clients().map(({ metadata }) => metadata.redirect_uris);
    const newer = await deploy('/new', 2005);
    const queued = await deploy('/old', 2003);
    expect(codesOf(queued)).toEqual(['superseded']);
    expect(errorsOf(queued)).toContain('was changed by a newer run (2005) than this one (2003)');
    expect(errorsOf(queued)).toContain('re-run the older run');
    expect(queued.outputs['client-id']).toBe(newer.outputs['client-id']);
    expect(uris()).toEqual([[`${CALLBACK}/new`]]);

    expect((await deploy('/old', 2003, 2)).exitCode).toBe(0);
    expect(uris()).toEqual([[`${CALLBACK}/old`]]);
    expect((await deploy('/new', 2006)).exitCode).toBe(0);
    expect(uris()).toEqual([[`${CALLBACK}/new`]]);
    expect(as.count({ method: 'POST', path: '/reg' })).toBe(1);
  });

  it('two processes that both saw nothing: one client, and one of them is told to run again', async () => {
    let release: () => void = () => {};
    let waiting = 0;
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    const [as, repository] = await Promise.all([
      authorizationServer(),
      openRepository({
        before: async ({ method, template }) => {
          if (method !== 'POST' || !template.endsWith('/git/refs')) return;
          waiting += 1;
          if (waiting === 2) release();
          await both;
        },
      }),
    ]);
    const deploy = { manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs: PRODUCTION };
    const runs = await Promise.all([repository.job(deploy), repository.job(deploy)]);
    const codes = runs.map((run) => codesOf(run).join());
    expect(codes.sort()).toEqual(['', 'run_again']);
    expect(runs.map(errorsOf).join()).toContain('Another run changed production/web since this one began.');
    expect(as.count({ method: 'POST', path: '/reg' })).toBe(1);
    const again = await repository.job(deploy);
    expect(again.outputs).toMatchObject({ changed: 'false', 'client-id': as.clients()[0]?.clientId });
  });
});
