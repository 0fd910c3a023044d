import assert from 'node:assert/strict';
import { extensions } from 'vscode';

describe('activation', () => {
  it('gives version 1 of the API to other extensions', async () => {
    const extension = extensions.getExtension<{ readonly version: number }>('cachify.cachify-studio');
    assert.ok(extension, 'the extension under development is not loaded');
    const api = await extension.activate();
    assert.equal(api.version, 1);
  });
});
