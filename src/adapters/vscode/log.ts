import type { LogOutputChannel } from 'vscode';
import type { Log, LogFields } from '../../app/ports/environment.ts';

const allowed: readonly (keyof LogFields)[] = [
  'connectionId',
  'action',
  'code',
  'kind',
  'command',
  'count',
  'ms',
  'state',
  'version',
];

/** One line per event in the output channel; only listed fields, and only words and numbers in them. */
export function vscodeLog(channel: LogOutputChannel): Log {
  return {
    info: (event, fields) => channel.info(line(event, fields)),
    warn: (event, fields) => channel.warn(line(event, fields)),
    error: (event, fields) => channel.error(line(event, fields)),
  };
}

/** The type says what may be logged; this holds also when a value got through as something else. */
export function line(event: string, fields: LogFields = {}): string {
  const parts = allowed.flatMap((name) => {
    const value = fields[name];
    if (typeof value === 'number') return [`${name}=${value}`];
    if (typeof value !== 'string') return [];
    return [`${name}=${/^[\w.:|-]{1,64}$/.test(value) ? value : '(withheld)'}`];
  });
  return [event, ...parts].join(' ');
}
