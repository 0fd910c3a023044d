import type { GovernanceStore } from '../../../../app/ports/governance.ts';
import type { PortCalls } from '../../messages.ts';
import { decisionsOf, recordDecisions } from '../repositories/governanceDecisions.ts';
import {
  assignments,
  assignPacks,
  holdingPacks,
  packVersions,
  removePack,
  savePacks,
  storedPacks,
} from '../repositories/policyPacks.ts';
import type { Handlers, StoreParts } from './handlers.ts';

export function governanceHandlers({ control }: StoreParts): Handlers<PortCalls<'governance', GovernanceStore>> {
  return {
    'governance.packs': () => storedPacks(control.read()),
    'governance.savePacks': (packs) => control.commit((tx) => savePacks(tx, packs)),
    'governance.versions': (packId) => packVersions(control.read(), packId),
    'governance.removePack': (id, at) => control.commit((tx) => removePack(tx, id, at)),
    'governance.assignments': () => assignments(control.read()),
    'governance.assign': (uid, packIds, at) => control.commit((tx) => assignPacks(tx, uid, packIds, at)),
    'governance.holding': (uid) => holdingPacks(control.read(), uid),
    'governance.record': (decisions) => control.commit((tx) => recordDecisions(tx, decisions)),
    'governance.decisions': (query) => decisionsOf(control.read(), query),
  };
}
