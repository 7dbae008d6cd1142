import type { Endpoints } from '../discovery/server.ts';
import { printable } from '../errors/printable.ts';
import type { ProbeReport, ProbeStep } from './probe-report.ts';

/** `probably`: its documents say so. `unknown`: nothing says it, and it was not tried. */
export type Verdict = 'yes' | 'probably' | 'no' | 'unknown';

/** One thing that this product does, and whether it will work at a server. */
export type Feature = {
  readonly feature:
    | 'register'
    | 'verify'
    | 'update'
    | 'rotate'
    | 'rotate_in_place'
    | 'teardown'
    | 'public'
    | 'backend'
    | 'keys';
  readonly works: Verdict;
  readonly why: string;
};

/** What a feature is called where people read it. */
export const FEATURE_TITLES: Readonly<Record<Feature['feature'], string>> = {
  register: 'register clients',
  verify: 'try credentials before they are handed out',
  update: 'change a client when the manifest changes',
  rotate: 'rotate with a new client_id',
  rotate_in_place: 'rotate without a new client_id',
  teardown: 'delete clients at teardown',
  public: 'public clients (no secret, PKCE)',
  backend: 'backend clients (client_credentials)',
  keys: 'clients with a key (private_key_jwt)',
};

type Judged = Omit<Feature, 'feature'>;

const NOT_REGISTRABLE: Judged = { works: 'no', why: 'no client can be registered' };
const PROBE_TELLS = 'no document says it; a probe shows it';

/** Judges every feature from what a server's documents say and, where there was one, from a probe. */
export function judgeFeatures(endpoints: Endpoints, registrable: boolean, probe?: ProbeReport): readonly Feature[] {
  const { says } = endpoints;
  const register = judgeRegister(registrable, probe);
  const judge = (step: ProbeStep['step'], whenDone: (done: ProbeStep) => Judged): Judged => {
    if (register.works === 'no') return NOT_REGISTRABLE;
    if (probe === undefined) return { works: 'unknown', why: PROBE_TELLS };
    const done = probe.steps.find((candidate) => candidate.step === step);
    return done === undefined ? { works: 'unknown', why: 'the probe did not get that far' } : whenDone(done);
  };
  const verify = judge('try', judgeTry);
  const remove = judge('delete', judgeRemove);
  return [
    { feature: 'register', ...register },
    { feature: 'verify', ...verify },
    { feature: 'update', ...judge('update', (done) => judgeUpdate(done, probe)) },
    { feature: 'rotate', ...judgeRotate(register, verify, remove) },
    { feature: 'rotate_in_place', ...judge('update', (done) => judgeInPlace(done, probe)) },
    { feature: 'teardown', ...remove },
    { feature: 'public', ...listed('none', says.tokenEndpointAuthMethods) },
    { feature: 'backend', ...listed('client_credentials', says.grantTypes) },
    { feature: 'keys', ...listed('private_key_jwt', says.tokenEndpointAuthMethods) },
  ];
}

function judgeRegister(registrable: boolean, probe: ProbeReport | undefined): Judged {
  if (!registrable) return { works: 'no', why: 'no registration endpoint to use was found' };
  const [step] = probe?.steps ?? [];
  if (step === undefined) {
    return { works: 'probably', why: 'a registration endpoint is named; what it takes, a probe shows' };
  }
  const why = because(step);
  switch (step.result) {
    case 'worked':
      return { works: 'yes', why: 'a client was registered' };
    case 'failed':
      return { works: 'no', why };
    default:
      return { works: 'unknown', why };
  }
}

function judgeTry(done: ProbeStep): Judged {
  const works = ({ worked: 'yes', failed: 'no', unclear: 'no', skipped: 'unknown' } as const)[done.result];
  return { works, why: because(done) };
}

function judgeUpdate(done: ProbeStep, probe: ProbeReport | undefined): Judged {
  if (done.result !== 'worked') {
    return notDone(done, 'a changed manifest needs `update: replace`, which gives the app a new client_id');
  }
  return probe?.update_replaces_secret === true
    ? {
        works: 'yes',
        why: 'it replaces the secret, which interrupts running apps: the manifest has to allow it (`update: interrupt` or `replace`)',
      }
    : { works: 'yes', why: 'an update was taken, and the credentials stay' };
}

function judgeInPlace(done: ProbeStep, probe: ProbeReport | undefined): Judged {
  if (done.result !== 'worked') return notDone(done, 'a client cannot be updated');
  return probe?.update_replaces_secret === true
    ? { works: 'yes', why: 'an update gives the client another secret (`strategy: in-place`)' }
    : { works: 'no', why: 'an update keeps the secret' };
}

/** A rotation gives a new client up again whose credentials were not shown to work. */
function judgeRotate(register: Judged, verify: Judged, remove: Judged): Judged {
  if (register.works === 'no') return NOT_REGISTRABLE;
  if (register.works !== 'yes') return { works: register.works, why: 'it registers a new client beside the old one' };
  if (verify.works !== 'yes') {
    return { works: verify.works, why: `it needs new credentials that were shown to work: ${verify.why}` };
  }
  const stays = remove.works === 'no' ? '; the old one stays at the server until its operator deletes it' : '';
  return { works: 'yes', why: `a new client is registered beside the old one${stays}` };
}

function judgeRemove(done: ProbeStep): Judged {
  switch (done.result) {
    case 'worked':
      return { works: 'yes', why: because(done) };
    case 'failed':
      return { works: 'no', why: `what is over stays at the server and is listed for its operator: ${because(done)}` };
    default:
      return { works: 'unknown', why: because(done) };
  }
}

function notDone(done: ProbeStep, consequence: string): Judged {
  const interrupted = done.result === 'skipped' && because(done) === 'interrupted';
  return interrupted
    ? { works: 'unknown', why: 'the probe was interrupted' }
    : { works: 'no', why: `${because(done)}; ${consequence}` };
}

/** Servers understate what they support, so what is not listed may work all the same. */
function listed(word: string, words: readonly string[] | undefined): Judged {
  if (words === undefined) return { works: 'unknown', why: 'no document says it' };
  return words.includes(word)
    ? { works: 'probably', why: `its documents list ${word}` }
    : { works: 'unknown', why: printable(`its documents list only ${words.join(', ')}`) };
}

function because({ showed }: ProbeStep): string {
  return showed.join('; ');
}
