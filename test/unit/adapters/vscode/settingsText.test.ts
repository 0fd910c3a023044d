import assert from 'node:assert/strict';
import { editedText, listIn } from '../../../../src/adapters/vscode/settingsText.ts';

const text = `{
  // what the team agreed on
  "editor.tabSize": 2,
  "cachify.connections": [
    // the shop
    {
      "id": "shop", // never rename
      "name": "Shop",
      "url": "redis://localhost:6379",
      /* staging until June */ "environment": "staging",
    },
    // the queue
    { "id": "queue", "name": "Queue", "host": "q" },
  ],
  "files.eol": "\\n",
}
`;
const path = ['cachify.connections'];

async function edit(index: number, entry: Parameters<typeof editedText>[3]['entry'], from = text): Promise<string> {
  const { list } = await listIn(from, path);
  assert.ok(list);
  return editedText(from, path, list, { index, entry });
}

const comments = [
  '// what the team agreed on',
  '// the shop',
  '// never rename',
  '/* staging until June */',
  '// the queue',
];

describe('editedText', () => {
  it('changes one field and leaves every comment and every other line as it was', async () => {
    const edited = await edit(0, {
      id: 'shop',
      name: 'The shop',
      url: 'redis://localhost:6379',
      environment: 'staging',
    });
    assert.equal(edited, text.replace('"Shop"', '"The shop"'));
  });

  it('adds and removes fields of an entry', async () => {
    const edited = await edit(0, {
      id: 'shop',
      name: 'Shop',
      url: 'redis://localhost:6379',
      readOnly: true,
      tls: { caFile: 'ca.pem' },
    });
    const { list, hasErrors } = await listIn(edited, path);
    assert.equal(hasErrors, false);
    assert.deepEqual(list?.[0], {
      id: 'shop',
      name: 'Shop',
      url: 'redis://localhost:6379',
      readOnly: true,
      tls: { caFile: 'ca.pem' },
    });
    for (const comment of comments.filter((each) => !each.includes('June')))
      assert.ok(edited.includes(comment), comment);
  });

  it('adds an entry at the end, keeping comments', async () => {
    const edited = await edit(2, { id: 'new', name: 'New', host: 'n' });
    const { list, hasErrors } = await listIn(edited, path);
    assert.equal(hasErrors, false);
    assert.deepEqual(
      (list ?? []).map((each) => (each as { id: string }).id),
      ['shop', 'queue', 'new'],
    );
    for (const comment of comments) assert.ok(edited.includes(comment), comment);
  });

  it('removes an entry and leaves the others', async () => {
    const edited = await edit(1, undefined);
    const { list, hasErrors } = await listIn(edited, path);
    assert.equal(hasErrors, false);
    assert.deepEqual(
      (list ?? []).map((each) => (each as { id: string }).id),
      ['shop'],
    );
    assert.ok(edited.includes('// never rename') && edited.includes('"files.eol"'));
  });

  it('keeps line ends and tabs', async () => {
    const windows = text.replaceAll('\n', '\r\n').replaceAll('  ', '\t');
    const edited = await edit(2, { id: 'new', name: 'New', host: 'n' }, windows);
    assert.equal(edited.match(/(?<!\r)\n/g), null);
    assert.ok(edited.includes('\t"cachify.connections"') && !/^ {2}/m.test(edited));
  });

  it('finds no list where there is none, also not on a prototype', async () => {
    assert.equal((await listIn('{}', path)).list, undefined);
    assert.equal((await listIn('{"a": 1', path)).hasErrors, true);
    assert.equal((await listIn('[]', ['constructor'])).list, undefined);
  });
});
