import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeSecretReader } from '../../../../src/adapters/node/secretReader.ts';
import { utf8 } from '../../../../src/domain/bytes.ts';
import { isFailure } from '../../../../src/domain/failure.ts';

describe('nodeSecretReader', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cachify-reader-'));
    writeFileSync(join(folder, 'ca.pem'), 'PEM');
    writeFileSync(join(folder, 'big.pem'), Buffer.alloc(1024 * 1024 + 1));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('reads a file by absolute path, or beside the settings that name it', async () => {
    assert.deepEqual(await nodeSecretReader.file(join(folder, 'ca.pem'), ''), utf8('PEM'));
    assert.deepEqual(await nodeSecretReader.file('ca.pem', pathToFileURL(folder).toString()), utf8('PEM'));
    const workspace = pathToFileURL(join(folder, 'team.code-workspace')).toString();
    assert.deepEqual(await nodeSecretReader.file('ca.pem', workspace), utf8('PEM'));
  });

  it('refuses folders, pipes, large files, missing files and relative paths without a folder', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.pem')]);
    for (const path of ['.', 'pipe.pem', 'big.pem', 'none.pem']) {
      await assert.rejects(nodeSecretReader.file(join(folder, path), ''), (error) =>
        isFailure(error, 'VALIDATION_ERROR'),
      );
    }
    await assert.rejects(nodeSecretReader.file('ca.pem', ''), (error) => isFailure(error, 'VALIDATION_ERROR'));
  });

  it('takes the first line of a command, and tells neither arguments nor output when it fails', async () => {
    assert.equal(await nodeSecretReader.command(['printf', 'one\\r\\ntwo\\n']), 'one');
    for (const script of ['echo S3CR3T; exit 3', 'echo S3CR3T >&2; exit 1', ':']) {
      await assert.rejects(nodeSecretReader.command(['sh', '-c', script]), (error) => {
        assert.ok(isFailure(error, 'UNAUTHORIZED'));
        assert.doesNotMatch(JSON.stringify(error), /S3CR3T/);
        return true;
      });
    }
    await assert.rejects(nodeSecretReader.command(['/no/such/program']), (error) => isFailure(error, 'UNAUTHORIZED'));
  });

  it('passes arguments as they are: no shell reads them', async () => {
    assert.equal(await nodeSecretReader.command(['printf', '%s', '$(id); `id`']), '$(id); `id`');
  });
});
