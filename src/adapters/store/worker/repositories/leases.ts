import type { LeaseRow, LeaseStore } from '../../../../app/ports/leases.ts';
import { Failure } from '../../../../domain/failure.ts';
import type { SqlDatabase } from '../../sql/driver.ts';
import type { Transaction } from '../../transaction.ts';
import { number, text } from './rows.ts';

/** Leases of jobs that must run once. A fence only grows, so that a holder who slept through its end is told apart. */

type Request = Parameters<LeaseStore['take']>[0];

export function takeLease(
  transaction: Transaction,
  request: Request,
): { readonly fence: number } | { readonly heldBy: string } {
  const { name, holder, nowMs, untilMs, gone } = request;
  const [row] = transaction.all('SELECT holder, fence, expires_at_ms FROM leases WHERE name = ?', [name]);
  if (row !== undefined) {
    const other = text(row, 'holder');
    const free = other === holder || number(row, 'expires_at_ms') <= nowMs || gone.includes(other);
    if (!free) return { heldBy: other };
  }
  const fence = (row === undefined ? 0 : number(row, 'fence')) + 1;
  transaction.run(
    `INSERT INTO leases (name, holder, fence, expires_at_ms) VALUES (?, ?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, expires_at_ms = excluded.expires_at_ms`,
    [name, holder, fence, untilMs],
  );
  return { fence };
}

export function renewLease(transaction: Transaction, name: string, fence: number, untilMs: number): boolean {
  const [row] = transaction.all('SELECT fence FROM leases WHERE name = ?', [name]);
  if (row === undefined || number(row, 'fence') !== fence) return false;
  transaction.run('UPDATE leases SET expires_at_ms = ? WHERE name = ?', [untilMs, name]);
  return true;
}

/** The row stays, so that the next fence is higher. */
export function releaseLease(transaction: Transaction, name: string, fence: number): void {
  transaction.run('UPDATE leases SET expires_at_ms = 0 WHERE name = ? AND fence = ?', [name, fence]);
}

export function leasesWith(database: SqlDatabase, prefix: string): LeaseRow[] {
  return database
    .all('SELECT name, holder, expires_at_ms FROM leases WHERE substr(name, 1, ?) = ?', [prefix.length, prefix])
    .map((row) => ({ name: text(row, 'name'), holder: text(row, 'holder'), untilMs: number(row, 'expires_at_ms') }));
}

/** @throws Failure CONFLICT when `fence` is not the lease's newest */
export function requireLease(transaction: Transaction, name: string, fence: number): void {
  const [row] = transaction.all('SELECT fence FROM leases WHERE name = ?', [name]);
  if (row !== undefined && number(row, 'fence') === fence) return;
  throw new Failure('CONFLICT', 'Another window took over this job.', {
    details: { rule: 'lease' },
    nextAction: 'Look at it there.',
  });
}
