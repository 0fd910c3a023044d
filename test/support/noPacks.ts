import { unruled } from '../../src/domain/governance/decision.ts';
import type { Governance } from '../../src/app/ports/governance.ts';

/** Governance where no pack exists: the answers of the product's own on connections without one. */
export const noPacks: Governance = {
  rule: ({ at }) => Promise.resolve(unruled(at)),
  foresee: ({ at }) => Promise.resolve(unruled(at)),
};
