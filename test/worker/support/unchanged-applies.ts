import { openCountedScene, type Work } from './counted-scene.ts';
import { openWorkerJobs } from './worker-jobs.ts';

const PULL = 42;

export type Asked = Work & { readonly requests: number };

/** What a deploy may take that finds everything as asked. */
export const LIMITS: readonly {
  readonly what: string;
  readonly count: (asked: Asked) => number;
  readonly most: number;
}[] = [
  { what: 'requests from the job to the Worker', count: ({ requests }) => requests, most: 1 },
  { what: 'rows written', count: ({ rowsWritten }) => rowsWritten, most: 4 },
  { what: 'KV writes', count: ({ kvWrites }) => kvWrites, most: 0 },
  { what: 'calls to GitHub and its issuer', count: ({ toGitHub, toIssuer }) => toGitHub + toIssuer, most: 0 },
  { what: 'calls to the authorization server', count: ({ toServer }) => toServer, most: 0 },
];

export type UnchangedApplies = {
  readonly first: Asked;
  readonly production: Asked;
  readonly preview: Asked;
  /** More than half of the preview's time had passed. */
  readonly renewal: Asked;
};

/** What deploys by the built Action through the Worker take, which publishes by itself: the first one, then unchanged ones. */
export async function countUnchangedApplies(action: string): Promise<UnchangedApplies> {
  const scene = await openCountedScene();
  const jobs = await openWorkerJobs(scene, action);
  const asked = async (deploy: () => Promise<void>): Promise<Asked> => {
    const before = jobs.requests();
    const work = await scene.counted(deploy);
    return { ...work, requests: jobs.requests() - before };
  };
  const preview = () => jobs.deployPreview(PULL);
  try {
    const first = await asked(jobs.deployProduction);
    await preview();
    return {
      first,
      production: await asked(jobs.deployProduction),
      preview: await asked(preview),
      renewal: await scene.age(`pr-${PULL}/web`).then(() => asked(preview)),
    };
  } finally {
    await jobs.close();
    await scene.close();
  }
}
