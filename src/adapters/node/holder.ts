import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Holder } from '../../app/ports/leases.ts';

/** Names this process among the windows of the machine: `host/pid/nonce`. */
export function processHolder(): Holder {
  const name = `${hostname()}/${process.pid}/${randomUUID()}`;
  return { name, isGone: (other) => other !== name && isGone(other) };
}

function isGone(holder: string): boolean {
  const [host, pid] = holder.split('/');
  if (host !== hostname() || pid === undefined || !/^\d+$/.test(pid)) return false;
  // The same process number with another nonce is an earlier process that had it.
  if (Number(pid) === process.pid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
