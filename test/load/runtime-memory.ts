import { readdir, readFile } from 'node:fs/promises';
import { bytesText } from './report.ts';

/**
 * Memory of the runtime with everything in it, as the system counts it: the objects of all repositories, and what stands
 * in for KV and SQLite here. The memory of one object cannot be told from outside.
 */
export async function runtimeMemoryLine(): Promise<string> {
  const statuses = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/u.test(name)).map(statusOf));
  const runtimes = statuses.filter(({ Name, PPid }) => Name === 'workerd' && PPid === String(process.pid));
  // The other one only stands before it.
  const [runtime] = runtimes.toSorted((one, other) => kibibytes(other, 'VmHWM') - kibibytes(one, 'VmHWM'));
  if (runtime === undefined) return 'memory of the runtime: not known on this system';
  const shown = (name: string) => bytesText(kibibytes(runtime, name) * 1024);
  return `memory of the runtime with all objects in it: ${shown('VmRSS')}, ${shown('VmHWM')} at most`;
}

type Status = Readonly<Record<string, string>>;

function kibibytes(status: Status, name: string): number {
  return Number.parseInt(status[name] ?? '', 10);
}

/** As `/proc/<pid>/status` has it; nothing of a process that has ended meanwhile. */
async function statusOf(pid: string): Promise<Status> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Object.fromEntries(text.split('\n').map((line) => line.split(':\t') as [string, string]));
}
