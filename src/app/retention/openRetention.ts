import type { JobLeases } from '../leases/jobLeases.ts';
import type { AlertEvents } from '../ports/alertEvents.ts';
import type { Stores } from '../ports/stores.ts';
import { Enforcement } from './enforcement.ts';
import { RetentionService, type RetentionParts } from './retentionService.ts';

export interface RetentionNeeds extends Omit<RetentionParts, 'store' | 'health'> {
  readonly stores: Pick<Stores, 'retention' | 'health'>;
  readonly leases: JobLeases;
  readonly alerts: AlertEvents;
}

/** What is kept and for how long, and what sees to it. */
export function openRetention(needs: RetentionNeeds): { retention: RetentionService; enforcement: Enforcement } {
  const { stores, leases, alerts, ...rest } = needs;
  const { clock, log } = rest;
  const health = (): ReturnType<Stores['health']> => stores.health();
  const retention = new RetentionService({ ...rest, store: stores.retention, health });
  const store = stores.retention;
  return { retention, enforcement: new Enforcement({ service: retention, store, alerts, leases, health, clock, log }) };
}
