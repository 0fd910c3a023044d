import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ZipReader } from '../../../src/adapters/files/zipReader.ts';
import { emptyZip, pack, ZipWriter } from '../../../src/adapters/files/zipWriter.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { ownFolder } from '../../support/processes.ts';
import { incidentsRig, type IncidentsRig } from '../../support/incidentsRig.ts';

describe('reading a zip', () => {
  it('of many megabytes waits for what unpacks it without gathering listeners', async () => {
    const path = join(realpathSync(ownFolder('cachify-zip-')), 'large.zip');
    // What cannot be packed smaller makes the reader wait at every piece.
    const piece = randomBytes(1 << 20);
    const pieces = 12;
    const file = await open(path, 'wx+');
    const writer = new ZipWriter(file, emptyZip);
    writer.begin('large.bin');
    for (let n = 0; n < pieces; n++) await writer.append(piece, await pack(piece));
    await writer.finishMember();
    await writer.finish();
    await file.close();
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    try {
      const zip = await ZipReader.open(path);
      assert.ok(zip);
      const [member] = zip.members;
      assert.ok(member);
      const hash = createHash('sha256');
      const read = await zip.read(member, (bytes) => hash.update(bytes));
      await zip.close();
      assert.deepEqual([read.bytes, read.damaged], [pieces * piece.length, false]);
      assert.equal(hash.digest('hex'), read.sha256);
      await setImmediate();
      assert.deepEqual(warnings, []);
    } finally {
      process.off('warning', note);
    }
  });

  it('ends at a member that unpacks to more than it says', async () => {
    const path = join(realpathSync(ownFolder('cachify-zip-')), 'bomb.zip');
    const file = await open(path, 'wx+');
    const writer = new ZipWriter(file, emptyZip);
    writer.begin('bomb.bin');
    const zeros = Buffer.alloc(8 << 20);
    for (let n = 0; n < 8; n++) await writer.append(zeros, await pack(zeros));
    await writer.finishMember();
    await writer.finish();
    await file.close();
    const zip = await ZipReader.open(path);
    const [member] = zip?.members ?? [];
    assert.ok(zip && member);
    let seen = 0;
    const read = await zip.read({ ...member, bytes: 1000 }, (bytes) => (seen += bytes.length));
    await zip.close();
    assert.ok(read.damaged);
    assert.equal(seen, 0);
  });
});

describe('verifying a bundle', function () {
  this.timeout(180_000);
  let rig: IncidentsRig;
  let target: string;
  let members: ZipReader['members'];

  before(async () => {
    rig = await incidentsRig();
    await rig.fill(3000);
    target = join(rig.folder, 'bundle.zip');
    await rig.work.export(rig.exportOf(await rig.preview(), target), {});
    const zip = await ZipReader.open(target);
    members = zip?.members ?? [];
    await zip?.close();
  });
  after(() => rig.close());

  it('names the file in which one byte of the packed data was flipped', async () => {
    assert.equal(members.length, 12);
    for (const { path, at, packedBytes } of members) {
      const bytes = readFileSync(target);
      const middle = at + 30 + path.length + Math.floor(packedBytes / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
      const damaged = join(rig.folder, 'flipped.zip');
      writeFileSync(damaged, bytes);
      const verdict = await rig.work.verify(damaged);
      assert.equal(verdict.ok, false);
      assert.ok(verdict.differing.includes(path), `${path}: ${JSON.stringify(verdict)}`);
    }
  });

  it('names the file in which one byte was flipped before it was packed again, the witnesses too', async () => {
    const folder = join(rig.folder, 'flip');
    mkdirSync(folder);
    execFileSync('unzip', ['-q', target, '-d', folder]);
    for (const { path } of members) {
      const file = join(folder, path);
      const original = readFileSync(file);
      const bytes = Buffer.from(original);
      const at = bytes.indexOf(path === 'SHA256SUMS' ? 'a' : 'e');
      if (at >= 0) bytes.writeUInt8(path === 'SHA256SUMS' ? 0x62 : 0x66, at);
      if (original.length === 0) writeFileSync(file, ' ');
      else writeFileSync(file, bytes);
      const packed = join(rig.folder, `again-${path}.zip`);
      execFileSync('zip', ['-q', '-X', '-j', packed, ...members.map((member) => join(folder, member.path))]);
      writeFileSync(file, original);
      const verdict = await rig.work.verify(packed);
      assert.ok(verdict.differing.includes(path), `${path}: ${JSON.stringify(verdict)}`);
      assert.deepEqual([verdict.missing, verdict.added], [[], []]);
    }
  });

  it('names missing and added files', async () => {
    const changed = join(rig.folder, 'changed.zip');
    copyFileSync(target, changed);
    writeFileSync(join(rig.folder, 'extra.txt'), 'x');
    execFileSync('zip', ['-q', '-d', changed, 'logs.jsonl']);
    execFileSync('zip', ['-q', '-j', changed, join(rig.folder, 'extra.txt')]);
    const verdict = await rig.work.verify(changed);
    assert.deepEqual(verdict.missing, ['logs.jsonl']);
    assert.deepEqual(verdict.added, ['extra.txt']);
    assert.equal(verdict.ok, false);
  });

  it('finds any flipped byte of the structure', async () => {
    const zip = readFileSync(target);
    const last = members.at(-1);
    assert.ok(last);
    const directoryAt = last.at + 30 + last.path.length + last.packedBytes;
    const places = [0, 5, 12, 20, directoryAt + 4, directoryAt + 40, zip.length - 10, zip.length - 1];
    for (const at of places) {
      const bytes = Buffer.from(zip);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const damaged = join(rig.folder, 'structure.zip');
      writeFileSync(damaged, bytes);
      const verdict = await rig.work.verify(damaged).catch((error: unknown) => {
        assert.ok(isFailure(error, 'VALIDATION_ERROR'));
        return { ok: false };
      });
      assert.equal(verdict.ok, false, `byte ${at}`);
    }
  });

  it('refuses what is no zip, cut off, or not there', async () => {
    writeFileSync(join(rig.folder, 'text.zip'), 'not a zip');
    writeFileSync(join(rig.folder, 'cut.zip'), readFileSync(target).subarray(0, 5000));
    for (const name of ['text.zip', 'cut.zip', 'nowhere.zip']) {
      await assert.rejects(
        rig.work.verify(join(rig.folder, name)),
        (error) => isFailure(error, 'VALIDATION_ERROR'),
        name,
      );
    }
  });
});
