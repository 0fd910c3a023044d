// package.json and the code name the same things, both ways.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { alertMetrics } from '../../src/domain/alerts/metrics/registry.ts';
import { apiCommandIds, contextKeys, panelTypes, uiCommandIds, viewIds } from '../../src/ui/contributions.ts';

const root = resolve(__dirname, '../..');

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly displayName: string;
  readonly version: string;
  readonly engines: { readonly vscode: string };
  readonly extensionKind: readonly string[];
  readonly activationEvents: readonly string[];
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly menus: Readonly<
      Record<string, readonly { readonly command: string; readonly when?: string; readonly group?: string }[]>
    >;
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon?: string }[]>>;
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly configuration: {
      readonly properties: Readonly<
        Record<
          string,
          {
            readonly description?: string;
            readonly markdownDescription?: string;
            readonly items?: { readonly properties: Readonly<Record<string, { readonly enum?: readonly string[] }>> };
          }
        >
      >;
    };
  };
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const { contributes } = manifest;

describe('manifest', () => {
  it('has the identity of the product', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, 'cachify.cachify-studio');
    assert.equal(manifest.displayName, 'Cachify Studio');
    assert.deepEqual(manifest.extensionKind, ['workspace']);
  });

  it('pins the VS Code types to exactly the floor', () => {
    assert.equal(`^${manifest.devDependencies['@types/vscode']}`, manifest.engines.vscode);
  });

  it('ships no package at run time: everything is bundled', () => {
    assert.deepEqual(Object.keys(manifest.dependencies ?? {}), []);
  });

  it('never activates on everything and asks for no proposed API', () => {
    assert.ok(!manifest.activationEvents.includes('*'));
    assert.ok(!('enabledApiProposals' in manifest));
  });

  it('contributes exactly the commands of the code', () => {
    const inManifest = contributes.commands.map(({ command }) => command).sort();
    assert.deepEqual(inManifest, [...apiCommandIds, ...uiCommandIds].sort());
  });

  it('puts every command in the category Cachify with a title', () => {
    for (const { command, title, category } of contributes.commands) {
      assert.equal(category, 'Cachify', command);
      assert.ok(title.length > 3, command);
    }
  });

  it('uses known commands only in its menus', () => {
    const known = new Set<string>([...apiCommandIds, ...uiCommandIds]);
    for (const [menu, entries] of Object.entries(contributes.menus)) {
      for (const { command } of entries) assert.ok(known.has(command), `${menu}: ${command}`);
    }
  });

  it('never puts a destructive command inline', () => {
    const destructive = [
      'cachify.keys.remove',
      'cachify.connections.remove',
      'cachify.keys.restore',
      'cachify.keys.rename',
    ];
    for (const entry of contributes.menus['view/item/context'] ?? []) {
      if (destructive.includes(entry.command)) assert.doesNotMatch(entry.group ?? '', /^inline/, entry.command);
    }
  });

  it('contributes exactly the views of the code, each with an icon that exists', () => {
    const views = Object.values(contributes.views).flat();
    assert.deepEqual(views.map(({ id }) => id).sort(), Object.values(viewIds).sort());
    const icons = [
      ...views.map(({ icon }) => icon ?? ''),
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
    ];
    for (const icon of icons) assert.ok(existsSync(join(root, icon)), `${icon} is missing`);
  });

  it('wakes up for its panels, so that they are restored after a reload', () => {
    for (const type of Object.values(panelTypes))
      assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${type}`), type);
  });

  it('asks only for context keys that the code sets, so that no command is greyed out for ever', () => {
    const clauses = JSON.stringify(contributes).match(/"(?:when|enablement)":"(?:[^"\\]|\\.)*"/g) ?? [];
    const bare = clauses.map((clause) =>
      clause
        .replace(/\/(?:[^/\\]|\\.)*\//g, '')
        .replace(/(?:view|activeWebviewPanelId|resourceScheme) [!=]= '?[\w.]+'?/g, ''),
    );
    const used = new Set(bare.flatMap((clause) => clause.match(/\bcachify\.\w+/g) ?? []));
    const known: readonly string[] = contextKeys;
    assert.deepEqual(
      [...used].filter((key) => !known.includes(key)),
      [],
    );
    assert.ok(used.has('cachify.hasConnections'));
  });

  it('offers exactly the metrics that rules may have', () => {
    const setting = contributes.configuration.properties['cachify.alertRules'];
    assert.deepEqual(
      setting?.items?.properties['metric']?.enum,
      alertMetrics.map(({ id }) => id),
    );
  });

  it('describes every setting', () => {
    for (const [name, setting] of Object.entries(contributes.configuration.properties)) {
      assert.match(name, /^cachify\./);
      assert.ok((setting.markdownDescription ?? setting.description ?? '').length > 10, name);
    }
  });
});
