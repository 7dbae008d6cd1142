import { crashPoints } from './crash-points.ts';
import { JOURNEYS } from './journeys.ts';

crashPoints({
  journeys: JOURNEYS,
  ports: [
    ...(['save', 'register', 'read', 'update', 'remove', 'verify', 'claim', 'write', 'erase'] as const),
    ...(['announce', 'initialAccessToken', 'sleep'] as const),
  ],
  points: 28_604,
});
