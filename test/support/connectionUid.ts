import { createHash } from 'node:crypto';
import { UID_LENGTH, uidSource } from '../../src/domain/connections/identity.ts';

/** The `uid` under which the store knows a connection of the user settings with this `id`. */
export function uidOf(id: string): string {
  const hash = createHash('sha256');
  for (const part of uidSource('', id)) hash.update(part);
  return hash.digest('hex').slice(0, UID_LENGTH);
}
