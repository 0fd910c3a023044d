import type { LeaseStore } from '../../../../app/ports/leases.ts';
import type { PortCalls } from '../../messages.ts';
import { leasesWith, releaseLease, renewLease, takeLease } from '../repositories/leases.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function leaseHandlers({ control }: StoreParts): Handlers<PortCalls<'leases', LeaseStore>> {
  return {
    'leases.take': (request) => control.commit((tx) => takeLease(tx, request)),
    'leases.renew': (name, fence, until) => control.commit((tx) => renewLease(tx, name, fence, until)),
    'leases.release': (name, fence) => control.commit((tx) => releaseLease(tx, name, fence)),
    'leases.list': (prefix) => leasesWith(control.read(), prefix),
  };
}
