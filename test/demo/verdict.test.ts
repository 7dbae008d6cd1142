import { expect, test } from 'vitest';
import { verdictOn } from './verdict.ts';

test.each([
  { checks: 3, failures: 0, skipped: 0, text: 'All 3 checks hold. 1.0 s.', holds: true },
  { checks: 3, failures: 1, skipped: 1, text: '1 of 3 checks FAILED, 1 part SKIPPED. 1.0 s.', holds: false },
  { checks: 3, failures: 0, skipped: 1, text: 'All 3 checks hold, 1 part SKIPPED. 1.0 s.', holds: true },
  { checks: 0, failures: 0, skipped: 2, text: 'NOTHING WAS CHECKED, 2 parts SKIPPED. 1.0 s.', holds: true },
  { checks: 0, failures: 0, skipped: 0, text: 'NOTHING WAS CHECKED. 1.0 s.', holds: false },
])('$text', ({ checks, failures, skipped, text, holds }) => {
  const story = { checks: () => checks, failures: () => failures };
  expect(verdictOn(story, { skipped, seconds: 1 })).toEqual({ text, holds });
});
