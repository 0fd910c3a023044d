import { displayShort } from '../display.ts';
import { formatDuration } from '../format.ts';
import type { AlertEvent } from './event.ts';
import { metricOf } from './metrics/registry.ts';
import { looksUp, type AlertRule } from './rule.ts';
import { starterOf } from './starters.ts';
import type { EpisodeMemory } from './state.ts';
import { valueText } from './words.ts';

/** What a rule fired on. */
export interface AlertSubject {
  readonly rule: AlertRule;
  /** `uid`. */
  readonly connectionId: string;
  readonly connectionName: string;
}

/** Deterministic: the window that takes over tells nobody twice. */
export function episodeEventId({ rule, connectionId }: AlertSubject, episode: EpisodeMemory): string {
  return `alert/${rule.id}/${connectionId}/${episode.firedMs}`;
}

/** The event that says that a rule fired. */
export function firedEvent(
  subject: AlertSubject,
  episode: EpisodeMemory,
  value: number | null,
  nowMs: number,
): AlertEvent {
  const { rule, connectionId } = subject;
  return {
    id: episodeEventId(subject, episode),
    ruleId: rule.id,
    connectionId,
    severity: rule.severity,
    title: titleOf(subject),
    message: firedMessage(rule, episode, value),
    source: 'rule',
    createdAt: iso(nowMs),
    read: false,
    episodeFrom: iso(episode.fromMs),
  };
}

export function flappingEvent(subject: AlertSubject, slotMs: number, nowMs: number): AlertEvent {
  const { rule, connectionId } = subject;
  return {
    id: `flapping/${rule.id}/${connectionId}/${slotMs}`,
    ruleId: rule.id,
    connectionId,
    severity: 'warning',
    title: `${titleOf(subject)} comes and goes`,
    message:
      'It fired and ended several times within half an hour. Nothing more is told of it until it has been quiet for an hour. ' +
      'A recovery threshold, or a longer time that it must be bad, makes a rule calmer.',
    source: 'rule',
    createdAt: iso(nowMs),
    read: false,
  };
}

/** What was found after VS Code was closed or asleep: one message, whatever changed meanwhile. */
export function digestEvent(
  {
    awayMs,
    resolved,
    firing,
  }: { readonly awayMs: number; readonly resolved: readonly string[]; readonly firing: readonly string[] },
  sinceMs: number,
  nowMs: number,
): AlertEvent {
  const parts = [
    resolved.length === 0 ? '' : `${resolved.length} resolved while nobody looked: ${resolved.join(', ')}.`,
    firing.length === 0 ? '' : `${firing.length} still firing: ${firing.join(', ')}.`,
  ].filter((part) => part !== '');
  return {
    id: `digest/${sinceMs}`,
    severity: 'info',
    title: `Alerts after ${formatDuration(awayMs)} away`,
    message: `${parts.join(' ')} When those that resolved did so is only known to lie between ${iso(sinceMs)} and ${iso(nowMs)}.`,
    source: 'rule',
    createdAt: iso(nowMs),
    read: false,
  };
}

export function titleOf({ rule, connectionName }: AlertSubject): string {
  return `${displayShort(rule.name)} on ${displayShort(connectionName)}`;
}

function firedMessage(rule: AlertRule, episode: EpisodeMemory, value: number | null): string {
  const metric = metricOf(rule.metric);
  const todo = starterOf(rule.id)?.action;
  const next = todo === undefined ? '' : ` ${todo}`;
  if (metric === undefined) return `${rule.metric} is not known.${next}`;
  const since = `since ${iso(episode.fromMs).slice(11, 16)} UTC`;
  if (value === null) return `${metric.title} cannot be read, which counts as bad for this rule, ${since}.${next}`;
  if (metric.unit === 'state') return `${metric.explanation.split('.')[0]}. It has been so ${since}.${next}`;
  const side = looksUp(rule.operator) ? 'above' : 'below';
  return `${metric.title} is ${valueText(metric, value)}, ${side} ${valueText(metric, rule.threshold)}, ${since}.${next}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
