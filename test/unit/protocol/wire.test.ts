import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod/mini';
import { Failure, isFailure } from '../../../src/domain/failure.ts';
import { event, request, type Handlers } from '../../../src/protocol/contract.ts';
import { messageLimits } from '../../../src/protocol/limits.ts';
import { connect, serve, type Endpoint } from '../../../src/protocol/wire.ts';

const contract = {
  requests: {
    double: request<number>()(z.strictObject({ n: z.number() })),
    wait: request<string>()(z.strictObject({})),
    fail: request<void>()(z.strictObject({})),
  },
  events: { tick: event<{ readonly at: number }>() },
} as const;

type Listener = (message: unknown) => void;

/** Two endpoints that hand each other structured clones, as a webview does. */
function pair(): { host: Endpoint; page: Endpoint; toHost: (message: unknown) => void; toPage: unknown[] } {
  const hostSide = new Set<Listener>();
  const pageSide = new Set<Listener>();
  const toPage: unknown[] = [];
  const listenOn = (set: Set<Listener>) => (receive: Listener) => {
    set.add(receive);
    return { dispose: () => void set.delete(receive) };
  };
  const deliver = (set: Set<Listener>, message: unknown): void => {
    const copy: unknown = structuredClone(message);
    for (const receive of set) receive(copy);
  };
  return {
    host: {
      post: (message) => {
        toPage.push(message);
        queueMicrotask(() => deliver(pageSide, message));
      },
      listen: listenOn(hostSide),
    },
    page: { post: (message) => queueMicrotask(() => deliver(hostSide, message)), listen: listenOn(pageSide) },
    toHost: (message) => deliver(hostSide, message),
    toPage,
  };
}

interface Recorder {
  readonly calls: string[];
  readonly signals: AbortSignal[];
  readonly handlers: Handlers<typeof contract>;
}

