import type { ConnectionService, ConnectionView } from '../../app/connections/connectionService.ts';
import { minutesProblem, reasonProblem } from '../../domain/connections/unlock.ts';
import { display } from '../../domain/display.ts';
import { askChoice, askText } from '../quickInput.ts';

/** Break-glass: a reason and minutes; nothing changes when the person dismisses either. */
export async function unlockAsPerson(service: ConnectionService, view: ConnectionView): Promise<void> {
  const title = `Unlock ${display(view.summary.name)} for writing`;
  const reason = await askText({
    title,
    prompt: 'Why? It stands in the timeline, for example "INC-204: clear poisoned cart".',
    validate: reasonProblem,
  });
  if (typeof reason !== 'string') return;
  const minutes = await askChoice({
    title,
    placeholder: 'For how long? It locks itself again.',
    active: 15,
    choices: [5, 15, 30, 60, 120]
      .map((value) => ({ label: `${value} minutes`, value }))
      .concat({ label: 'Other…', value: 0 }),
  });
  if (typeof minutes !== 'number') return;
  const exact = minutes === 0 ? await askMinutes(title) : minutes;
  if (exact !== undefined) await service.unlock(view.summary.uid, { reason, minutes: exact });
}

async function askMinutes(title: string): Promise<number | undefined> {
  const validate = (text: string) => minutesProblem(Number(text));
  const text = await askText({ title, prompt: 'Minutes, 1 to 120', validate });
  return typeof text === 'string' ? Number(text) : undefined;
}
