import { commands, type Disposable, type Uri } from 'vscode';
import type { AlertService } from '../../app/alerts/alertService.ts';
import type { WatchedConnections } from '../../app/observability/watched.ts';
import { isoTime, type Clock } from '../../app/ports/clock.ts';
import type { Log, Settings } from '../../app/ports/environment.ts';
import { draftOf, freeName } from '../../domain/alerts/exchange.ts';
import { metricOf } from '../../domain/alerts/metrics/registry.ts';
import type { AlertRule, AlertRuleDraft } from '../../domain/alerts/rule.ts';
import { display } from '../../domain/display.ts';
import type {
  AlertRuleContract,
  BacktestRange,
  RuleAct,
  RuleSaved,
  RuleSnapshot,
  RuleTest,
} from '../../protocol/alertRule.ts';
import type { RequestIn } from '../../protocol/contract.ts';
import type { AlertsModel } from '../alerts/alertsModel.ts';
import { episodeRange } from '../alerts/places.ts';
import { panelTypes, type CommandId } from '../contributions.ts';
import { RuleNode } from '../trees/alertNodes.ts';
import { SinglePanel, type OpenPage, type PageSession } from './panel.ts';
import { SnapshotPush } from './snapshotPush.ts';

export interface AlertRulePanelParts {
  readonly extensionUri: Uri;
  readonly service: AlertService;
  readonly model: AlertsModel;
  readonly connections: WatchedConnections;
  readonly settings: Pick<Settings, 'number'>;
  readonly clock: Clock;
  readonly log: Log;
}

const hourMs = 3600_000;
const rangeMs: Readonly<Record<BacktestRange, number>> = {
  '1h': hourMs,
  '6h': 6 * hourMs,
  '24h': 24 * hourMs,
  '7d': 7 * 24 * hourMs,
  '30d': 30 * 24 * hourMs,
};

/** The panel of one alert rule: its form, its sentence, its metric's history, and what it would have done. */
export class AlertRulePanel implements Disposable {
  readonly #parts: AlertRulePanelParts;
  readonly #panel: SinglePanel<AlertRuleContract>;
  readonly #watching: Disposable;
  readonly #push: SnapshotPush<RuleSnapshot | null>;
  /** undefined = nothing was opened in this session; null = a new rule. */
  #ruleId: string | null | undefined;

  constructor(parts: AlertRulePanelParts) {
    this.#parts = parts;
    this.#push = new SnapshotPush({
      clock: parts.clock,
      log: parts.log,
      panel: panelTypes.alertRule,
      snapshot: () => this.#snapshot(),
    });
    this.#panel = new SinglePanel(parts.extensionUri, {
      viewType: panelTypes.alertRule,
      title: 'Alert rule',
      page: 'alertRule',
      contract: async () => (await import('../../protocol/alertRule.ts')).alertRuleContract,
      session: (page) => this.#session(page),
      onRefused: () => parts.log.warn('panel message refused', { kind: panelTypes.alertRule }),
    });
    this.#watching = parts.model.onDidChange(() => void this.#push.now());
  }

  /** Opens or reveals the panel on a rule; null = a new one. */
  async open(ruleId: string | null): Promise<void> {
    this.#ruleId = ruleId;
    await this.#panel.open();
    await this.#push.now();
  }

  dispose(): void {
    this.#watching.dispose();
    this.#panel.dispose();
  }

  #session(page: OpenPage<AlertRuleContract>): PageSession<AlertRuleContract> {
    this.#push.attach(page);
    return {
      handlers: {
        ready: ({ ruleId }) => {
          if (this.#ruleId === undefined) this.#ruleId = ruleId;
          return this.#snapshot();
        },
        test: (input) => this.#test(input),
        save: (input) => this.#save(input),
        act: ({ id, act }) => this.#act(id, act),
        openEpisode: (input) => this.#openEpisode(input),
      },
      dispose: () => {
        this.#push.detach(page);
      },
    };
  }

  async #test({ draft, range }: RequestIn<AlertRuleContract, 'test'>): Promise<RuleTest> {
    const toMs = this.#parts.clock.wallMs();
    const to = new Date(toMs).toISOString();
    const from = new Date(toMs - rangeMs[range]).toISOString();
    return { ...(await this.#parts.service.backtest({ rule: draft, from, to })), from, to };
  }

  async #save({ id, draft }: RequestIn<AlertRuleContract, 'save'>): Promise<RuleSaved> {
    const { service } = this.#parts;
    const problems = await service.rules.problems(draft, id ?? undefined);
    if (problems.length > 0) return { problems };
    const rule = await service.save({ ...draft, ...(id === null ? {} : { id }) });
    this.#ruleId = rule.id;
    return { id: rule.id };
  }

  /** As from the view: what must be confirmed is. A rule that is gone does not stand in the way of a new one. */
  async #act(id: string | null, act: RuleAct): Promise<void> {
    const isAboutRule = act === 'duplicateRule' || act === 'removeRule';
    const rule = id === null || !isAboutRule ? undefined : await this.#parts.service.rules.one(id);
    const command: CommandId = `cachify.alerts.${act}`;
    await commands.executeCommand(command, rule === undefined ? undefined : new RuleNode(rule, []));
  }

  async #openEpisode({ connectionId, from, to, what }: RequestIn<AlertRuleContract, 'openEpisode'>): Promise<void> {
    const links = {
      chart: ['cachify.observability.open', 30],
      failures: ['cachify.observability.openFailures', 5],
      compare: ['cachify.observability.openCompare', 0],
      bundle: ['cachify.incidents.open', 15],
    } as const;
    const [command, marginMinutes] = links[what];
    const place = { connectionId, fromMs: Date.parse(from), toMs: Date.parse(to), rule: undefined };
    const range = episodeRange(place, marginMinutes * 60_000, this.#parts.clock.wallMs());
    await commands.executeCommand(command satisfies CommandId, { ...range, connectionIds: [connectionId] });
  }

  async #snapshot(): Promise<RuleSnapshot | null> {
    const { service, model, connections, settings, clock } = this.#parts;
    const { states } = await model.picture();
    // The picture may be from before the rule was made.
    const rules = await service.rules.rules();
    const rule = rules.find(({ id }) => id === this.#ruleId);
    if (typeof this.#ruleId === 'string' && rule === undefined) return null;
    return {
      id: rule?.id ?? null,
      draft: rule === undefined ? newDraft(rules) : draftOf(rule),
      origin: rule?.origin ?? 'own',
      connections: connections.views().map(({ summary }) => ({
        id: summary.id,
        name: display(summary.name),
        environment: summary.environment,
      })),
      otherNames: rules.filter(({ id, origin }) => id !== rule?.id && origin !== 'settings').map(({ name }) => name),
      sampleSeconds: settings.number('observability.sampleSeconds'),
      states: states.filter(({ ruleId }) => ruleId === rule?.id),
      now: isoTime(clock),
    };
  }
}

/** What a new rule begins with: the metric that most people want. */
function newDraft(rules: readonly AlertRule[]): AlertRuleDraft {
  const metric = metricOf('latencyP95Ms');
  const name = freeName(
    'Latency p95 too high',
    rules.map((rule) => rule.name),
  );
  return {
    name,
    metric: 'latencyP95Ms',
    aggregation: 'p95',
    severity: 'warning',
    scope: { connections: '*', environments: '*' },
    enabled: true,
    ...(metric?.suggestion ?? { operator: '>', threshold: 25, lookbackMinutes: 5, forSeconds: 120 }),
  };
}
