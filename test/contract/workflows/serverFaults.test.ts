// The server fails at every point of a run's protocol, in every way that servers do; resumed, the end is that of a run that
// nothing happened to.
import assert from 'node:assert/strict';
import { isFailure } from '../../../src/domain/failure.ts';
import type { RunCounts } from '../../../src/domain/workflows/definition.ts';
import type { WorkflowRun } from '../../../src/domain/workflows/views.ts';
import { withPoints } from '../../support/protocolPoints.ts';
import { ownFolder } from '../../support/processes.ts';
import { startRedis, type RedisBox } from '../../support/redisBox.ts';
import { waitFor } from '../../support/waiting.ts';
import { workflowRig, type WorkflowRig } from '../../support/workflowRig.ts';
import { drift, fillSix, planOf, type SweptKind } from '../../support/workflowSamples.ts';

/** `FAULTS=long`: every point of every kind for every fault. A run of all tests takes every so many of them. */
const long = process.env['FAULTS'] === 'long';

interface Fault {
  readonly name: string;
  /** Kinds that it can hit. */
  readonly kinds: readonly SweptKind[];
  /** Of so many points one, where not all are taken. */
  readonly step: number;
  happen(box: RedisBox, kind: SweptKind): unknown;
  /** What a person does about it. */
  repair(box: RedisBox, kind: SweptKind): unknown;
}

const all: readonly SweptKind[] = ['delete', 'ttl', 'warmup'];
const writes: Readonly<Record<SweptKind, string>> = { delete: 'unlink', ttl: 'pexpireat', warmup: 'set' };

const faults: readonly Fault[] = [
  { name: 'is killed', kinds: all, step: 4, happen: (box) => box.kill(), repair: (box) => box.restart() },
  { name: 'freezes', kinds: all, step: 5, happen: (box) => box.pause(), repair: (box) => box.resume() },
  {
    name: 'resets every connection',
    kinds: all,
    step: 3,
    happen: (box) => box.cli('client', 'kill', 'type', 'normal').catch(() => ''),
    repair: () => undefined,
  },
  {
    name: 'takes the right to write away',
    kinds: all,
    step: 3,
    happen: (box, kind) => box.cli('acl', 'setuser', 'default', `-${writes[kind]}`),
    repair: (box, kind) => box.cli('acl', 'setuser', 'default', `+${writes[kind]}`),
  },
  {
    name: 'runs out of memory',
    kinds: ['warmup'],
    step: 1,
    happen: (box) => box.cli('config', 'set', 'maxmemory', '1'),
    repair: (box) => box.cli('config', 'set', 'maxmemory', '0'),
  },
];

describe('a run whose server', function () {
  this.timeout(600_000);
  let box: RedisBox;

  before(async () => {
    const args = ['--enable-debug-command', 'yes', '--appendonly', 'yes', '--appendfsync', 'always'];
    box = await startRedis({ args });
  });
  after(() => box.stop());

  interface Ended {
    readonly counts: RunCounts;
    readonly digest: string;
    readonly crossed: number;
    readonly resumes: number;
  }

  /** One run of 300 items; `fault` happens at `point`. */
  async function runOnce(kind: SweptKind, point: number, fault: Fault | null): Promise<Ended> {
    await box.cli('flushall');
    await box.cli('eval', fillSix(300), '0');
    let crossed = 0;
    const rig = await workflowRig({
      directory: ownFolder('cachify-server-faults-'),
      definition: { port: box.port, timeoutMs: 800 },
      wrap: (parts) =>
        withPoints(parts, async () => {
          crossed += 1;
          if (crossed === point) await fault?.happen(box, kind);
        }),
    });
    try {
      const plan = await rig.service.plan(planOf(kind));
      await box.cli('eval', drift[kind], '0');
      const retry = { maxAttempts: 0, backoffMs: 10, strategy: 'fixed', abortOnErrorRate: 1 } as const;
      await rig.service.start({ runId: plan.runId, retry });
      let run = await rig.service.wait(plan.runId);
      await fault?.repair(box, kind);
      let resumes = 0;
      for (; run.state !== 'completed'; resumes++) {
        assert.ok(resumes < 3, `${run.state}: ${JSON.stringify(run.error)}`);
        run = await resumed(rig, run);
      }
      return { counts: run.counts, digest: await box.cli('debug', 'digest'), crossed, resumes };
    } finally {
      await rig.close();
    }
  }

  /** As a person would: again while the connection comes back, and with the name where it is asked. */
  async function resumed({ service }: WorkflowRig, run: WorkflowRun): Promise<WorkflowRun> {
    assert.ok(run.can.resume, `${run.state}: ${JSON.stringify(run.error)}`);
    let confirm: string | undefined;
    const next = await waitFor('the resume', 30_000, async () => {
      try {
        return await service.resume({ runId: run.id, ...(confirm === undefined ? {} : { confirm }) });
      } catch (error) {
        if (isFailure(error, 'BLOCKED') && error.details?.confirm !== undefined) confirm = 'Test';
        else if (!isFailure(error, 'CONNECTION_FAILED') && !isFailure(error, 'TIMEOUT')) throw error;
        return false;
      }
    });
    return service.wait(next.id);
  }

  const whole = new Map<SweptKind, Promise<Ended>>();
  const uninterrupted = (kind: SweptKind): Promise<Ended> => {
    const known = whole.get(kind) ?? runOnce(kind, 0, null);
    whole.set(kind, known);
    return known;
  };

  for (const fault of faults) {
    for (const kind of fault.kinds) {
      if (!long && kind === 'ttl') continue;
      it(`${fault.name} during ${kind}: ends the same from every point`, async () => {
        const wanted = await uninterrupted(kind);
        assert.ok(wanted.crossed > 20, `only ${wanted.crossed} points`);
        const step = long ? 1 : kind === 'delete' ? fault.step : fault.step * 3;
        let stopped = 0;
        let points = 0;
        for (let point = 1; point <= wanted.crossed; point += step) {
          const ended = await runOnce(kind, point, fault).catch((error: unknown) => {
            throw new Error(`point ${point} of ${wanted.crossed}`, { cause: error });
          });
          assert.deepEqual(ended.counts, wanted.counts, `point ${point}`);
          assert.equal(ended.digest, wanted.digest, `point ${point}`);
          points += 1;
          if (ended.resumes > 0) stopped += 1;
        }
        // A fault that never stopped a run would prove nothing.
        assert.ok(stopped > 0, 'no point stopped the run');
        console.log(`      ${points} of ${wanted.crossed} points, ${stopped} of them stopped the run`);
      });
    }
  }
});
