import { unruled } from '../../domain/governance/decision.ts';
import type { Governance } from '../ports/governance.ts';

/** Governance where no pack exists. */
export const noPacks: Governance = {
  rule: ({ at }) => Promise.resolve(unruled(at)),
  foresee: ({ at }) => Promise.resolve(unruled(at)),
};