function recorder(): Recorder {
  const calls: string[] = [];
  const signals: AbortSignal[] = [];
  return {
    calls,
    signals,
    handlers: {
      double: ({ n }) => {
        calls.push('double');
        return n * 2;
      },
      wait: (_input, signal) => {
        calls.push('wait');
        signals.push(signal);
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Failure('CANCELLED', 'Cancelled.'))),
        );
      },
      fail: () => {
        calls.push('fail');
        throw new Failure('BLOCKED', 'Read-only.', {
          retryable: true,
          details: { confirm: 'Shop' },
          nextAction: 'Unlock.',
        });
      },
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('wire', () => {
  it('answers requests and carries failures whole', async () => {
    const wire = pair();
    serve(wire.host, contract, recorder().handlers);
    const page = connect<typeof contract>(wire.page, 'p');
    assert.deepEqual(await Promise.all([page.request('double', { n: 2 }), page.request('double', { n: 3 })]), [4, 6]);
    const failure = await page.request('fail', {}).catch((error: unknown) => error);
    assert.ok(isFailure(failure, 'BLOCKED'));
    assert.deepEqual(failure.toJSON(), {
      code: 'BLOCKED',
      message: 'Read-only.',
      retryable: true,
      details: { confirm: 'Shop' },
      nextAction: 'Unlock.',
    });
  });

  it('hides what an unforeseen error says', async () => {
    const wire = pair();
    const broken = { ...recorder().handlers, double: () => Promise.reject(new TypeError('password=hunter2')) };
    serve(wire.host, contract, broken);
    const failure = await connect<typeof contract>(wire.page, 'p')
      .request('double', { n: 1 })
      .catch((error: unknown) => error);
    assert.ok(isFailure(failure, 'INTERNAL_ERROR'));
    assert.doesNotMatch(JSON.stringify(wire.toPage), /hunter2/);
  });

  it('turns an abort into a cancel, on both sides', async () => {
    const wire = pair();
    const { handlers, signals } = recorder();
    serve(wire.host, contract, handlers);
    const abort = new AbortController();
    const asked = connect<typeof contract>(wire.page, 'p').request('wait', {}, abort.signal);
    await settled();
    abort.abort();
    await assert.rejects(asked, { code: 'CANCELLED' });
    await settled();
    assert.equal(signals[0]?.aborted, true);
    assert.deepEqual(wire.toPage, [], 'a cancelled request gets no late answer');
  });

  it('rejects what is pending when the page goes, and aborts what runs when the host goes', async () => {
    const wire = pair();
    const { handlers, signals } = recorder();
    const served = serve(wire.host, contract, handlers);
    const page = connect<typeof contract>(wire.page, 'p');
    const asked = page.request('wait', {});
    await settled();
    page.dispose();
    await assert.rejects(asked, { code: 'CANCELLED' });
    await assert.rejects(page.request('double', { n: 1 }), { code: 'CANCELLED' });
    served.dispose();
    assert.equal(signals[0]?.aborted, true);
    served.emit('tick', { at: 1 });
    assert.deepEqual(wire.toPage, []);
  });

  it('cancels what an earlier load of the page asked, and never answers the next load with it', async () => {
    const wire = pair();
    const { handlers, signals } = recorder();
    serve(wire.host, contract, handlers);
    void connect<typeof contract>(wire.page, 'first')
      .request('wait', {})
      .catch(() => undefined);
    await settled();
    assert.equal(await connect<typeof contract>(wire.page, 'second').request('double', { n: 21 }), 42);
    assert.equal(signals[0]?.aborted, true);
  });

  it('delivers events until their listener is disposed', async () => {
    const wire = pair();
    const served = serve(wire.host, contract, recorder().handlers);
    const seen: number[] = [];
    const listening = connect<typeof contract>(wire.page, 'p').on('tick', ({ at }) => seen.push(at));
    served.emit('tick', { at: 1 });
    await settled();
    listening.dispose();
    served.emit('tick', { at: 2 });
    await settled();
    assert.deepEqual(seen, [1]);
  });

  it('bounds how much a page can keep running', async () => {
    const wire = pair();
    const { handlers, calls } = recorder();
    const served = serve(wire.host, contract, handlers);
    for (let n = 0; n < 100; n++) wire.toHost({ cachify: 1, id: `p.${n}`, kind: 'request', name: 'wait', body: {} });
    assert.equal(calls.length, 64);
    assert.equal(served.refused, 36);
  });

  describe('what a page must not get through', () => {
    const envelope = { cachify: 1, id: 'p.1', kind: 'request', name: 'double', body: { n: 1 } };
    const deep = (levels: number): unknown => (levels === 0 ? 1 : { inner: deep(levels - 1) });
    const wrong: Record<string, unknown> = {
      nothing: undefined,
      text: 'double',
      'another protocol': { ...envelope, cachify: 2 },
      'no id': { ...envelope, id: undefined },
      'a kind of its own': { ...envelope, kind: 'response' },
      'a name of the prototype': { ...envelope, name: '__proto__' },
      'a method of Object': { ...envelope, name: 'hasOwnProperty' },
      'an unknown name': { ...envelope, name: 'drop' },
      'a wrong type': { ...envelope, body: { n: '1' } },
      'an additional field': { ...envelope, body: { n: 1, more: 1 } },
      'a polluting field': { ...envelope, body: JSON.parse('{"n":1,"__proto__":{"x":1}}') as unknown },
      'ten megabytes': { ...envelope, body: { n: 1, text: 'x'.repeat(10 * messageLimits.characters) } },
      'a long array': { ...envelope, body: { n: Array.from({ length: messageLimits.values * 10 }, () => 0) } },
      'deep nesting': { ...envelope, body: deep(messageLimits.depth + 5) },
      'a huge buffer': { ...envelope, body: { n: new Uint8Array(messageLimits.characters * 2) } },
    };
    for (const [what, message] of Object.entries(wrong)) {
      it(`refuses ${what}`, () => {
        const wire = pair();
        const { handlers, calls } = recorder();
        const served = serve(wire.host, contract, handlers);
        wire.toHost(message);
        assert.deepEqual(calls, []);
        assert.equal(served.refused, 1);
      });
    }

    it('refuses any other message, counts it, and does nothing', () => {
      const wire = pair();
      const { handlers, calls } = recorder();
      const served = serve(wire.host, contract, handlers);
      const almost = fc.record(
        {
          cachify: fc.oneof(fc.constant(1), fc.anything()),
          id: fc.oneof(fc.string(), fc.anything()),
          kind: fc.oneof(fc.constantFrom('request', 'response', 'failure', 'event'), fc.anything()),
          name: fc.oneof(fc.constantFrom('double', '__proto__', 'constructor', 'toString'), fc.string()),
          body: fc.anything({ withNullPrototype: true, withTypedArray: true, maxDepth: 4 }),
        },
        { requiredKeys: [] },
      );
      let sent = 0;
      fc.assert(
        fc.property(fc.oneof(fc.anything(), almost), (message) => {
          wire.toHost(message);
          sent += 1;
        }),
        { numRuns: 1500 },
      );
      assert.deepEqual(calls, []);
      assert.equal(served.refused, sent);
    });
  });
});
