import { textOf, type Bytes } from '../../domain/bytes.ts';
import type { KeyFacts } from './read.ts';
import type { KeysParts } from './parts.ts';
import { textReply, ttlReply } from './replies.ts';

/** What a tooltip says about a key; null = the server does not tell. */
export interface KeyInspection extends KeyFacts {
  readonly memoryBytes: number | null;
  readonly encoding: string | null;
}

/** Facts of one key, without touching its value. Null when there is no such key. */
export async function inspectKey(parts: KeysParts, uid: string, key: Bytes): Promise<KeyInspection | null> {
  const [type, ttl, memory, encoding] = await parts.gate.run(uid, {
    action: 'keys.read',
    keyOrPattern: '',
    commands: [
      ['TYPE', key],
      ['PTTL', key],
      ['MEMORY', 'USAGE', key],
      ['OBJECT', 'ENCODING', key],
    ],
    record: false,
    tolerateErrorReplies: true,
  });
  const name = textReply(type);
  if (name === 'none') return null;
  return {
    type: name,
    ttlMs: ttlReply(ttl),
    memoryBytes: typeof memory === 'number' ? memory : null,
    encoding: encoding instanceof Uint8Array ? textOf(encoding) : null,
  };
}
