import type { ConnectionView } from '../../app/connections/connectionService.ts';
import { displayShort } from '../../domain/display.ts';
import { environmentWords, lockWords, stateWords, tooltipLines, withoutIcons } from './labels.ts';

/** What the one status bar item says. */
export interface StatusText {
  readonly text: string;
  readonly tooltip: string;
  readonly spoken: string;
  /** Only for production: the one colour of ours in the status bar. */
  readonly warns: boolean;
}

/** `leftMs` = rest of a running unlock. Undefined = no item, because no connection is in use. */
export function statusText(view: ConnectionView | undefined, leftMs: number): StatusText | undefined {
  if (view === undefined || view.state.kind === 'disconnected') return undefined;
  const { summary } = view;
  const environment = environmentWords[summary.environment];
  const name = displayShort(summary.name, 30);
  const state = view.state.kind === 'ready' ? '' : shortState(view);
  const lock = view.unlock === undefined ? lockWords(view) : `unlocked ${countdown(leftMs)}`;
  return {
    text: `$(${iconOf(view)}) ${[environment, withoutIcons(name), state, lock].filter((part) => part !== '').join(' · ')}`,
    tooltip: [...tooltipLines(view), '', 'Click to switch the active connection.'].join('\n'),
    spoken: `Cachify: ${name}, ${environment}, ${stateWords(view)}${lock === '' ? '' : `, ${lock}`}`,
    warns: summary.environment === 'prod',
  };
}

function shortState(view: ConnectionView): string {
  return view.state.kind === 'failed' ? 'failed' : (stateWords(view).split(',', 1)[0] ?? '');
}

function iconOf(view: ConnectionView): string {
  if (view.state.kind === 'failed') return 'error';
  if (view.state.kind !== 'ready') return 'sync~spin';
  if (view.unlock !== undefined) return 'unlock';
  return view.summary.readOnly ? 'lock' : 'database';
}

/** `14:32`; the seconds are rounded up, so that `0:00` is never shown while writes are allowed. */
export function countdown(leftMs: number): string {
  const seconds = Math.ceil(Math.max(0, leftMs) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
