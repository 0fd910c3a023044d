import type { SecretReader, Trust } from '../ports/environment.ts';
import type { Entry } from './catalogue.ts';
import type { SecretVault } from './secretVault.ts';

/**
 * Every secret of a connection that can be known without asking anybody: what is stored, what stands in the environment,
 * and what this window has used. For what must look for them in texts that leave; never shown.
 */
export async function knownSecrets(
  entries: readonly Entry[],
  vault: SecretVault,
  used: ReadonlySet<string>,
  { secretReader, trust }: { readonly secretReader: SecretReader; readonly trust: Trust },
): Promise<string[]> {
  const found = new Set(used);
  for (const entry of entries) {
    if (!entry.usable) continue;
    const { secret } = entry.definition;
    const kept = await vault.find(entry.definition);
    if (kept.kind === 'found') for (const text of Object.values(kept.secret)) found.add(String(text));
    if (typeof secret === 'object' && 'env' in secret && trust.isTrusted()) {
      found.add(secretReader.environment(secret.env) ?? '');
    }
  }
  found.delete('');
  return [...found];
}
