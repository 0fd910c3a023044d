import { display } from '../display.ts';
import { validationFailure } from '../failure.ts';
import { packEnvironments, packLimits, type ExecutionWindow, type PackContent, type PackEnvironment } from './pack.ts';
import { minuteOfDay, weekdays, type Weekday } from './week.ts';

export const packFields: ReadonlySet<string> = new Set([
  'name',
  'description',
  'environments',
  'maxWorkflowItems',
  'maxRetryAttempts',
  'schedulingEnabled',
  'executionWindows',
  'enabled',
]);
const windowFields: ReadonlySet<string> = new Set(['id', 'weekdays', 'startTime', 'endTime', 'timezone']);

/**
 * A pack that keeps every rule, with an id for each window.
 * @param path where the pack stands in what the caller gave, '' for the whole
 * @throws Failure VALIDATION_ERROR that names the field in `details.path` and the rule in its message
 */
export function checkPack(given: unknown, path = ''): PackContent {
  const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
  const pack = fieldsOf(given, path, packFields, 'a policy pack');
  const name = textField(pack['name'], at('name'), packLimits.nameLength);
  if (name.trim() === '') throw validationFailure(at('name'), 'A policy pack needs a name.');
  const description = pack['description'];
  const schedulingEnabled = flag(pack['schedulingEnabled'], at('schedulingEnabled'));
  const executionWindows = checkWindows(pack['executionWindows'], at('executionWindows'));
  if (schedulingEnabled && executionWindows.length === 0)
    throw validationFailure(
      at('executionWindows'),
      'Scheduling is on and there is no window, so nothing would ever be allowed. Add a window or turn scheduling off.',
    );
  return {
    name: name.trim(),
    ...(description === undefined
      ? {}
      : { description: textField(description, at('description'), packLimits.descriptionLength) }),
    environments: checkEnvironments(pack['environments'], at('environments')),
    maxWorkflowItems: whole(pack['maxWorkflowItems'], at('maxWorkflowItems'), 1, packLimits.items),
    maxRetryAttempts: whole(pack['maxRetryAttempts'], at('maxRetryAttempts'), 0, packLimits.retries),
    schedulingEnabled,
    executionWindows,
    enabled: flag(pack['enabled'], at('enabled')),
  };
}

/** Own fields of a plain object. `__proto__` and its like are fields as any other, so they are refused as unknown. */
export function fieldsOf(
  given: unknown,
  path: string,
  known: ReadonlySet<string>,
  what: string,
): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw validationFailure(path, `Here stands no ${what.replace(/^an? /, '')}, which is an object with fields.`);
  for (const field of Object.keys(given)) {
    if (known.has(field)) continue;
    const full = path === '' ? field : `${path}.${field}`;
    throw validationFailure(full, `\`${display(field)}\` is not a field of ${what}.`);
  }
  return Object.fromEntries(Object.entries(given));
}

function checkEnvironments(given: unknown, path: string): readonly PackEnvironment[] {
  const list = listOf(given, path);
  if (list.length === 0)
    throw validationFailure(path, 'A policy pack allows at least one environment: dev, staging or prod.');
  return list.map((entry, index) => {
    const known = packEnvironments.find((environment) => environment === entry);
    if (known === undefined)
      throw validationFailure(
        `${path}.${index}`,
        'An environment is dev, staging or prod; an unknown one matches no pack.',
      );
    if (list.indexOf(entry) !== index) throw validationFailure(`${path}.${index}`, `\`${known}\` is listed twice.`);
    return known;
  });
}

function checkWindows(given: unknown, path: string): readonly ExecutionWindow[] {
  const list = listOf(given, path);
  if (list.length > packLimits.windows)
    throw validationFailure(path, `A policy pack has at most ${packLimits.windows} windows.`);
  const ids = new Set<string>();
  const entries = list.map((entry, index) => fieldsOf(entry, `${path}.${index}`, windowFields, 'a window'));
  entries.forEach(({ id }, index) => {
    if (id === undefined) return;
    if (typeof id !== 'string' || !/^[\w.-]{1,64}$/.test(id))
      throw validationFailure(`${path}.${index}.id`, 'The id of a window is 1 to 64 letters, digits, dots, dashes.');
    if (ids.has(id)) throw validationFailure(`${path}.${index}.id`, 'Two windows have the same id.');
    ids.add(id);
  });
  return entries.map((window, index) => checkWindow(window, `${path}.${index}`, ids));
}

function checkWindow(window: Readonly<Record<string, unknown>>, path: string, ids: Set<string>): ExecutionWindow {
  const { startTime, endTime, timezone, id } = window;
  const days = checkWeekdays(window['weekdays'], `${path}.weekdays`);
  const start = typeof startTime === 'string' ? minuteOfDay(startTime) : null;
  const end = typeof endTime === 'string' ? minuteOfDay(endTime) : null;
  if (start === null)
    throw validationFailure(`${path}.startTime`, 'A start is a time such as 08:00, from 00:00 to 23:59.');
  if (startTime === '24:00')
    throw validationFailure(`${path}.startTime`, 'A window cannot start at 24:00; that is 00:00 of the next day.');
  if (end === null) throw validationFailure(`${path}.endTime`, 'An end is a time such as 16:00, from 00:00 to 24:00.');
  if (start === end)
    throw validationFailure(
      `${path}.endTime`,
      'A window ends at another time than it starts; a whole day is 00:00 to 24:00.',
    );
  if (timezone !== 'UTC') throw validationFailure(`${path}.timezone`, 'Windows are in UTC; the field says "UTC".');
  return {
    id: typeof id === 'string' ? id : freshId(ids),
    weekdays: days,
    startTime: startTime as string,
    endTime: endTime as string,
    timezone,
  };
}

function checkWeekdays(given: unknown, path: string): readonly Weekday[] {
  const list = listOf(given, path);
  if (list.length === 0)
    throw validationFailure(path, 'A window names at least one weekday, the one on which it starts.');
  const days = list.map((entry, index) => {
    const day = weekdays.find((weekday) => weekday === entry);
    if (day === undefined) throw validationFailure(`${path}.${index}`, `A weekday is one of ${weekdays.join(', ')}.`);
    if (list.indexOf(entry) !== index) throw validationFailure(`${path}.${index}`, `\`${day}\` is listed twice.`);
    return day;
  });
  return weekdays.filter((day) => days.includes(day));
}

function freshId(ids: Set<string>): string {
  let number = ids.size + 1;
  while (ids.has(`w${number}`)) number += 1;
  ids.add(`w${number}`);
  return `w${number}`;
}

function listOf(given: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(given)) throw validationFailure(path, 'Here stands a list.');
  return given as readonly unknown[];
}

function textField(given: unknown, path: string, longest: number): string {
  if (typeof given !== 'string') throw validationFailure(path, 'Here stands a text.');
  if (given.length > longest) throw validationFailure(path, `This text has at most ${longest} characters.`);
  return given;
}

function flag(given: unknown, path: string): boolean {
  if (typeof given !== 'boolean') throw validationFailure(path, 'Here stands true or false.');
  return given;
}

function whole(given: unknown, path: string, least: number, most: number): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= least && given <= most) return given;
  const bounds = `a whole number from ${least.toLocaleString('en-US')} to ${most.toLocaleString('en-US')}`;
  throw validationFailure(path, `This is ${bounds}; there is no value for "unlimited".`);
}
