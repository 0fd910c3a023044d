// What a preview and an export add to the memory of a window that has done little else, in a process of its own:
// `incidentMemory.ts FOLDER WORK warm|cold`. The first call with a WORK (a file) makes a preview and writes it there; the
// next one exports it. Prints megabytes.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { incidentsRig } from '../support/incidentsRig.ts';
import { dayOf } from './dayEvents.ts';
import { peakMemory } from './memory.ts';

async function main([folder = '', workPath = '', how = '']: readonly string[]): Promise<void> {
  const rig = await incidentsRig(folder);
  await rig.stores.connections.list();
  // As after somebody searched the timeline: the store holds as many parts as it ever does.
  if (how === 'warm') await rig.stores.history.timeline({ ...dayOf, text: 'no such text', limit: 10 });
  const { cut, estimated } = await rig.stores.incidents.cut(dayOf);
  let added: number;
  if (existsSync(workPath)) {
    const work = JSON.parse(readFileSync(workPath, 'utf8')) as Parameters<typeof rig.work.export>[0];
    ({ added } = await peakMemory(() => rig.work.export(work, {})));
    rmSync(work.target);
  } else {
    const made = await peakMemory(() => rig.preview(dayOf, { cut, estimated }));
    ({ added } = made);
    writeFileSync(workPath, JSON.stringify(rig.exportOf(made.value, join(rig.folder, 'memory.zip'))));
  }
  await rig.close();
  console.log(added.toFixed(1));
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
