import type { AlertStore, Evaluation, EvaluationRequest } from '../../../../app/ports/alerts.ts';
import { giveWayOn } from '../../giveWay.ts';
import type { PortCalls } from '../../messages.ts';
import type { Transaction } from '../../transaction.ts';
import { backtestAlerts } from '../backtestAlerts.ts';
import { AlertEvaluator, type EvaluationWrites } from '../evaluateAlerts.ts';
import {
  addAlertEvent,
  alertEvents,
  areToastsDue,
  claimToasts,
  endEpisode,
  forgetOldAlerts,
  markAlertsRead,
  postponeToasts,
  raiseAlert,
  tellEvent,
  toastHolders,
  toastsShown,
  unreadAlerts,
} from '../repositories/alertEvents.ts';
import { alertRules, installStarters, publishRules, removeRule, saveRules } from '../repositories/alertRules.ts';
import { saveInstances, saveSnooze, snoozes } from '../repositories/alertStates.ts';
import { rollUpLooks } from '../repositories/engineRollups.ts';
import { requireLease } from '../repositories/leases.ts';
import type { Handlers, StoreParts } from './handlers.ts';

/** Name of the lease of the window that evaluates. */
const lease = 'alerts';

export function alertHandlers(parts: StoreParts): Handlers<PortCalls<'alerts', AlertStore>> {
  const { control, history } = parts;
  const evaluator = new AlertEvaluator();
  const giveWay = giveWayOn(parts.clock);
  return {
    'alerts.raise': (event, sameSince) => control.commit((tx) => raiseAlert(tx, event, sameSince)),
    'alerts.events': (query) => alertEvents(control.read(), query),
    'alerts.unread': () => unreadAlerts(control.read()),
    'alerts.markRead': (ids) => control.commit((tx) => markAlertsRead(tx, ids)),
    'alerts.rules': () => alertRules(control.read()),
    'alerts.saveRules': (rules) => control.commit((tx) => saveRules(tx, rules)),
    'alerts.removeRule': (id) => control.commit((tx) => removeRule(tx, id)),
    'alerts.installStarters': (rules) => control.commit((tx) => installStarters(tx, rules)),
    'alerts.publishRules': (root, rules) => control.commit((tx) => publishRules(tx, root, rules)),
    'alerts.evaluate': (request) => evaluate(parts, evaluator, request),
    'alerts.backtest': async (request) => {
      await parts.telemetry.settled();
      return backtestAlerts(() => history.read(), request, giveWay);
    },
    'alerts.snooze': ({ nowMs, ...snooze }) => control.commit((tx) => saveSnooze(tx, snooze, nowMs)),
    'alerts.snoozes': (nowMs) => snoozes(control.read(), nowMs),
    'alerts.claimToasts': (claim) =>
      areToastsDue(control.read(), claim) ? control.commit((tx) => claimToasts(tx, claim)) : [],
    'alerts.toastHolders': () => toastHolders(control.read()),
    'alerts.toastsShown': (ids) => control.commit((tx) => toastsShown(tx, ids)),
    'alerts.postponeToasts': (ids, untilMs) => control.commit((tx) => postponeToasts(tx, ids, untilMs)),
    'alerts.markDown': (connectionIds, atMs) =>
      history.commit((tx) =>
        rollUpLooks(
          tx,
          connectionIds.map((connectionId) => ({
            connectionId,
            atMs,
            look: { gauges: { connectionDown: 1 }, counters: {} },
          })),
        ),
      ),
  };
}

async function evaluate(
  { control, history, telemetry, clock }: StoreParts,
  evaluator: AlertEvaluator,
  request: EvaluationRequest,
): Promise<Evaluation> {
  await telemetry.settled();
  const stores = { control: control.read(), history: history.read() };
  const { evaluation, writes, accept } = evaluator.evaluate(stores, request, () => clock.monoMs());
  const { fence } = request;
  if (fence === null) return { ...evaluation, told: false, changed: false };
  const changed = hasWrites(writes);
  if (changed) {
    await control.commit((tx) => {
      requireLease(tx, lease, fence);
      write(tx, writes, request.nowMs);
    });
  }
  accept();
  return { ...evaluation, told: writes.events.length + writes.tell.length > 0, changed };
}

function hasWrites({ instances, events, tell, ended }: EvaluationWrites): boolean {
  return instances.size + events.length + tell.length + ended.length > 0;
}

function write(tx: Transaction, { instances, events, tell, ended }: EvaluationWrites, nowMs: number): void {
  saveInstances(tx, instances);
  for (const { event, toast } of events) addAlertEvent(tx, event, toast ? nowMs : null);
  if (events.length > 0) forgetOldAlerts(tx, nowMs);
  for (const { id, toast } of tell) tellEvent(tx, id, toast ? nowMs : null);
  for (const { id, to } of ended) endEpisode(tx, id, to);
}
