// A process that plans and runs one workflow and dies at a chosen point of the protocol: argv = directory, server, kind,
// point. The server is a port, or the nodes of a cluster with commas between them.
import { setTimeout as pause } from 'node:timers/promises';
import { withPoints } from './protocolPoints.ts';
import { workflowRig } from './workflowRig.ts';
import { planOf, type SweptKind } from './workflowSamples.ts';

const [directory = '', server = '', kind = '', point = '', build = '{}'] = process.argv.slice(2);
const dieAt = Number(point);
let crossed = 0;

/** One point of the protocol; the process ends here, as a crash would, when its number is up. */
function cross(): void {
  crossed += 1;
  if (crossed === dieAt) process.kill(process.pid, 'SIGKILL');
}

async function main(): Promise<void> {
  const rig = await workflowRig({
    directory,
    definition: server.includes(':') ? { cluster: { nodes: server.split(',') } } : { port: Number(server) },
    wrap: (parts) => withPoints(parts, cross),
    build: JSON.parse(build) as Exclude<Parameters<typeof workflowRig>[0]['build'], undefined>,
  });
  const plan = await rig.service.plan(planOf(kind as SweptKind));
  process.send?.({ planned: plan.runId });
  // The parent changes a few keys after the plan.
  await new Promise((resolve) => process.once('message', resolve));
  if (dieAt < 0) setTimeout(() => process.kill(process.pid, 'SIGKILL'), -dieAt);
  await rig.service.start({ runId: plan.runId });
  const run = await rig.service.wait(plan.runId);
  process.send?.({ ended: run.state, counts: run.counts, crossed });
  await pause(50);
  await rig.close();
  process.exit(0);
}

void main();
