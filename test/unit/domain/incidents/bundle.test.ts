import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { BundleEntry } from '../../../../src/domain/incidents/definition.ts';
import {
  contentText,
  manifestPath,
  parseSums,
  sumsPath,
  sumsText,
  verdictOf,
  type FoundBundle,
} from '../../../../src/domain/incidents/manifest.ts';
import { bundlePage, embeddedJson } from '../../../../src/domain/incidents/page.ts';
import { PageGathering, type PageData } from '../../../../src/domain/incidents/pageData.ts';
import { infoFacts, unusualSettings } from '../../../../src/domain/incidents/serverFacts.ts';
import { parseInfo } from '../../../../src/domain/redis/info.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const contents: Readonly<Record<string, string>> = {
  'alerts.json': '{}',
  'timeline.jsonl': '{"a":1}\n',
  'README.md': '#',
};
const entries: BundleEntry[] = Object.entries(contents).map(([path, text]) => ({
  path,
  sha256: sha256(text),
  bytes: text.length,
  records: 0,
}));

/** A bundle of these files as a reader finds it, with changes. */
function found(change: Readonly<Record<string, string | null>> = {}, more: Partial<FoundBundle> = {}): FoundBundle {
  const manifest = JSON.stringify({ entries, contentSha256: sha256(contentText(entries)) });
  const sums = sumsText([...entries, { path: manifestPath, sha256: sha256(manifest) }]);
  const files: Record<string, string | null> = { ...contents, [manifestPath]: manifest, [sumsPath]: sums, ...change };
  return {
    files: Object.entries(files).flatMap(([path, text]) =>
      text === null ? [] : [{ path, sha256: sha256(text), damaged: false }],
    ),
    structureIsWhole: true,
    manifest: files[manifestPath] ?? undefined,
    sums: files[sumsPath] ?? undefined,
    ...more,
  };
}

describe('the verdict on a bundle', () => {
  const verdict = (bundle: FoundBundle) => verdictOf(bundle, sha256);

  it('is ok when every file is what its witnesses say', () => {
    assert.deepEqual(verdict(found()), { ok: true, differing: [], missing: [], added: [] });
  });

  it('names what differs, is missing, was added', () => {
    assert.deepEqual(verdict(found({ 'alerts.json': '[]' })).differing, ['alerts.json']);
    assert.deepEqual(verdict(found({ 'alerts.json': null })).missing, ['alerts.json']);
    assert.deepEqual(verdict(found({ 'extra.txt': 'x' })).added, ['extra.txt']);
    assert.deepEqual(verdict(found({ [sumsPath]: null })).missing, [sumsPath]);
  });

  it('tells a damaged witness from a damaged file', () => {
    const sums = found().sums ?? '';
    const flipped = sums.replace(entries[0]?.sha256 ?? '', sha256('another'));
    assert.deepEqual(verdict(found({ [sumsPath]: flipped })).differing, [sumsPath]);
    assert.deepEqual(verdict(found({ [sumsPath]: 'no sums' })).differing.includes(sumsPath), true);
    const manifest = (found().manifest ?? '').replace('"bytes":2', '"bytes":3');
    assert.deepEqual(verdict(found({ [manifestPath]: manifest })).differing, [manifestPath]);
    assert.deepEqual(verdict(found({ [manifestPath]: '{' })).differing, [manifestPath]);
  });

  it('says archive when only the zip around the files is another', () => {
    assert.deepEqual(verdict(found({}, { structureIsWhole: false })).differing, ['archive']);
  });

  it('reads its own sums and no others', () => {
    assert.equal(parseSums(sumsText(entries))?.size, 3);
    for (const text of ['x', `${sha256('a')}  a`, `${sha256('a')} a\n`, `${sha256('a')}  ../a\n`]) {
      assert.equal(parseSums(text), undefined, text);
    }
  });

  it('hashes the content in one order, whatever order the files come in', () => {
    assert.equal(contentText(entries), contentText(entries.toReversed()));
  });
});

describe('the page of a bundle', () => {
  it('embeds data that cannot end its element', () => {
    const text = embeddedJson(JSON.stringify({ name: '</script><!--<script>\u2028&' }));
    assert.doesNotMatch(text, /[<>&\u2028]/);
    assert.deepEqual(JSON.parse(text), { name: '</script><!--<script>\u2028&' });
  });

  it('allows its own script and style by their hashes, and nothing else', () => {
    const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
    const page = [...bundlePage({ script: 'go()', style: 'p {}', sha256Base64: hash }, ['{', '}'])].join('');
    assert.ok(page.includes(`script-src 'sha256-${hash('go()')}'`));
    assert.ok(page.includes(`style-src 'sha256-${hash('p {}')}'`));
    assert.match(page, /default-src 'none'/);
    assert.doesNotMatch(page, /unsafe|https?:/);
  });

  it('gathers counts of all and the newest lines, in order of time', () => {
    const gathering = new PageGathering('2026-01-01T00:00:00.000Z', '2026-01-01T02:00:00.000Z');
    const count = 30_000;
    for (let n = 0; n < count; n++) {
      const at = new Date(Date.UTC(2026, 0, 1) + ((n * 7919) % count) * 240).toISOString();
      gathering.event(`{"at":"${at}"}`, at, n % 3 === 0 ? 'error' : 'success');
    }
    const { buckets, events, profile } = JSON.parse(
      [...gathering.dataPieces({ profile: 'strict' } as never)].join(''),
    ) as PageData;
    assert.equal(profile, 'strict');
    assert.equal(buckets.length, 120);
    assert.equal(
      buckets.reduce((sum, { success, error, blocked }) => sum + success + error + blocked, 0),
      count,
    );
    assert.ok(buckets.every(({ success, error }) => success + error === count / 120));
    assert.equal(events.of, count);
    assert.equal(events.shown.length, 10_000);
    const times = events.shown.map((event) => (event as { at: string }).at);
    assert.deepEqual(times, times.toSorted());
  });

  it('keeps the newest of long lines by what they take', () => {
    const gathering = new PageGathering('2026-01-01T00:00:00.000Z', '2026-01-01T02:00:00.000Z');
    const filler = 'x'.repeat(100_000);
    for (let n = 0; n < 500; n++) {
      const at = new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
      gathering.event(`{"at":"${at}","key":"${filler}"}`, at, 'success');
    }
    const text = [...gathering.dataPieces({ profile: 'strict' } as never)].join('');
    const { events } = JSON.parse(text) as PageData;
    assert.equal(events.of, 500);
    assert.equal(events.shown.length, 39);
    assert.equal((events.shown.at(-1) as { at: string }).at, '2026-01-01T00:08:19.000Z');
  });
});

describe('what servers say', () => {
  it('leaves out names, paths, addresses and hashes of INFO', () => {
    const info = parseInfo(
      'redis_version:7.0.15\r\nexecutable:/opt/redis\r\nslave0:ip=10.0.0.1\r\nrun_id:abc\r\nused_memory:12\r\n',
    );
    assert.deepEqual(infoFacts(info), { redis_version: '7.0.15', used_memory: '12' });
  });

  it('names the settings that are not as Redis is delivered, and no secret ones', () => {
    const settings = new Map([
      ['maxmemory', '1024'],
      ['hz', '10'],
      ['requirepass', 'secret'],
    ]);
    assert.deepEqual(unusualSettings(settings), [{ name: 'maxmemory', value: '1024', usual: '0' }]);
  });
});
