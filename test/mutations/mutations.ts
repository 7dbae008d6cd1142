/** One safety taken away: a text of one file replaced, and the tests that have to notice. */
export type Mutation = {
  readonly safety: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
  readonly tests: readonly string[];
};

const CRASHES = ['test/reconcile/crash-points.test.ts'];
const SCHEDULES = ['test/schedules/schedules.test.ts'];
const WORKER_CRASHES = ['test/worker/crash-points/crash-points.test.ts'];

export const MUTATIONS: readonly Mutation[] = [
  {
    safety: 'save first: the answer to a registration is kept before anything else',
    file: 'shared/reconcile/perform-register.ts',
    from: 'const saved = await save(ports, kept, { events });',
    to: 'const saved: Performed = { record: kept, events };',
    tests: ['test/reconcile/register.test.ts', ...CRASHES],
  },
  {
    safety: 'save first: the answer to an update is kept before anything else',
    file: 'shared/reconcile/perform-update.ts',
    from: 'return save(ports, rotated.record, {',
    to: 'return Object.assign({ record: rotated.record }, {',
    tests: ['test/reconcile/update.test.ts', ...CRASHES],
  },
  {
    safety: 'intent: saved before the POST',
    file: 'shared/reconcile/perform-register.ts',
    from: 'await ports.store.save(begun);',
    to: '',
    tests: ['test/reconcile/register.test.ts', ...CRASHES],
  },
  {
    safety: 'suspect: no second client while one may exist',
    file: 'shared/reconcile/next-step.ts',
    from: 'return length === 0 || (length === 1 && isOwned(record))',
    to: 'return length >= 0',
    tests: ['test/reconcile/next-step-start.test.ts', ...CRASHES],
  },
  {
    safety: 'one call at a time: a call is saved before it is sent',
    file: 'shared/reconcile/call.ts',
    from: 'await ports.store.save(begun);',
    to: '',
    tests: CRASHES,
  },
  {
    safety: 'one call at a time: nothing is sent before its limit has passed',
    file: 'shared/reconcile/next-step.ts',
    from: "return now < until ? { kind: 'wait', until, why: 'in_flight' } : undefined;",
    to: 'return undefined;',
    tests: ['test/reconcile/next-step-start.test.ts', ...CRASHES],
  },
  {
    safety: 'one turn at a time for each registration of the Worker',
    file: 'worker/repository/turns.ts',
    from: 'const before = lanes.get(lane) ?? Promise.resolve();',
    to: 'const before = Promise.resolve();',
    tests: ['test/worker/repository/turns.test.ts'],
  },
  {
    safety: 'a POST is not sent again when its answer is lost',
    file: 'shared/http/next-try.ts',
    from: "return purpose === 'discovery';",
    to: 'return true;',
    tests: ['test/http/next-try.test.ts'],
  },
  {
    safety: 'a registration access token goes only to the origin it came from',
    file: 'shared/reconcile/adopt-answer.ts',
    from: 'if (allowed.includes(origin) && (',
    to: 'if ((',
    tests: ['test/reconcile/adopt-answer.test.ts'],
  },
  {
    safety: 'secrets do not travel without TLS',
    file: 'shared/http/create-http.ts',
    from: 'secureUrl(request.url, ports.insecureLoopback);',
    to: '',
    tests: ['test/http/create-http.test.ts', 'test/http/secure-url.test.ts'],
  },
  {
    safety: 'no redirect is followed',
    file: 'shared/http/create-http.ts',
    from: '  refuseRedirect(request, response);\n  let text',
    to: '  let text',
    tests: ['test/http/create-http.test.ts'],
  },
  {
    safety: 'verify: credentials are tried before they are published',
    file: 'shared/reconcile/next-step.ts',
    from: "return client !== undefined && client.verification === undefined ? { kind: 'verify', client } : undefined;",
    to: 'return undefined;',
    tests: ['test/reconcile/next-step-publish.test.ts', 'test/reconcile/reconcile.test.ts'],
  },
  {
    safety: 'verify: invalid_grant counts only after a control',
    file: 'shared/registration/verify.ts',
    from: 'const verifiable = control === undefined ? traits.verifiable === true : isRefusal(control);',
    to: 'const verifiable = true;',
    tests: ['test/registration/verify.test.ts'],
  },
  {
    safety: 'a rotation whose new credentials cannot be shown to work keeps the old client',
    file: 'shared/reconcile/next-step.ts',
    from: "if (outcome === 'unknown' && client.purpose === 'rotation') {",
    to: 'if (false as boolean) {',
    tests: ['test/reconcile/next-step-rotation.test.ts'],
  },
  {
    safety: 'overlap: the old client stays until it is over',
    file: 'shared/reconcile/next-step.ts',
    from: "desired.rotation?.retire === 'after-overlap' && now >= overlapEnd(record, client)",
    to: "desired.rotation?.retire === 'after-overlap'",
    tests: ['test/reconcile/next-step-end.test.ts'],
  },
  {
    safety: 'retire: only the client now in use confirms a rotation',
    file: 'shared/reconcile/requests.ts',
    from: 'if (current?.clientId !== clientId) {',
    to: 'if (false as boolean) {',
    tests: ['test/reconcile/requests.test.ts'],
  },
  {
    safety: 'what apps read is not deleted before something else is published',
    file: 'shared/reconcile/next-step.ts',
    from: "client.role === 'leaving' && !isPublished(record, client)",
    to: "client.role === 'leaving'",
    tests: ['test/reconcile/next-step-end.test.ts', 'test/reconcile/rotation.test.ts', ...CRASHES],
  },
  {
    safety: 'an update that would interrupt apps waits for a decision',
    file: 'shared/reconcile/next-step.ts',
    from: "if (desired.update !== 'interrupt') return { kind: 'stop', code: 'update_interrupts', client };",
    to: '',
    tests: ['test/reconcile/next-step-change.test.ts'],
  },
  {
    safety: 'a 401 alone is no proof that a client is gone',
    file: 'shared/reconcile/removal-step.ts',
    from: "stage: telling ? 'verify' : 'impossible'",
    to: "stage: 'gone'",
    tests: ['test/reconcile/removal-step.test.ts'],
  },
  {
    safety: 'a deletion that was accepted is confirmed',
    file: 'shared/reconcile/removal-step.ts',
    from: "return { ...asked, stage: 'confirm', accepted: true, failures: 0 };",
    to: "return { ...asked, stage: 'gone', accepted: true, failures: 0 };",
    tests: ['test/reconcile/removal-step.test.ts'],
  },
  {
    safety: 'a first attempt of an older run does not undo a newer one',
    file: 'shared/reconcile/want.ts',
    from: 'if (appliedBy === undefined || by.attempt > 1 || by.runId >= appliedBy.runId) return;',
    to: 'if (by !== undefined) return;',
    tests: ['test/reconcile/want.test.ts'],
  },
  {
    safety: 'an owner cannot take over what is not its own',
    file: 'shared/reconcile/want.ts',
    from: 'if (record !== undefined) refuseOtherOwner(record, desired);',
    to: '',
    tests: ['test/reconcile/want.test.ts'],
  },
  {
    safety: 'tombstone: an owner that has ended is known',
    file: 'worker/repository/tombstones.ts',
    from: 'return ended_at !== null && ended_at > (reopened_at ?? 0);',
    to: 'return false;',
    tests: ['test/worker/repository/tables.test.ts'],
  },
  {
    safety: 'compare-and-set: the ref of the state moves only fast-forward',
    file: 'action/standalone/state-commits.ts',
    from: 'force: false }',
    to: 'force: true }',
    tests: ['test/action/standalone/git-store-races.test.ts'],
  },
  {
    safety: 'compare-and-set: a change by another run since the read is seen',
    file: 'action/standalone/state-writer.ts',
    from: 'known?.get(id) !== texts.get(id)',
    to: 'id === undefined',
    tests: ['test/action/standalone/git-store-races.test.ts'],
  },
  {
    safety: 'a name at GitHub that is in no record is not overwritten',
    file: 'shared/publish/github-place-check.ts',
    from: 'exists && !isOurs(item)',
    to: 'exists && isOurs(item) && false',
    tests: ['test/publish/github-claim.test.ts'],
  },
  {
    safety: 'name ownership: two registrations never publish to one name',
    file: 'worker/repository/names.ts',
    from: 'if (row === undefined) return;',
    to: 'return;',
    tests: ['test/worker/repository/tables.test.ts'],
  },
  {
    safety: 'envelope: additional data binds sealed state to its place',
    file: 'shared/record/seal.ts',
    from: "JSON.stringify(['oauth-registrar', 'v1', keyId, ...aad])",
    to: "JSON.stringify(['oauth-registrar', 'v1', keyId])",
    tests: ['test/record/seal.test.ts'],
  },
  {
    safety: 'id-token: made for this Worker',
    file: 'worker/identity/verify-id-token.ts',
    from: 'if (payload.aud !== publicUrl) throw otherAudience(publicUrl);',
    to: '',
    tests: ['test/worker/identity/verify-id-token.test.ts'],
  },
  {
    safety: 'policy: only repositories that are listed',
    file: 'worker/policy/authorise.ts',
    from: 'if (!isListed(policy, identity)) return notListed(identity);',
    to: '',
    tests: ['test/worker/policy/authorise.test.ts'],
  },
  {
    safety: 'policy: redirect URIs only to hosts that are listed',
    file: 'worker/policy/check-desired.ts',
    from: 'return fault === undefined ? [] : [{ at, ...fault }];',
    to: 'return fault === undefined ? [] : [];',
    tests: ['test/worker/policy/check-desired.test.ts'],
  },
  {
    safety: 'webhooks: the signature has to be good',
    file: 'worker/webhooks/verify-github.ts',
    from: "if (await crypto.subtle.verify('HMAC', await keyOf(secret), expected, body)) return true;",
    to: 'if (await keyOf(secret)) return true;',
    tests: ['test/worker/webhooks/verify-github.test.ts'],
  },
  {
    safety: 'a server that cuts every connection is asked later and later',
    file: 'shared/reconcile/reconcile.ts',
    from: "new Set(['read', 'lost_call', 'suspect'])",
    to: "new Set(['read'])",
    tests: ['test/reconcile/loop.test.ts'],
  },
  {
    safety: 'tombstone: work that was begun before goes no further',
    file: 'worker/repository/work-on.ts',
    from: ' || isOver(home, piece.start)',
    to: '',
    tests: SCHEDULES,
  },
  {
    safety: 're-arm: the alarm is set for what is due next',
    file: 'worker/repository/repository.ts',
    from: '    } finally {\n      await arm(home);\n    }',
    to: '    }',
    tests: ['test/worker/repository/alarm.test.ts'],
  },
  {
    safety: 'an orphan that the server says it deleted is looked for',
    file: 'worker/repository/retry-orphans.ts',
    from: 'other === orphan ? stillThere(orphan, seen) : [other]',
    to: 'other === orphan ? [] : [other]',
    tests: SCHEDULES,
  },
  {
    safety: 'jti: an id-token is accepted once',
    file: 'worker/repository/admit.ts',
    from: "if (sql.exec('SELECT 1 FROM token_ids WHERE id = ?', id).toArray().length > 0) {",
    to: 'if (false as boolean) {',
    tests: ['test/worker/repository/apply.test.ts'],
  },
  {
    safety: 'duplicate deliveries: what was seen before is not taken again',
    file: 'worker/repository/take-delivery.ts',
    from: `    if (sql.exec('SELECT 1 FROM deliveries WHERE id = ?', name).toArray().length > 0) return 'repeated';
    const outcome = take(home, event, receivedAt);
    sql.exec('INSERT INTO`,
    to: `    const outcome = take(home, event, receivedAt);
    sql.exec('INSERT OR REPLACE INTO`,
    tests: ['test/worker/repository/teardown.test.ts'],
  },
  {
    safety: 'webhooks: nothing of a body is read before its signature is good',
    file: 'worker/webhooks/routes.ts',
    from: `    if (!(await verify(body, headers.get('x-hub-signature-256')))) return { refused: 'signature_invalid' };
    const payload = parse(new TextDecoder().decode(body));
    if (payload === undefined) return { refused: 'body_not_json' };`,
    to: `    const payload = parse(new TextDecoder().decode(body));
    if (payload === undefined) return { refused: 'body_not_json' };
    if (!(await verify(body, headers.get('x-hub-signature-256')))) return { refused: 'signature_invalid' };`,
    tests: ['test/worker/webhooks/github-route.test.ts'],
  },
  {
    safety: 'a shared client: its secret is withheld from jobs unless policy says otherwise',
    file: 'worker/repository/apply-shared.ts',
    from: 'const open = withoutSecrets(value.credentials);',
    to: 'const open = { ...value.credentials, ...withoutSecrets(value.credentials) };',
    tests: ['test/worker/repository/shared.test.ts'],
  },
  {
    safety: 'answers: no more is read than a limit, whatever they are packed to',
    file: 'shared/http/read-body.ts',
    from: 'if (size > MAX_BODY_BYTES) {',
    to: 'if (false as boolean) {',
    tests: ['test/http/create-http.test.ts', 'test/http/network.test.ts'],
  },
  {
    safety: 'a manifest that is nested without end is not parsed',
    file: 'shared/manifest/refuse-hostile-text.ts',
    from: "if (parser.stack.length > MOST_OPEN) return 'it is nested too deep';",
    to: '',
    tests: ['test/manifest/refuse-hostile-text.test.ts'],
  },
  {
    safety: 'restore: nothing is done before the operator releases it',
    file: 'worker/repository/arm.ts',
    from: "  if (getMeta(sql, 'restored') !== undefined) return undefined;\n",
    to: '',
    tests: WORKER_CRASHES,
  },
  {
    safety: 'change of keys: a record is written to the inventory under the new key too',
    file: 'worker/repository/seal-anew.ts',
    from: 'key_id = ?, inventory_due = ? WHERE',
    to: 'key_id = ?, inventory_due = NULL AND ? WHERE',
    tests: WORKER_CRASHES,
  },
  {
    safety: 'an end that could not be saved is tried again soon',
    file: 'worker/repository/settle.ts',
    from: " && problem?.code !== 'state_unwritable'",
    to: '',
    tests: ['test/worker/repository/settle.test.ts'],
  },
  {
    safety: 'an orphan is called by one call at a time',
    file: 'worker/repository/retry-orphans.ts',
    from: 'if (loaded.record.call !== undefined) return;',
    to: '',
    tests: ['test/worker/repository/retry-orphans.test.ts'],
  },
  {
    safety: 'a refused deletion proves nothing where the token may have been replaced',
    file: 'shared/reconcile/removal-step.ts',
    from: '(before.unanswered && isGoodAccess(client))',
    to: 'before.unanswered',
    tests: ['test/reconcile/removal-step.test.ts'],
  },
];
