import { execFileSync } from 'node:child_process';

/** Kills a process and all that descend from it; act starts each step in a session, and so a process group, of its own. */
export function killTree(root: number | undefined): void {
  if (root === undefined) return;
  for (const pid of [root, ...descendantsOf(root, parents())]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It has ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function descendantsOf(root: number, all: readonly (readonly [pid: number, parent: number])[]): readonly number[] {
  const children = all.filter(([, parent]) => parent === root).map(([pid]) => pid);
  return children.flatMap((pid) => [pid, ...descendantsOf(pid, all)]);
}

/** Synchronous, for a process that is about to exit. */
function parents(): readonly (readonly [pid: number, parent: number])[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/u).map(Number);
    return [pid, parent] as const;
  });
}
