import { readdir, readFile } from 'node:fs/promises';
import { bytesText } from './report.ts';

/** In bytes. */
export type Memory = { readonly now: number; readonly most: number };

/**
 * Resident memory of the runtime with everything in it, as the system counts it: the objects of all repositories, and
 * what stands in for KV and SQLite here. Nothing where the system does not tell.
 */
export async function runtimeMemory(): Promise<Memory | undefined> {
  const processes = await readdir('/proc').catch(() => []);
  const statuses = await Promise.all(processes.filter((name) => /^\d+$/u.test(name)).map(statusOf));
  const runtimes = statuses.filter(({ Name, PPid }) => Name === 'workerd' && PPid === String(process.pid));
  // The other one only stands before it.
  const [runtime] = runtimes.toSorted((one, other) => bytesOf(other, 'VmHWM') - bytesOf(one, 'VmHWM'));
  return runtime && { now: bytesOf(runtime, 'VmRSS'), most: bytesOf(runtime, 'VmHWM') };
}

export async function runtimeMemoryLine(): Promise<string> {
  const memory = await runtimeMemory();
  if (memory === undefined) return 'memory of the runtime: not known on this system';
  return `memory of the runtime with all objects in it: ${bytesText(memory.now)}, ${bytesText(memory.most)} at most`;
}

type Status = Readonly<Record<string, string>>;

function bytesOf(status: Status, name: string): number {
  return Number.parseInt(status[name] ?? '', 10) * 1024;
}

/** As `/proc/<pid>/status` has it; nothing of a process that has ended meanwhile. */
async function statusOf(pid: string): Promise<Status> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Object.fromEntries(text.split('\n').map((line) => line.split(':\t') as [string, string]));
}
