import type { CommandTimesQuery } from '../../../app/ports/stores.ts';
import { CommandTimesCounter, type CommandTimes } from '../../../domain/observability/commandTimes.ts';
import type { StoreEngine } from '../storeEngine.ts';
import { sampleTable } from './partContent.ts';
import { commandSamplesOfPart } from './repositories/observabilitySamples.ts';
import { holdsSamplesIn } from './storedSamples.ts';
import { isoMs } from './windows.ts';

/** Added up here, since a week of samples is tens of megabytes that nobody else needs. */
export function storedCommandTimes(history: StoreEngine, query: CommandTimesQuery): CommandTimes {
  const { connectionId, stepMs, most, courses } = query;
  const window = { from: isoMs(query.from), to: isoMs(query.to) };
  const counter = new CommandTimesCounter({ fromMs: Date.parse(window.from), toMs: Date.parse(window.to), stepMs });
  for (const part of history.eventParts(sampleTable)) {
    if (!holdsSamplesIn(part.content, window)) continue;
    const database = part.open();
    if (database === undefined) continue;
    for (const sample of commandSamplesOfPart(database, connectionId, window)) counter.add(sample);
  }
  return counter.result(most, courses);
}
