import type { AlertEvent } from '../../domain/alerts/event.ts';
import { metricOf } from '../../domain/alerts/metrics/registry.ts';
import type { AlertRule } from '../../domain/alerts/rule.ts';
import { starterOf } from '../../domain/alerts/starters.ts';
import type { AlertState } from '../../domain/alerts/views.ts';
import { ruleDuration, ruleSentence, valueText } from '../../domain/alerts/words.ts';
import { displayShort } from '../../domain/display.ts';
import { formatDuration } from '../../domain/format.ts';

/** Muted for longer than this is muted until somebody ends it. */
export const mutedMs = 180 * 24 * 3600_000;

/** "4 min · 31 ms" and what a person should know about it. */
export function stateLine(state: AlertState, rule: AlertRule, connection: string, nowMs: number): string {
  const parts = [connection, ...stateFacts(state, rule, nowMs)];
  return parts.filter((part) => part !== '').join(' · ');
}

function stateFacts(state: AlertState, rule: AlertRule, nowMs: number): string[] {
  const metric = metricOf(rule.metric);
  const value =
    state.value === undefined || metric === undefined || metric.unit === 'state' ? '' : valueText(metric, state.value);
  const lasts = formatDuration(Math.max(0, nowMs - Date.parse(state.episodeFrom ?? state.since)));
  const facts = [value, lasts];
  if (state.state === 'pending') facts.push(`fires after ${ruleDuration(rule.forSeconds)}`);
  if (state.state === 'recovering') facts.push('recovering');
  if (state.unverifiedSince !== undefined) facts.push('not verified');
  if (state.reason !== undefined) facts.push(state.reason);
  if (state.flapping === true) facts.push('flapping');
  if (state.mutedBy !== undefined) facts.push('muted by another alert');
  if (state.snoozedUntil !== undefined) facts.push(snoozeText(state.snoozedUntil, nowMs));
  return facts;
}

function snoozeText(until: string, nowMs: number): string {
  const leftMs = Date.parse(until) - nowMs;
  return leftMs > mutedMs ? 'muted' : `snoozed for ${formatDuration(leftMs)}`;
}

const signs: Readonly<Record<AlertRule['operator'], string>> = { '>': '>', '>=': '≥', '<': '<', '<=': '≤' };

/** "> 25 ms for 2 minutes", or why it judges nothing. */
export function ruleLine(rule: AlertRule, states: readonly AlertState[], nameOf: (id: string) => string): string {
  const metric = metricOf(rule.metric);
  if (metric === undefined) return 'unknown metric';
  const limit = metric.unit === 'state' ? '' : `${signs[rule.operator]} ${valueText(metric, rule.threshold)}`;
  const lasts = rule.forSeconds === 0 ? '' : `for ${ruleDuration(rule.forSeconds)}`;
  const origin = { own: '', starter: '', settings: 'in settings' }[rule.origin];
  const problem = rule.enabled ? overlayText(states, nameOf) : 'off';
  return [[limit, lasts].filter((part) => part !== '').join(' '), problem, origin]
    .filter((part) => part !== '')
    .join(' · ');
}

function overlayText(states: readonly AlertState[], nameOf: (id: string) => string): string {
  const lacking = states.filter(({ reason }) => reason?.startsWith('not available here') === true);
  const [only] = lacking;
  if (only === undefined) return '';
  if (lacking.length === 1) return `not available on ${nameOf(only.connectionId)}`;
  return `not available on ${lacking.length >= 25 ? 'many' : lacking.length} connections`;
}

/** All that a person may want to know of a rule, as plain lines. */
export function ruleTooltip(rule: AlertRule, states: readonly AlertState[], nameOf: (id: string) => string): string {
  const about = starterOf(rule.id);
  const lines = [
    displayShort(rule.name),
    ruleSentence(rule, nameOf),
    ...(rule.origin === 'settings' ? ['It stands in the setting cachify.alertRules and is changed there.'] : []),
    ...(about === undefined ? [] : ['', about.why, `What to do: ${about.action}`, `Source: ${about.source}`]),
    ...states.flatMap(({ reason, connectionId }) =>
      reason === undefined ? [] : [`${nameOf(connectionId)}: ${reason}`],
    ),
  ];
  return lines.join('\n');
}

/** One text for one message about one or several alerts. */
export function toastText(events: readonly AlertEvent[], connection: string | undefined): string {
  const [only] = events;
  if (only !== undefined && events.length === 1) return `${only.title}. ${only.message}`;
  const where = connection === undefined ? '' : ` on ${connection}`;
  return `${events.length} critical alerts${where}: ${events.map(({ title }) => title).join('; ')}.`;
}
