import { describe, expect, it } from 'vitest';
import { bindingSentence } from '../../../action/binding/binding-sentence.ts';
import { isFork } from '../../../action/binding/event-payload.ts';
import { runWithoutSecrets } from '../../../action/binding/without-secrets.ts';
import { changed, exampleOf, examplesOf } from './examples.ts';

const opened = exampleOf('pull_request', 'opened');
const fromFork = changed(opened, { 'pull_request.head.repo.id': 1 });

describe('isFork', () => {
  it('is false for the examples, whose heads are in the repository itself', () => {
    expect(examplesOf('pull_request').map(isFork)).not.toContain(true);
  });

  it('is true for a head in another repository, and for one whose repository is gone', () => {
    expect(isFork(fromFork)).toBe(true);
    expect(isFork(changed(opened, { 'pull_request.head.repo': null }))).toBe(true);
  });

  it('reads the repository of the event where the base names none', () => {
    expect(isFork(changed(opened, { 'pull_request.base': {} }))).toBe(false);
  });

  it.each(['push', 'release', 'issue_comment', 'workflow_run'])('is false for %s', (event) => {
    expect(examplesOf(event).map(isFork)).not.toContain(true);
  });
});

describe('a run without secrets', () => {
  it('is one for a pull request of a fork, but not with pull_request_target', () => {
    expect(runWithoutSecrets({ eventName: 'pull_request', payload: fromFork })).toBe('fork');
    expect(runWithoutSecrets({ eventName: 'pull_request_target', payload: fromFork })).toBeUndefined();
    expect(runWithoutSecrets({ eventName: 'pull_request', payload: opened })).toBeUndefined();
  });

  it.each(['pull_request', 'push', 'create', 'deployment', 'deployment_status'])(
    'is one that Dependabot starts with %s, also when a person runs it again',
    (eventName) => {
      const payload = exampleOf(eventName);
      expect(runWithoutSecrets({ eventName, payload, actor: 'dependabot[bot]' })).toBe('dependabot');
      expect(runWithoutSecrets({ eventName, payload, actor: 'Codertocat' })).toBeUndefined();
    },
  );

  it('is told by the sender where no actor is given', () => {
    const payload = changed(exampleOf('push'), { 'sender.login': 'dependabot[bot]' });
    expect(runWithoutSecrets({ eventName: 'push', payload, actor: '' })).toBe('dependabot');
    expect(runWithoutSecrets({ eventName: 'push', payload })).toBe('dependabot');
  });

  it('is none that Dependabot starts by hand or schedule', () => {
    expect(
      runWithoutSecrets({ eventName: 'workflow_dispatch', payload: {}, actor: 'dependabot[bot]' }),
    ).toBeUndefined();
  });
});

describe('the sentence about an owner', () => {
  it('says what becomes of a client', () => {
    expect(bindingSentence('web', { kind: 'pull_request', number: 12 })).toBe(
      'web belongs to #12 and goes when it closes',
    );
    expect(bindingSentence('production', undefined)).toBe('production: no owner; stays until you delete it');
  });

  it('shows a hostile branch on one line and as no command', () => {
    const sentence = bindingSentence('web', { kind: 'branch', name: 'x\n::set-output name=a::b' });
    expect(sentence).not.toMatch(/\n|::/);
  });
});
