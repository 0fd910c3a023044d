import { commands, type Disposable, type Uri } from 'vscode';
import type { Clock } from '../../app/ports/clock.ts';
import type { Log } from '../../app/ports/environment.ts';
import type { RetentionService } from '../../app/retention/retentionService.ts';
import type { StorageAct, StorageContract, StorageFocus, StorageSnapshot } from '../../protocol/storage.ts';
import { panelTypes } from '../contributions.ts';
import { SinglePanel, type OpenPage, type PageSession } from './panel.ts';
import { SnapshotPush } from './snapshotPush.ts';

export interface StoragePanelParts {
  readonly extensionUri: Uri;
  readonly retention: RetentionService;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is kept grows all the time: the page is told this often while it is visible. */
const tellEveryMs = 15_000;
const dayMs = 86_400_000;

/** The panel of what is kept: each dataset against its budget, purges by plan, and their undo. */
export class StoragePanel implements Disposable {
  readonly #parts: StoragePanelParts;
  readonly #panel: SinglePanel<StorageContract>;
  readonly #watching: Disposable;
  readonly #push: SnapshotPush<StorageSnapshot>;
  #focus: StorageFocus | null = null;
  #timer: { dispose(): void } | undefined;

  constructor(parts: StoragePanelParts) {
    this.#parts = parts;
    this.#push = new SnapshotPush({
      clock: parts.clock,
      log: parts.log,
      panel: panelTypes.storage,
      snapshot: () => this.#snapshot(),
    });
    this.#panel = new SinglePanel(parts.extensionUri, {
      viewType: panelTypes.storage,
      title: 'Storage',
      page: 'storage',
      contract: async () => (await import('../../protocol/storage.ts')).storageContract,
      session: (page) => this.#session(page),
      onRefused: () => parts.log.warn('panel message refused', { kind: panelTypes.storage }),
    });
    this.#watching = parts.retention.onDidChange(() => void this.#push.now());
  }

  /** Opens or reveals the panel, on a dataset's plan or policy when one is given. */
  async open(focus: StorageFocus | null = null): Promise<void> {
    this.#focus = focus;
    await this.#panel.open();
    await this.#push.now();
  }

  dispose(): void {
    this.#watching.dispose();
    this.#timer?.dispose();
    this.#panel.dispose();
  }

  #session(page: OpenPage<StorageContract>): PageSession<StorageContract> {
    this.#push.attach(page);
    this.#tellLater();
    const { retention, clock } = this.#parts;
    return {
      handlers: {
        ready: () => this.#snapshot(),
        plan: ({ dataset, olderThanDays }) =>
          retention.planPurge({
            dataset,
            ...(olderThanDays === undefined
              ? {}
              : { olderThan: new Date(clock.wallMs() - olderThanDays * dayMs).toISOString() }),
          }),
        purge: ({ planId }) =>
          retention.purge(planId, {
            onProgress: (rows, planned) => page.emit('progress', { planId, rows, planned }),
          }),
        undo: ({ purgeId }) => retention.undoPurge(purgeId),
        savePolicy: (policy) => retention.savePolicy(policy),
        act: ({ act }) => this.#act(act),
      },
      dispose: () => {
        this.#push.detach(page);
        if (!this.#push.isOpen) this.#timer?.dispose();
      },
    };
  }

  async #act(act: StorageAct): Promise<void> {
    if (act === 'snapshotSettings')
      await commands.executeCommand('workbench.action.openSettings', 'cachify.keys.snapshot');
    else await commands.executeCommand(`cachify.retention.${act}`);
  }

  async #snapshot(): Promise<StorageSnapshot> {
    const focus = this.#focus;
    this.#focus = null;
    return { report: await this.#parts.retention.report(), focus };
  }

  #tellLater(): void {
    this.#timer?.dispose();
    this.#timer = this.#parts.clock.after(tellEveryMs, () => {
      void this.#push.now().then(() => {
        if (this.#push.isOpen) this.#tellLater();
      });
    });
  }
}
