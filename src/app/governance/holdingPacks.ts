import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { asFailure } from '../../domain/failure.ts';
import { checkPack } from '../../domain/governance/checkPack.ts';
import type { HoldingPack, UnreadablePack } from '../../domain/governance/decide.ts';
import { settingsPacks } from '../../domain/governance/settingsPack.ts';
import type { Trust } from '../ports/environment.ts';
import type { ConfiguredPacks, StoredPack } from '../ports/governance.ts';

/** Packs that hold on one connection, those that cannot be read apart. */
export interface Holding {
  readonly packs: readonly HoldingPack[];
  readonly unreadable: readonly UnreadablePack[];
  /** Version per pack, 0 for packs of settings. */
  readonly versions: ReadonlyMap<string, number>;
}

/** A stored pack with its content checked: a store may be older, brought over or damaged. */
export function readable(stored: StoredPack): HoldingPack | UnreadablePack {
  try {
    return { id: stored.id, content: checkPack(stored.content) };
  } catch (error) {
    const { name } = stored.content;
    return { id: stored.id, name: typeof name === 'string' ? name : stored.id, problem: asFailure(error).message };
  }
}

/** The packs of the store and, in a trusted workspace, of settings: they add up. */
export function holdingOn(
  definition: ConnectionDefinition,
  stored: readonly StoredPack[],
  settings: { readonly configured: ConfiguredPacks; readonly trust: Pick<Trust, 'isTrusted'> },
): Holding {
  const own = stored.map(readable);
  const entries = settings.trust.isTrusted() ? settings.configured.policyPacks() : [];
  const team = settingsPacks(entries);
  const here = team.packs.filter(({ connections }) => connections === null || connections.includes(definition.id));
  return {
    packs: [...own.filter((pack) => 'content' in pack), ...here],
    unreadable: [...own.filter((pack) => 'problem' in pack), ...team.unreadable],
    versions: new Map(stored.map(({ id, version }) => [id, version])),
  };
}
