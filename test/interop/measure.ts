import type { Story } from '../demo/story.ts';
import { journeyByAction } from './by-action.ts';
import { journeyByWorker } from './by-worker.ts';
import { type FaultFigures, spoilAnswers } from './faults.ts';
import { type Findings, noFindings } from './findings.ts';
import { probe } from './probe.ts';
import { saidOf } from './said-of.ts';
import type { Candidate, Installed, Missing, RunningServer } from './server.ts';
import { tryToInstall } from './try-to-install.ts';

export type Measured = {
  readonly kind: 'measured';
  readonly title: string;
  readonly version: string;
  readonly findings: Findings;
  readonly faults?: FaultFigures;
  /** Where the first journey that did not come to its end broke off, and why; nothing secret. */
  readonly brokeOff?: string;
  readonly checks: number;
  readonly failures: number;
  readonly seconds: number;
};

export type Outcome = { readonly kind: 'missing'; readonly title: string; readonly missing: Missing } | Measured;

/**
 * Takes all journeys with one server. Never throws: a journey that does counts as a failed check, the next one follows,
 * and what was seen until then is in the outcome.
 */
export async function measure(
  candidate: Candidate,
  permissions: { readonly systemPackages: boolean },
  story: Story,
): Promise<Outcome> {
  const { title } = candidate;
  story.chapter(title);
  const started = performance.now();
  const installed = await tryToInstall(() => candidate.install(permissions), 'npm run test:interop');
  if ('why' in installed) {
    story.shows('SKIPPED, not tested', installed.why);
    story.shows('to test it', installed.type);
    return { kind: 'missing', title, missing: installed };
  }
  const ready = performance.now();
  story.shows('installed in', `${((ready - started) / 1000).toFixed(1)} s`);
  const seen = await takeJourneys(candidate, installed, story);
  const seconds = (performance.now() - ready) / 1000;
  story.shows('took', `${seconds.toFixed(1)} s`);
  return {
    kind: 'measured',
    title,
    version: installed.version,
    ...seen,
    checks: story.checks(),
    failures: story.failures(),
    seconds,
  };
}

async function takeJourneys(
  candidate: Candidate,
  { start }: Installed,
  story: Story,
): Promise<Pick<Measured, 'findings' | 'faults' | 'brokeOff'>> {
  const findings = noFindings();
  let faults: FaultFigures | undefined;
  let brokeOff: string | undefined;
  const attempt = async <T>(name: string, act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      console.error(error);
      const why = `${name}: ${saidOf(error)}`;
      story.check(`${name} comes to its end`, why, undefined);
      brokeOff ??= why;
      return undefined;
    }
  };
  const server = await attempt<RunningServer>('the start', start);
  if (server !== undefined) {
    await attempt('one client by hand', () => probe(server, findings));
    const { quirks, ...seen } = findings;
    for (const [what, text] of Object.entries(seen)) story.shows(what, text);
    story.shows('quirks', [...quirks].join('; '));
    await attempt('the journey by the Action', () => journeyByAction(server, findings, story));
    await attempt('the journey by the Worker', () => journeyByWorker(server, story));
    if (candidate.faults === true) {
      story.does('Answers are spoiled after the server acted, and runs follow');
      faults = await attempt('the runs with spoiled answers', () => spoilAnswers(server, story));
    }
    await attempt('the stop', server.close);
  }
  return { findings, ...(faults !== undefined && { faults }), ...(brokeOff !== undefined && { brokeOff }) };
}
