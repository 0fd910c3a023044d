import type { StateRow, StoredRule } from '../../../app/ports/alerts.ts';
import type { ConnectionRecord } from '../../../app/ports/stores.ts';
import { episodeEventId, type AlertSubject } from '../../../domain/alerts/messages.ts';
import type { AlertInstance } from '../../../domain/alerts/state.ts';

/** A rule that is in order on a connection. */
export function plainState(rule: StoredRule, connection: ConnectionRecord, value: number | null): StateRow {
  return {
    ruleId: rule.id,
    connectionId: connection.uid,
    state: 'normal',
    sinceMs: Date.parse(rule.updatedAt),
    value,
    overlay: null,
    elapsedMs: 0,
    unverifiedSinceMs: null,
    flapping: false,
    mutedBy: null,
    snoozedUntilMs: null,
    episode: null,
  };
}

/** What is remembered of a rule on a connection, as windows see it. */
export function stateRow(
  subject: AlertSubject,
  instance: AlertInstance,
  shown: number | null,
  muted: string | null,
  snoozedUntilMs: number | null,
): StateRow {
  const { episode } = instance;
  return {
    ruleId: subject.rule.id,
    connectionId: subject.connectionId,
    state: instance.state,
    sinceMs: instance.sinceMs,
    value: shown,
    overlay: instance.overlay,
    elapsedMs: instance.elapsedMs,
    unverifiedSinceMs: instance.unverifiedSinceMs,
    flapping: instance.flappingSinceMs !== null,
    mutedBy: muted,
    snoozedUntilMs,
    episode:
      episode === null
        ? null
        : { eventId: episodeEventId(subject, episode), fromMs: episode.fromMs, firedMs: episode.firedMs },
  };
}
