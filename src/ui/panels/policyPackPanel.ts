import { commands, type Disposable, type Uri } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { GovernanceService, PackView } from '../../app/governance/governanceService.ts';
import type { Clock } from '../../app/ports/clock.ts';
import type { Log, Trust } from '../../app/ports/environment.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import type { Decision, RecordedDecision } from '../../domain/governance/decision.ts';
import { contentOf, type PackContent, type PolicyPackDraft } from '../../domain/governance/pack.ts';
import { actionWords } from '../../domain/governance/words.ts';
import type {
  DecisionRow,
  Explanation,
  PackAct,
  PackConnection,
  PackSnapshot,
  PolicyPackContract,
  ReplayAnswer,
} from '../../protocol/policyPack.ts';
import { panelTypes, type CommandId } from '../contributions.ts';
import { PackNode } from '../trees/governanceNodes.ts';
import { SinglePanel, type OpenPage, type PageSession } from './panel.ts';
import { SnapshotPush } from './snapshotPush.ts';

export interface PolicyPackPanelParts {
  readonly extensionUri: Uri;
  readonly service: GovernanceService;
  readonly connections: ConnectionService;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly log: Log;
}

const tellEveryMs = 500;
const shownRows = 200;
const shownVersions = 50;
const dayMs = 86_400_000;

/** What a new pack starts from: strict enough to be safe, with nothing drawn. */
const newPack: PackContent = {
  name: '',
  environments: ['prod'],
  maxWorkflowItems: 10_000,
  maxRetryAttempts: 2,
  schedulingEnabled: false,
  executionWindows: [],
  enabled: true,
};

const actCommands: Readonly<Record<PackAct, CommandId>> = {
  duplicate: 'cachify.governance.duplicatePack',
  remove: 'cachify.governance.removePack',
  export: 'cachify.governance.exportPacks',
  aclUser: 'cachify.governance.aclUser',
  openSettings: 'cachify.governance.openSettings',
};

/** What was asked when something was blocked. */
export interface WhyQuestion {
  readonly connectionId: string;
  readonly action: string;
  readonly decision: Decision;
  /** true: a decision that was made; else it is asked anew whenever it is shown. */
  readonly past: boolean;
}

/** The editor of one policy pack, and where an explanation stands above the pack that blocks. */
export class PolicyPackPanel implements Disposable {
  readonly #parts: PolicyPackPanelParts;
  readonly #panel: SinglePanel<PolicyPackContract>;
  readonly #watching: Disposable;
  readonly #push: SnapshotPush<PackSnapshot>;
  /** undefined = not chosen in this session; null = a new pack. */
  #packId: string | null | undefined;
  #why: WhyQuestion | undefined;

