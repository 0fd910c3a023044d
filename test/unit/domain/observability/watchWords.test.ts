import assert from 'node:assert/strict';
import { watchSentences, type WatchedLoad } from '../../../../src/domain/observability/watchWords.ts';

const monitor = { source: 'monitor', seconds: 30 } as const;
const said = (load: Partial<WatchedLoad>, request: Parameters<typeof watchSentences>[1] = monitor): string =>
  watchSentences('Shop', request, { opsPerSecond: null, isProd: false, ...load }).join(' ');

describe('what a watch costs, in words', () => {
  it('says the rate of a server, and that an idle one hardly feels it', () => {
    assert.match(said({ opsPerSecond: 12_400 }), /^Shop runs 12,400 commands per second at this moment\./);
    assert.match(said({ opsPerSecond: 12_400 }), /25 to 75 % when measured\./);
    assert.match(said({ opsPerSecond: 3 }), /when measured; at this rate it will hardly be felt\./);
    assert.match(said({}), /^The server does not say how busy it is\. MONITOR cut .* when measured\./);
  });

  it('says the sum of a cluster, and who feels it first', () => {
    const primaries = [
      { node: '10.0.0.1:6379', opsPerSecond: 900 },
      { node: '10.0.0.2:6379', opsPerSecond: 2_100 },
      { node: '10.0.0.3:6379', opsPerSecond: 0 },
    ];
    const words = said({ opsPerSecond: 3_000, primaries });
    assert.match(words, /^Shop runs 3,000 commands per second at this moment, on 3 primaries together\./);
    assert.match(words, /The busiest is 10\.0\.0\.2:6379 with 2,100, 70 % of them\./);
    assert.match(words, /each pays this: together they will send about 3,000 lines per second, one for each command\./);
    assert.match(words, /10\.0\.0\.2:6379 will feel it first\./);
    assert.match(
      said({ opsPerSecond: 3_000, primaries }, { source: 'notifications', seconds: 30 }),
      /35 to 45 % when measured\. .* a message for each key that those commands change\./,
    );
  });

  it('calls a cluster idle only when none of its primaries is busy, and all of them say so', () => {
    const [a, b] = ['10.0.0.1:6379', '10.0.0.2:6379'];
    const idle = [a, b].map((node) => ({ node, opsPerSecond: 700 }));
    assert.match(said({ opsPerSecond: 1_400, primaries: idle }), /hardly be felt/);
    assert.doesNotMatch(said({ opsPerSecond: 1_400, primaries: idle }), /feel it first/);
    const silent = said({
      opsPerSecond: 5,
      primaries: [
        { node: a, opsPerSecond: 5 },
        { node: b, opsPerSecond: null },
      ],
    });
    assert.match(silent, /Not in this figure, since they do not say how busy they are: 10\.0\.0\.2:6379\./);
    assert.match(silent, /at least 5 lines per second/);
    assert.doesNotMatch(silent, /hardly be felt/);
    const none = said({
      primaries: [
        { node: a, opsPerSecond: null },
        { node: b, opsPerSecond: null },
      ],
    });
    assert.match(none, /^None of the 2 primaries of Shop says how busy it is\./);
    assert.match(
      said({ opsPerSecond: 0, primaries: [{ node: a, opsPerSecond: 0 }] }),
      /on 1 primary together\. MONITOR/,
    );
  });

  it('says when it is production', () => {
    assert.match(said({ isProd: true }), /production connection: ask yourself/);
    assert.doesNotMatch(said({}), /production/);
  });
});
