// Runs of workflows in a process of their own, which is killed at a chosen point of the protocol.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { RunCounts } from '../../src/domain/workflows/definition.ts';
import { ownFolder } from './processes.ts';
import { projectRoot } from './root.ts';
import type { StoreBuild } from './storeBuild.ts';
import type { SweptKind } from './workflowSamples.ts';

export interface ChildEnd {
  readonly runId: string;
  readonly killed: boolean;
  readonly counts?: RunCounts;
  /** Points of the protocol that it came to. */
  readonly crossed: number;
}

export interface ChildRun {
  readonly directory: string;
  /** A port, or the nodes of a cluster with commas between them. */
  readonly server: string;
  readonly kind: SweptKind;
  /** 0 = to the end; below 0 = after so many milliseconds. */
  readonly point: number;
  readonly store: StoreBuild;
  /** What others do between the plan and the run. */
  readonly planned: () => Promise<unknown>;
}

/** The program of `runChild`. */
export async function buildChild(): Promise<string> {
  const outfile = join(ownFolder('cachify-child-'), 'workflowChild.cjs');
  await build({
    entryPoints: [join(projectRoot(), 'test/support/workflowChild.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['esbuild'],
    logLevel: 'warning',
  });
  return outfile;
}

export function runChild(program: string, run: ChildRun): Promise<ChildEnd> {
  const { directory, server, kind, point, store, planned } = run;
  return new Promise((resolve, reject) => {
    const started = fork(program, [directory, server, kind, String(point), JSON.stringify(store)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
      env: { ...process.env, NODE_PATH: join(projectRoot(), 'node_modules') },
    });
    let end: ChildEnd = { runId: '', killed: false, crossed: 0 };
    started.on('message', (message: { planned?: string; counts?: RunCounts; crossed?: number }) => {
      if (message.planned !== undefined) {
        end = { ...end, runId: message.planned };
        planned().then(() => started.send('go'), reject);
      } else end = { ...end, ...(message.counts && { counts: message.counts }), crossed: message.crossed ?? 0 };
    });
    started.on('exit', (_code, signal) => resolve({ ...end, killed: signal === 'SIGKILL' }));
    started.on('error', reject);
  });
}
