// 40 secrets in 24 written forms, in every place from which text gets into a bundle.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { display } from '../../../src/domain/display.ts';
import type { Collected } from '../../../src/app/ports/incidents.ts';
import { incidentsRig, nothingCollected, type IncidentsRig } from '../../support/incidentsRig.ts';
import { plantedSecrets, writers } from '../../unit/domain/incidents/plantedSecrets.ts';

const forms = Object.entries(writers);
const planted = plantedSecrets.flatMap((secret) => forms.map(([, write]) => write(secret)));

/** Texts where people, servers and files could have put a secret; each form once in every field. */
function collectedWith(text: (at: number) => string): Collected {
  const each = <T>(make: (value: string) => T): T[] => planted.map((_, at) => make(text(at)));
  return {
    ...nothingCollected,
    logs: each((value) => ({
      at: '2026-01-01T00:00:01.000Z',
      level: 'info',
      event: value,
      code: value,
      connectionId: value,
    })),
    diagnostics: [
      ...each((value) => ({
        record: 'connection',
        connection: value,
        name: value,
        destination: value,
        cause: value,
        tags: [value],
        user: value,
        role: value,
        password: value,
        capabilities: { config: { available: false, reason: value } },
      })),
      ...each((value) => ({
        record: 'info',
        connection: value,
        fields: { role: value, [value]: value, maxmemory_policy: value },
      })),
      ...each((value) => ({
        record: 'slowlog',
        connection: value,
        command: 'EVAL',
        key: value,
        client: value,
        arguments: [value],
      })),
      ...each((value) => ({ record: 'config', connection: value, name: value, value: 'yes', usual: 'no' })),
      ...each((value) => ({ record: 'pack', id: value, name: value, description: value, environments: [value] })),
    ],
    workflows: each((value) => ({
      id: value,
      name: value,
      kind: 'warmupSet',
      connection: value,
      state: value,
      parameters: { pattern: value, entries: [{ key: value, value }], file: value, note: value },
      error: { code: 'TIMEOUT', message: value, nextAction: value },
      happenings: [{ at: '2026-01-01T00:00:01.000Z', text: value }],
      problems: [{ index: 1, outcome: value, reason: value, message: value }],
    })),
    decisions: each((value) => ({
      id: value,
      action: value,
      connection: value,
      allowed: false,
      violations: [{ packId: value, packName: value, rule: value, message: value }],
    })),
    alerts: {
      events: each((value) => ({ id: value, title: value, message: value, connection: value, severity: value })),
      rules: each((value) => ({ id: value, name: value, connection: value, metric: value })),
      states: each((value) => ({ ruleId: value, connection: value, state: value })),
    },
  };
}

/** Whatever of a written form cannot come from anything but the secret. */
function cores(): { readonly name: string; readonly bytes: Buffer }[] {
  return plantedSecrets.flatMap((secret) =>
    forms.flatMap(([name, write]) => {
      const written = write(secret);
      let core = written;
      if (name.startsWith('json')) core = written.slice(1, -1);
      if (name.startsWith('base64')) {
        const bits = Number(name.at(-1)) * 8;
        core = written.slice(Math.ceil(bits / 6), Math.floor((bits + Buffer.byteLength(secret) * 8) / 6));
      }
      // As it stands, and as the JSON of the bundle would write it.
      return [core, JSON.stringify(core).slice(1, -1)].map((text) => ({
        name: `${name} of ${secret}`,
        bytes: Buffer.from(text),
      }));
    }),
  );
}

describe('secrets in every text field', function () {
  this.timeout(240_000);
  let rig: IncidentsRig;

  before(async () => {
    rig = await incidentsRig();
    await rig.fill(planted.length, (n) => {
      const value = display(planted[n] ?? 'plain');
      return {
        keyOrPattern: value,
        redactedDiff: value,
        correlationId: value,
        connectionId: `uid-${n}`,
        details: {
          cause: value,
          reason: value,
          user: value,
          client: value,
          prefix: value,
          script: value,
          nested: { x: value },
        },
      };
    });
  });
  after(() => rig.close());

  async function unpacked(profile: 'default' | 'strict', secrets: readonly string[]): Promise<Map<string, Buffer>> {
    const names = Object.fromEntries(planted.map((value, n) => [`uid-${n}`, value]));
    const collected = collectedWith((at) => planted[at] ?? '');
    const preview = await rig.preview(
      { redactionProfile: profile },
      { names, secrets, collected, previewId: `secrets-${profile}` },
    );
    const target = join(rig.folder, `${profile}.zip`);
    await rig.work.export(rig.exportOf(preview, target, `job-${profile}`), {});
    const folder = join(rig.folder, profile);
    mkdirSync(folder);
    execFileSync('unzip', ['-q', target, '-d', folder]);
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  }

  for (const profile of ['default', 'strict'] as const) {
    it(`none of ${plantedSecrets.length} × ${forms.length} is in any file of the profile ${profile}`, async () => {
      // Strict does not need to know them: names, keys and texts do not leave at all.
      const files = await unpacked(profile, profile === 'default' ? plantedSecrets : []);
      assert.equal(files.size, 12);
      const found: string[] = [];
      for (const [name, bytes] of files) {
        for (const core of cores()) if (bytes.includes(core.bytes)) found.push(`${core.name} in ${name}`);
      }
      assert.deepEqual(found.slice(0, 5), []);
      const lines = files.get('timeline.jsonl')?.toString().trimEnd().split('\n') ?? [];
      assert.equal(lines.length, planted.length);
    });
  }
});
