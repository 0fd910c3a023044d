import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZipReader } from '../../../src/adapters/files/zipReader.ts';
import { isFailure } from '../../../src/domain/failure.ts';
import { incidentsRig, type IncidentsRig } from '../../support/incidentsRig.ts';

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