  constructor(parts: PolicyPackPanelParts) {
    this.#parts = parts;
    this.#push = new SnapshotPush({
      clock: parts.clock,
      log: parts.log,
      panel: panelTypes.policyPack,
      everyMs: tellEveryMs,
      snapshot: () => this.#snapshot(),
    });
    this.#panel = new SinglePanel(parts.extensionUri, {
      viewType: panelTypes.policyPack,
      title: 'Policy pack',
      page: 'policyPack',
      contract: async () => (await import('../../protocol/policyPack.ts')).policyPackContract,
      session: (page) => this.#session(page),
      onRefused: () => parts.log.warn('panel message refused', { kind: panelTypes.policyPack }),
    });
    this.#watching = parts.service.onDidChange(() => this.#push.soon());
  }

  /** Opens or reveals the panel on a pack, or on a new one. */
  async open(packId: string | null, why?: WhyQuestion): Promise<void> {
    this.#packId = packId;
    this.#why = why;
    await this.#panel.open();
    await this.#push.now();
  }

  /** The pack is gone: the panel closes when it showed it. */
  forget(packId: string): void {
    if (this.#packId !== packId) return;
    this.#packId = undefined;
    this.#panel.close();
  }

  dispose(): void {
    this.#watching.dispose();
    this.#push.dispose();
    this.#panel.dispose();
  }

  #session(page: OpenPage<PolicyPackContract>): PageSession<PolicyPackContract> {
    this.#push.attach(page);
    return {
      handlers: {
        ready: ({ packId }) => {
          if (this.#packId === undefined) this.#packId = packId;
          return this.#snapshot();
        },
        save: ({ content }) => this.#save(content),
        assign: ({ uid, held }) => this.#assign(uid, held),
        replay: ({ content, days }) => this.#replay(content, days),
        act: ({ act }) => this.#act(act),
        dismissExplanation: () => {
          this.#why = undefined;
        },
      },
      dispose: () => {
        this.#push.detach(page);
      },
    };
  }

  async #save(content: unknown): Promise<PackSnapshot> {
    this.#requireTrust();
    const draft = content as PolicyPackDraft;
    const saved = await this.#parts.service.savePack(
      typeof this.#packId === 'string' ? { ...draft, id: this.#packId } : draft,
    );
    this.#packId = saved.id;
    return this.#snapshot();
  }

  async #assign(uid: string, held: boolean): Promise<PackSnapshot> {
    this.#requireTrust();
    const { service } = this.#parts;
    if (typeof this.#packId === 'string') {
      const packIds = await service.storedPackIds(uid);
      const others = packIds.filter((id) => id !== this.#packId);
      await service.assign({ connectionId: uid, packIds: held ? [...others, this.#packId] : others });
    }
    return this.#snapshot();
  }

  async #replay(content: unknown, days: number): Promise<ReplayAnswer> {
    const { service, clock } = this.#parts;
    const toMs = clock.wallMs() + 1;
    const { evaluated, wouldBlock } = await service.replay({
      pack: content as PolicyPackDraft,
      from: new Date(toMs - days * dayMs).toISOString(),
      to: new Date(toMs).toISOString(),
    });
    return {
      evaluated,
      blocked: wouldBlock.length,
      rows: wouldBlock.slice(0, shownRows).map((each) => this.#row(each)),
    };
  }

  async #act(act: PackAct): Promise<void> {
    const view = await this.#view();
    await commands.executeCommand(actCommands[act], view === null ? undefined : new PackNode(view));
  }

  #requireTrust(): void {
    if (this.#parts.trust.isTrusted()) return;
    throw new Failure('BLOCKED', 'This workspace is not trusted, so packs are not changed from it.', {
      nextAction: 'Trust the workspace first.',
    });
  }

  async #view(): Promise<PackView | null> {
    const { packs } = await this.#parts.service.overview();
    return packs.find(({ pack }) => pack.id === this.#packId) ?? null;
  }

  async #snapshot(): Promise<PackSnapshot> {
    const { trust, clock } = this.#parts;
    const view = await this.#view();
    if (view === null) this.#packId = null;
    const pack = view?.pack;
    return {
      trusted: trust.isTrusted(),
      packId: pack?.id ?? null,
      version: pack?.version ?? 0,
      source: pack?.source ?? 'store',
      content: pack === undefined ? newPack : contentOf(pack),
      connections: this.#connections(view),
      warnings: view === null ? [] : await this.#warnings(view),
      versions: pack === undefined ? [] : (await this.#parts.service.versions(pack.id)).slice(1, shownVersions + 1),
      decisions: pack === undefined ? [] : await this.#decisions(pack.id),
      explanation: await this.#explanation(),
      nowMs: clock.wallMs(),
    };
  }

  #connections(view: PackView | null): PackConnection[] {
    const held = new Set(view?.connections.map(({ uid }) => uid) ?? []);
    return this.#parts.connections.views().flatMap(({ entry, summary }) =>
      entry.usable
        ? [
            {
              uid: entry.definition.uid,
              name: display(summary.name),
              environment: entry.definition.environment,
              held: held.has(entry.definition.uid),
            },
          ]
        : [],
    );
  }

  async #warnings({ connections }: PackView): Promise<readonly string[]> {
    const all = await Promise.all(
      connections.map(async ({ uid }) =>
        this.#parts.service.conflicts(uid, await this.#parts.service.storedPackIds(uid)),
      ),
    );
    return [...new Set(all.flat())];
  }

  async #decisions(packId: string): Promise<DecisionRow[]> {
    const decisions = await this.#parts.service.decisions({ limit: 500 });
    return decisions
      .filter(({ packs }) => packs.some(({ id }) => id === packId))
      .slice(0, shownRows)
      .map((each) => this.#row(each));
  }

  #row({ at, action, connectionId, items, allowed, violations }: RecordedDecision): DecisionRow {
    return {
      at,
      act: actionWords(action),
      connection: this.#nameOf(connectionId),
      items,
      allowed,
      why: violations.map(({ packName, message }) => `${display(packName)}: ${message}`).join(' '),
    };
  }

  async #explanation(): Promise<Explanation | null> {
    if (this.#why === undefined) return null;
    const { action, connectionId, past } = this.#why;
    const decision = past ? this.#why.decision : await this.#parts.service.explain({ connectionId, action });
    return {
      act: actionWords(action),
      connection: this.#nameOf(connectionId),
      allowed: decision.allowed,
      violations: decision.violations.map((each) => ({ ...each, packName: display(each.packName) })),
      nextOpening: decision.nextOpening ?? null,
    };
  }

  #nameOf(connectionId: string): string {
    const found = this.#parts.connections
      .views()
      .find(({ summary }) => summary.id === connectionId || summary.uid === connectionId);
    return display(found?.summary.name ?? connectionId);
  }
}
