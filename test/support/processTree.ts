import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/** `/proc/PID/stat` after the command name, which may itself hold spaces and brackets. */
function statFields(pid: number | string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // ended meanwhile
  }
}

function processTable(): Row[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const fields = statFields(name);
        return fields ? [{ pid: Number(name), parent: Number(fields[1]), group: Number(fields[2]) }] : [];
      });
  }
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent, group]) =>
      pid && parent !== undefined && group !== undefined ? [{ pid, parent, group }] : [],
    );
}

/** The process above another one; undefined when that one has ended. */
export function parentOf(pid: number): number | undefined {
  return processTable().find((row) => row.pid === pid)?.parent;
}

/** A value that changes when the system gives the same pid to another process; empty where it cannot be known. */
export function birthmark(pid: number): string {
  return process.platform === 'linux' ? (statFields(pid)?.[19] ?? 'gone') : '';
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || statFields(pid)?.[0] !== 'Z';
}

/**
 * The process, its process group when it leads one, and all that descend from either, parents first. Never this process.
 */
export function familyOf(pid: number): number[] {
  const table = processTable();
  const family = new Set<number>([pid]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const row of table) if (row.group === pid || family.has(row.parent)) family.add(row.pid);
  }
  family.delete(process.pid);
  return [...family];
}

function commandOf(pid: number): string {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return ''; // ended meanwhile
  }
}

/**
 * Sends a signal to a process and everything below it; those that ended meanwhile are passed over. Guards are spared: they
 * still have the folders of the dead to remove, and end by themselves.
 */
export function signalFamily(pid: number, signal: NodeJS.Signals): void {
  if (process.platform === 'win32') {
    try {
      execFileSync('taskkill', ['/T', '/F', '/PID', String(pid)], { stdio: 'ignore' });
    } catch {
      return; // ended meanwhile
    }
    return;
  }
  for (const member of familyOf(pid)) {
    if (/support[/\\]guard\.ts/.test(commandOf(member))) continue;
    try {
      process.kill(member, signal);
    } catch {
      continue; // ended meanwhile
    }
  }
}
