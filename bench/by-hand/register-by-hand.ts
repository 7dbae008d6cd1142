import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { DistantRepository } from '../distant-repository.ts';

const SCRIPT = fileURLToPath(new URL('register-by-hand.sh', import.meta.url));

/** Registers and publishes the clients of a repository as people do it without the Action; needs bash, curl and jq. */
export async function registerByHand({
  clients,
  github,
  githubUrl,
  token,
}: DistantRepository): Promise<{ readonly durationMs: number }> {
  const { owner, name } = github().repository;
  const startedAt = performance.now();
  const child = spawn('bash', [SCRIPT], {
    env: {
      PATH: process.env.PATH,
      NODE: process.execPath,
      GITHUB_API_URL: githubUrl,
      GITHUB_REPOSITORY: `${owner}/${name}`,
      SECRETS_TOKEN: token,
    },
    stdio: ['pipe', 'inherit', 'pipe'],
  });
  child.stdin.end(clients.map((client) => `${client.name} ${client.fhirBase}\n`).join(''));
  const [[code], complaint] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  if (code !== 0) throw new Error(`the loop of curl and jq failed: ${complaint}`);
  return { durationMs: performance.now() - startedAt };
}
