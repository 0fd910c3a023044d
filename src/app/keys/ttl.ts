import type { Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { displayShort } from '../../domain/display.ts';
import { formatDuration } from '../../domain/format.ts';
import type { KeysParts } from './parts.ts';
import { gone } from './rename.ts';
import { numberReply } from './replies.ts';
import { requireTtl } from './write.ts';

/** Sets the TTL, or clears it with null. Rejects with CONFLICT when there is no such key. */
export async function setTtl(
  parts: KeysParts,
  definition: ConnectionDefinition,
  key: Bytes,
  ttlMs: number | null,
): Promise<void> {
  if (ttlMs !== null) requireTtl(ttlMs);
  const [existed] = await parts.gate.run(definition.uid, {
    action: 'keys.setTtl',
    keyOrPattern: displayShort(key),
    commands: [['EXISTS', key], ttlMs === null ? ['PERSIST', key] : ['PEXPIRE', key, String(ttlMs)]],
    redactedDiff: ttlMs === null ? 'TTL cleared' : `TTL ${formatDuration(ttlMs)}`,
  });
  if (numberReply(existed) === 0) throw gone(key);
}
