import { utf8, type Bytes } from '../bytes.ts';

/** What a connection's `uid` is the hash of: equal ids in two projects differ by the root of their scope. */
export function uidSource(scopeRoot: string, id: string): readonly Bytes[] {
  return [utf8(JSON.stringify(['cachify connection', scopeRoot, id]))];
}

/** Hex digits of a uid: 128 bits, enough that no two connections of a person ever meet. */
export const UID_LENGTH = 32;
