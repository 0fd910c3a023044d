// Nothing changes keys without the policies' answer: every way in is known, and no code reaches a server around the gate.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { apiCommandIds, uiCommandIds } from '../../../src/ui/contributions.ts';
import { entryPoints } from '../../support/entryPoints.ts';

const root = resolve(__dirname, '../../..');

function sources(): { readonly path: string; readonly text: string }[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('adapters'))
    .map((name) => {
      const path = join(root, 'src', name);
      return { path: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') };
    });
}

const using = (pattern: RegExp): string[] => sources().flatMap(({ path, text }) => (pattern.test(text) ? [path] : []));

describe('ways in', () => {
  it('are all named, with what they can do to a server', () => {
    const unnamed = [...apiCommandIds, ...uiCommandIds].filter((id) => !Object.hasOwn(entryPoints, id));
    assert.deepEqual(unnamed, [], 'say in test/support/entryPoints.ts what these commands can do to a server');
  });

  it('name no command that is gone, and forms of commands that are there', () => {
    const known: readonly string[] = [...apiCommandIds, ...uiCommandIds];
    for (const [id, reach] of Object.entries(entryPoints)) {
      assert.ok(known.includes(id), id);
      if (typeof reach === 'object') assert.ok(Object.hasOwn(entryPoints, reach.formOf), reach.formOf);
    }
  });

  it('lead to a server through the gate alone', () => {
    const calls = /\bsession\s*\.\s*(send|compareAndSet|openLine|watch|scan|describe)\(/;
    assert.deepEqual(using(calls), ['src/app/redis/commandGate.ts']);
  });

  it('write in bulk only where policies are asked before each batch', () => {
    const lines = using(/\bgate\.openLine\(/);
    assert.deepEqual(lines.sort(), ['src/app/workflows/runLines.ts', 'src/app/workflows/undo.ts']);
    for (const asks of ['src/app/workflows/engine.ts', 'src/app/workflows/undo.ts'])
      assert.match(readFileSync(join(root, asks), 'utf8'), /governance/);
  });
});
