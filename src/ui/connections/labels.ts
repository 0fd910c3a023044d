import type { ConnectionView } from '../../app/connections/connectionService.ts';
import type { Environment } from '../../domain/connections/definition.ts';
import { address, destination } from '../../domain/connections/fingerprint.ts';
import { problemLines } from '../../domain/connections/validate.ts';
import { display, displayShort } from '../../domain/display.ts';
import { formatDuration } from '../../domain/format.ts';

/** How a connection looks in a list: text only, so that trees, quick picks and tests share it. */
export interface ConnectionLabel {
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  /** Id of a codicon. */
  readonly icon: string;
  /** Id of a theme colour for the icon, where the state has one. */
  readonly iconColor?: string;
  /** Words for `when` clauses: `connection ready locked held`. */
  readonly contextValue: string;
  /** What a screen reader says. */
  readonly spoken: string;
}

export const environmentWords: Readonly<Record<Environment, string>> = {
  dev: 'DEV',
  staging: 'STAGING',
  prod: 'PROD',
  unknown: '?',
};

const spokenEnvironments: Readonly<Record<Environment, string>> = {
  dev: 'development',
  staging: 'staging',
  prod: 'production',
  unknown: 'environment not set, counts as production',
};

export function connectionLabel(view: ConnectionView): ConnectionLabel {
  const { summary } = view;
  const label = displayShort(summary.name, 60);
  return {
    label,
    description: descriptionOf(view),
    tooltip: tooltipLines(view).join('\n'),
    ...iconOf(view),
    contextValue: contextValueOf(view),
    spoken: [label, spokenEnvironments[summary.environment], stateWords(view), lockWords(view)]
      .filter((part) => part !== '')
      .join(', '),
  };
}

/** Text for surfaces that turn `$(name)` into icons: quick picks and the status bar. */
export function withoutIcons(text: string): string {
  return text.replaceAll('$(', '\\$(');
}

function descriptionOf(view: ConnectionView): string {
  const { summary, entry } = view;
  const parts = [
    summary.environment === 'dev' || !entry.usable ? '' : environmentWords[summary.environment],
    view.state.kind === 'ready' && entry.usable ? display(address(entry.definition)) : stateWords(view),
    view.state.kind === 'ready' && entry.usable && entry.definition.cluster === undefined
      ? `db ${entry.definition.db}`
      : '',
    lockWords(view),
    isHeld(view) ? 'review needed' : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** The state in words; a failure says its cause. */
export function stateWords(view: ConnectionView): string {
  const { state } = view;
  switch (state.kind) {
    case 'disconnected':
      return 'not connected';
    case 'connecting':
      return 'connecting…';
    case 'ready':
      return 'connected';
    case 'reconnecting':
      return `reconnecting, attempt ${state.attempt}, next in ${formatDuration(state.nextInMs)}`;
    case 'failed':
      return state.cause;
  }
}

/** `read-only`, `unlocked`, or nothing where writes are simply allowed. */
export function lockWords(view: ConnectionView): string {
  if (view.unlock !== undefined) return 'unlocked';
  return view.summary.readOnly && view.entry.usable ? 'read-only' : '';
}

function isHeld(view: ConnectionView): boolean {
  return view.entry.usable && view.entry.concerns.length > 0;
}

function contextValueOf(view: ConnectionView): string {
  const lock = view.unlock === undefined ? 'locked' : 'unlocked';
  const words = ['connection', view.state.kind];
  if (view.entry.usable && view.entry.definition.readOnly) words.push(lock);
  if (isHeld(view)) words.push('held');
  return words.join(' ');
}

function iconOf(view: ConnectionView): Pick<ConnectionLabel, 'icon' | 'iconColor'> {
  const { state } = view;
  if (state.kind === 'connecting' || state.kind === 'reconnecting') return { icon: 'sync~spin' };
  if (state.kind === 'failed') return { icon: 'error', iconColor: 'problemsErrorIcon.foreground' };
  if (isHeld(view)) return { icon: 'shield', iconColor: 'problemsWarningIcon.foreground' };
  if (view.unlock !== undefined) return { icon: 'unlock', iconColor: 'problemsWarningIcon.foreground' };
  if (state.kind === 'disconnected') return { icon: view.summary.readOnly ? 'lock' : 'circle-outline' };
  return view.summary.readOnly
    ? { icon: 'lock', iconColor: 'testing.iconPassed' }
    : { icon: 'circle-filled', iconColor: 'testing.iconPassed' };
}

const places: Readonly<Record<ConnectionView['summary']['scope'], string>> = {
  user: 'your user settings',
  workspace: 'the workspace settings',
  folder: 'the settings of its folder',
};

/** Everything worth knowing, one line each; plain text, because names and causes are not Markdown. */
export function tooltipLines(view: ConnectionView): readonly string[] {
  const { entry, server, summary, state } = view;
  const lines = [`${display(summary.name)} (${environmentWords[summary.environment]})`, stateWords(view)];
  if (!entry.usable) {
    lines.splice(1, 1, ...problemLines(entry.problems));
  } else {
    lines.push(display(destination(entry.definition)), `db ${entry.definition.db}`);
  }
  if (server && state.kind === 'ready') {
    lines.push(`Redis ${display(server.version)}, ${server.mode}, ${server.role}, user ${display(server.user)}`);
  }
  if (summary.unlockedUntil !== undefined) lines.push(`Unlocked until ${summary.unlockedUntil}`);
  else if (entry.usable && summary.readOnly) lines.push('Read-only: writes need an unlock with a reason.');
  if (entry.usable) {
    for (const concern of entry.concerns) lines.push(`Waits for your approval: ${concern.asks}.`);
    if (entry.definition.tls.enabled && !entry.definition.tls.rejectUnauthorized) {
      lines.push('The server certificate is not verified.');
    }
  }
  lines.push(`From ${places[summary.scope]}`);
  return lines;
}
