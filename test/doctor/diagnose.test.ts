import { describe, expect, it } from 'vitest';
import { examineServer } from '../../shared/discovery/examine-server.ts';
import { describeDiagnosis, diagnosisLines } from '../../shared/doctor/describe-diagnosis.ts';
import { type Diagnosis, diagnose, problemsOf } from '../../shared/doctor/diagnose.ts';
import type { Feature } from '../../shared/doctor/judge-features.ts';
import type { ProbeReport, ProbeResult, ProbeStep } from '../../shared/doctor/probe-report.ts';
import { AS, FHIR, nested, reference, rest, serve } from '../discovery/documents.ts';
import { thrown } from '../registration/setup.ts';

const REGISTER = `${AS}/register`;
const TOKEN = `${AS}/token`;
const SMART = {
  [`${FHIR}/.well-known/smart-configuration`]: {
    registration_endpoint: REGISTER,
    token_endpoint: TOKEN,
    authorization_endpoint: `${AS}/authorize`,
    issuer: AS,
    capabilities: ['launch-standalone'],
  },
};
const STATEMENT = {
  resourceType: 'CapabilityStatement',
  fhirVersion: '4.0.1',
  rest: [rest([nested({ token: TOKEN, register: REGISTER })])],
};
const METADATA = {
  issuer: AS,
  token_endpoint: TOKEN,
  grant_types_supported: ['authorization_code', 'client_credentials'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
};

type Page = Parameters<typeof serve>[0];
const examine = async (site: Page, address = FHIR) => examineServer(reference(address), serve(site).http);

const step = (name: ProbeStep['step'], result: ProbeResult, ...showed: string[]): ProbeStep => ({
  step: name,
  result,
  showed,
});
const report = (steps: readonly ProbeStep[], more: Partial<ProbeReport> = {}): ProbeReport => ({
  steps,
  used_initial_access_token: false,
  update_replaces_secret: false,
  left_behind: [],
  ...more,
});
const GOOD = [
  step('register', 'worked', 'client_id abc', 'gave a secret that does not expire'),
  step('try', 'worked', 'a token was issued'),
  step('read', 'worked', 'kept the registration access token'),
  step('update', 'worked', 'took the change', 'kept the secret'),
  step('try again', 'worked', 'a token was issued'),
  step('delete', 'worked', 'deleted'),
];
const features = ({ features: all }: Diagnosis) =>
  Object.fromEntries(all.map(({ feature, works }) => [feature, works])) as Record<Feature['feature'], string>;
const why = ({ features: all }: Diagnosis, name: Feature['feature']) =>
  all.find(({ feature }) => feature === name)?.why;

describe('a server as its documents show it', () => {
  it('is read to the last document, each endpoint from the first that names it', async () => {
    const diagnosis = diagnose(
      await examine({
        ...SMART,
        [`${FHIR}/metadata`]: STATEMENT,
        [`${AS}/.well-known/oauth-authorization-server`]: METADATA,
      }),
    );
    expect(diagnosis.endpoints).toEqual([
      {
        endpoint: 'registration',
        url: REGISTER,
        read_in: 'smart-configuration',
        document: `${FHIR}/.well-known/smart-configuration`,
      },
      expect.objectContaining({ endpoint: 'token', url: TOKEN }),
      expect.objectContaining({ endpoint: 'authorization' }),
      expect.objectContaining({ endpoint: 'issuer', url: AS }),
    ]);
    expect(diagnosis.documents.map(({ url }) => url)).toEqual([
      `${FHIR}/.well-known/smart-configuration`,
      `${FHIR}/metadata`,
      `${AS}/.well-known/oauth-authorization-server`,
      `${AS}/.well-known/openid-configuration`,
    ]);
    expect(diagnosis.says).toMatchObject({ fhirVersion: '4.0.1', capabilities: ['launch-standalone'] });
    expect(features(diagnosis)).toEqual({
      register: 'probably',
      verify: 'unknown',
      update: 'unknown',
      rotate: 'probably',
      rotate_in_place: 'unknown',
      teardown: 'unknown',
      public: 'probably',
      backend: 'probably',
      keys: 'unknown',
    });
    expect(why(diagnosis, 'keys')).toBe('its documents list only client_secret_basic, none');
    expect(diagnosis.needs.join(' ')).toContain('a probe shows it');
    expect(problemsOf(diagnosis)).toEqual([]);
    expect(diagnosis).not.toHaveProperty('problem');
  });

  it('keeps what was found where no registration endpoint is named, and says what to do', async () => {
    const diagnosis = diagnose(
      await examine({ [`${FHIR}/metadata`]: { ...STATEMENT, rest: [rest([nested({ token: TOKEN })])] } }),
    );
    expect(diagnosis.endpoints).toEqual([expect.objectContaining({ endpoint: 'token', url: TOKEN })]);
    expect(diagnosis.problem).toMatchObject({
      code: 'registration_unsupported',
      hint: expect.stringContaining(TOKEN),
    });
    expect(features(diagnosis)).toMatchObject({ register: 'no', rotate: 'no', teardown: 'no' });
    expect(diagnosis.needs).toEqual([]);
    expect(problemsOf(diagnosis)).toMatchObject([{ code: 'registration_unsupported', hint: diagnosis.problem?.hint }]);
  });

  it('a document of another origin that would not be asked for otherwise is told and not used', async () => {
    const elsewhere = {
      ...STATEMENT,
      rest: [rest([nested({ token: TOKEN, register: 'https://evil.example/register' })])],
    };
    const told = diagnose(await examine({ ...SMART, [`${FHIR}/metadata`]: elsewhere }));
    expect(told.problem).toBeUndefined();
    expect(told.documents).toContainEqual({
      url: `${FHIR}/metadata`,
      outcome: 'names a registration endpoint of another origin, which is not used',
    });

    const halves = { [`${FHIR}/.well-known/smart-configuration`]: { registration_endpoint: REGISTER } };
    const conflict = diagnose(await examine({ ...halves, [`${FHIR}/metadata`]: elsewhere }));
    expect(conflict.problem?.code).toBe('endpoint_conflict');
    expect(conflict.endpoints.map(({ url }) => url)).toEqual([REGISTER]);
  });

  it('an address that is not to be asked is a problem, and nothing is asked', async () => {
    const diagnosis = diagnose(await examine({}, 'https://user:canary@as.example/'));
    expect(diagnosis.problem?.code).toBe('url_insecure');
    expect(JSON.stringify(diagnosis)).not.toContain('canary');
    expect(diagnosis.features).toEqual([]);
  });

  it('endpoints that were given need no document', async () => {
    const given = reference(undefined, { registrationEndpoint: REGISTER, tokenEndpoint: TOKEN });
    const diagnosis = diagnose(await examineServer(given, serve({}).http));
    expect(diagnosis.endpoints[0]).toEqual({ endpoint: 'registration', url: REGISTER, read_in: 'manifest' });
    expect(diagnosis.documents).toEqual([]);
  });

  it('a defect is not taken for a finding about the server', async () => {
    const broken = async (): Promise<never> => {
      throw new TypeError('a defect');
    };
    expect(await thrown(examineServer(reference(FHIR), broken))).toBeInstanceOf(TypeError);
  });
});

describe('a server as a probe shows it', () => {
  const probed = async (probe: ProbeReport) => diagnose(await examine(SMART), probe);
  const withStep = (changed: ProbeStep) => GOOD.map((done) => (done.step === changed.step ? changed : done));

  it('everything works', async () => {
    const diagnosis = await probed(report(GOOD));
    expect(features(diagnosis)).toMatchObject({
      register: 'yes',
      verify: 'yes',
      update: 'yes',
      rotate: 'yes',
      rotate_in_place: 'no',
      teardown: 'yes',
      public: 'unknown',
    });
    expect(diagnosis.needs[0]).toBe('No initial access token: anybody may register.');
    expect(problemsOf(diagnosis)).toEqual([]);
  });

  it('an update that replaces the secret interrupts, and is a rotation without a new client_id', async () => {
    const diagnosis = await probed(report(GOOD, { update_replaces_secret: true }));
    expect(features(diagnosis)).toMatchObject({ update: 'yes', rotate_in_place: 'yes' });
    expect(why(diagnosis, 'update')).toContain('interrupts running apps');
  });

  it('without updates and deletions, what follows from that is said', async () => {
    const steps = [
      ...GOOD.slice(0, 3),
      step('update', 'failed', 'answered 405'),
      step('try again', 'skipped', 'nothing was updated'),
      step('delete', 'failed', 'answered 405'),
    ];
    const left = { client_id: 'abc', server: FHIR, why: 'answered 405' };
    const diagnosis = await probed(report(steps, { left_behind: [left] }));
    expect(features(diagnosis)).toMatchObject({ update: 'no', rotate: 'yes', rotate_in_place: 'no', teardown: 'no' });
    expect(why(diagnosis, 'update')).toContain('`update: replace`');
    expect(why(diagnosis, 'rotate')).toContain('the old one stays');
    expect(problemsOf(diagnosis)).toMatchObject([
      { code: 'deletion_failed', message: expect.stringContaining('Client abc is still at') },
    ]);
  });

  it('what was interrupted, unclear or skipped is not known', async () => {
    const interrupted = await probed(
      report([
        GOOD[0] as ProbeStep,
        step('try', 'skipped', 'interrupted'),
        step('update', 'skipped', 'interrupted'),
        step('delete', 'unclear', 'no answer yet'),
      ]),
    );
    expect(features(interrupted)).toMatchObject({
      verify: 'unknown',
      update: 'unknown',
      rotate: 'unknown',
      rotate_in_place: 'unknown',
      teardown: 'unknown',
    });
  });

  it.each([
    ['unclear', 'the token endpoint answers invalid_grant to wrong credentials too'],
    ['failed', 'the token endpoint answered invalid_client'],
  ] as const)(
    'where credentials cannot be shown to work, no rotation makes a new client: %s',
    async (result, showed) => {
      const diagnosis = await probed(report(withStep(step('try', result, showed))));
      expect(features(diagnosis)).toMatchObject({ register: 'yes', verify: 'no', rotate: 'no', teardown: 'yes' });
      expect(why(diagnosis, 'rotate')).toBe(`it needs new credentials that were shown to work: ${showed}`);
    },
  );

  it.each([
    [
      step('register', 'failed', 'answered 401 invalid_token'),
      'registration_refused',
      false,
      /^An initial access token, .* without one it/u,
    ],
    [
      step('register', 'failed', 'answered 400 invalid_token'),
      'registration_refused',
      true,
      /^Another initial access token/u,
    ],
    [
      step('register', 'failed', 'answered 400 invalid_redirect_uri: no'),
      'registration_rejected',
      false,
      /^Other metadata than the probe has/u,
    ],
  ])('a refusal says what registration needs: %j', async (refused, code, used, needs) => {
    const diagnosis = await probed(report([refused], { used_initial_access_token: used }));
    expect(diagnosis.needs[0]).toMatch(needs);
    expect(features(diagnosis)).toMatchObject({ register: 'no', update: 'no', teardown: 'no' });
    expect(problemsOf(diagnosis)).toMatchObject([{ code, message: expect.stringContaining('it answered 40') }]);
  });

  it('a lost answer leaves it open', async () => {
    const left = { look_for: 'a client whose client_name contains or-1', server: FHIR, why: 'no answer' };
    const diagnosis = await probed(report([step('register', 'unclear', 'no answer')], { left_behind: [left] }));
    expect(features(diagnosis)).toMatchObject({ register: 'unknown', update: 'unknown', rotate: 'unknown' });
    expect(diagnosis.needs).toEqual(['A server that answers: whether a client was made is not known.']);
  });

  it('secrets that expire and a token that was taken are among the needs', async () => {
    const expiring = step('register', 'worked', 'gave a secret that expires at 2027-01-01T00:00:00.000Z');
    const { needs } = await probed(report(withStep(expiring), { used_initial_access_token: true }));
    expect(needs[0]).toContain('is taken');
    expect(needs).toContain('Rotation: the server gave a secret that expires at 2027-01-01T00:00:00.000Z.');
  });
});

describe('a diagnosis for people', () => {
  it('has a section for everything there is, and none for what there is not', async () => {
    const plain = describeDiagnosis(diagnose(await examine(SMART)));
    expect(plain.map(({ title }) => title)).toEqual([
      'What was found',
      'Where it was looked for',
      'What the server says of itself',
      'What registration needs',
      'What will work',
    ]);
    const left = [
      { client_id: 'abc', server: FHIR, why: 'answered 405' },
      { look_for: 'a client without a name', server: FHIR, why: 'no answer' },
    ];
    const all = describeDiagnosis({
      ...diagnose(await examine({ [`${FHIR}/metadata`]: STATEMENT }), report(GOOD, { left_behind: left })),
      problem: { code: 'internal', message: 'It broke.', hint: 'Mend it.' },
    });
    const rows = Object.fromEntries(all.map(({ title, rows: lines }) => [title, lines]));
    expect(rows['What a throw-away client showed']).toContainEqual([
      'update',
      'worked',
      'took the change; kept the secret',
    ]);
    expect(rows['What the server says of itself']).toEqual([['FHIR version', '4.0.1']]);
    expect(rows['Left behind']).toEqual([
      [`Client abc is still at ${FHIR}: answered 405. Ask its operator to delete it.`],
      [
        `A client may be at ${FHIR}: no answer. Ask its operator to look for a client without a name, and to delete it.`,
      ],
    ]);
    expect(rows.Problem).toEqual([['It broke.'], ['What to do: Mend it.']]);
  });

  it('is text in columns', () => {
    const {
      address,
      endpoints,
      documents,
      says,
      needs,
      features: judged,
    } = diagnose({
      address: AS,
      endpoints: {
        token: { url: TOKEN, source: { kind: 'manifest' } },
        says: { fhirVersion: '4.0.1', scopes: ['openid'] },
        trail: [{ url: AS, outcome: 'answers 404' }],
      },
    });
    expect(diagnosisLines({ address, endpoints, documents, says, needs, features: judged.slice(0, 1) })).toEqual([
      '',
      'What was found',
      `  token endpoint  ${TOKEN}  as given`,
      '',
      'Where it was looked for',
      `  ${AS}  answers 404`,
      '',
      'What the server says of itself',
      '  FHIR version  4.0.1',
      '  scopes        openid',
      '',
      'What will work',
      '  no  register clients  no registration endpoint to use was found',
    ]);
  });

  it('shows nothing of a server that could be taken for a command of a workflow', async () => {
    const hostile = '::set-output name=x::y\n::error::z';
    const metadata = {
      ...METADATA,
      registration_endpoint: REGISTER,
      scopes_supported: [hostile],
      grant_types_supported: [hostile],
    };
    const diagnosis = diagnose(await examine({ [`${AS}/.well-known/oauth-authorization-server`]: metadata }, AS));
    expect(JSON.stringify(diagnosis)).not.toMatch(/::|\\n/u);
  });
});
