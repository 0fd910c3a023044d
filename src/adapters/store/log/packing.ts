import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { encodeCommands, decodeCommands, type Command } from './commands.ts';
import { frameKind, type Frame } from './frame.ts';

/** Below this, deflating saves less than it costs. */
const packedFromBytes = 4096;

/** The kind and payload of the frame that records a transaction. */
export function packCommands(commands: readonly Command[]): Pick<Frame, 'kind' | 'payload'> {
  const payload = encodeCommands(commands);
  if (payload.length < packedFromBytes) return { kind: frameKind.commands, payload };
  return { kind: frameKind.packed, payload: deflateRawSync(payload, { level: 1 }) };
}

/** @throws Error when the payload is not what `packCommands` made */
export function unpackCommands({ kind, payload }: Pick<Frame, 'kind' | 'payload'>): Command[] {
  return decodeCommands(kind === frameKind.packed ? inflateRawSync(payload) : payload);
}
