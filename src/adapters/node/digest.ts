import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { Digest } from '../../app/ports/environment.ts';

export const nodeDigest: Digest = {
  sha256(parts) {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  },
  hmacSha256(key, parts) {
    const hmac = createHmac('sha256', key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  },
  randomBytes: (count) => new Uint8Array(randomBytes(count)),
  uuid: () => randomUUID(),
};
