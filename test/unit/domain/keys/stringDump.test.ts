import assert from 'node:assert/strict';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { crc64, stringDump } from '../../../../src/domain/keys/stringDump.ts';

describe('stringDump', () => {
  it('has the checksum that Redis documents for its test vector', () => {
    assert.equal(crc64(utf8('123456789')), 0xe9c6d914c4b8d9can);
  });

  it('has the length in one, two or five bytes', () => {
    assert.equal(stringDump(utf8('a'.repeat(63))).length, 1 + 1 + 63 + 10);
    assert.equal(stringDump(utf8('a'.repeat(64))).length, 1 + 2 + 64 + 10);
    assert.equal(stringDump(utf8('a'.repeat(16_384))).length, 1 + 5 + 16_384 + 10);
  });
});
