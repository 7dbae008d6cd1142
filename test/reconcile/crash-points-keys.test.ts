import { vi } from 'vitest';
import { crashPoints } from './crash-points.ts';
import { KEY_JOURNEYS } from './journeys.ts';

vi.mock(import('../../shared/registration/make-key.ts'), async (importOriginal) => {
  const { keyPool } = await import('./key-pool.ts');
  const original = await importOriginal();
  return { ...original, makeKeyPair: keyPool.of(original.makeKeyPair) };
});

crashPoints({
  journeys: KEY_JOURNEYS,
  ports: ['save', 'register', 'update', 'verify', 'claim', 'write', 'initialAccessToken'],
  points: 6_702,
});
