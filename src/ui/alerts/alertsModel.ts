import { EventEmitter, type Disposable } from 'vscode';
import type { AlertPicture, AlertService } from '../../app/alerts/alertService.ts';
import type { Clock } from '../../app/ports/clock.ts';
import type { Log } from '../../app/ports/environment.ts';
import { asFailure } from '../../domain/failure.ts';
import { Coalesced } from '../coalesced.ts';

/** Changes come in bursts; the picture is taken at most so often. */
const takeEveryMs = 500;

/** The alerts as every surface of the window shows them: one picture for all. */
export class AlertsModel implements Disposable {
  readonly #service: AlertService;
  readonly #taking: Coalesced;
  readonly #log: Log;
  readonly #changes = new EventEmitter<AlertPicture>();
  readonly #watching: Disposable;
  #picture: Promise<AlertPicture> | undefined;
  readonly onDidChange = this.#changes.event;

  constructor(service: AlertService, clock: Clock, log: Log) {
    this.#service = service;
    this.#taking = new Coalesced(clock, takeEveryMs, () => void this.refresh());
    this.#log = log;
    this.#watching = service.onDidChange(() => this.refreshSoon());
  }

  /** @throws Failure when the store does not answer */
  picture(): Promise<AlertPicture> {
    this.#picture ??= this.#service.picture().catch((error: unknown) => {
      this.#picture = undefined;
      throw error;
    });
    return this.#picture;
  }

  refreshSoon(): void {
    this.#taking.soon();
  }

  async refresh(): Promise<void> {
    this.#picture = undefined;
    try {
      this.#changes.fire(await this.picture());
    } catch (error) {
      this.#log.warn('alerts not read', { code: asFailure(error).code });
    }
  }

  dispose(): void {
    this.#taking.dispose();
    this.#watching.dispose();
    this.#changes.dispose();
  }
}

/** What fires, by connection and rule, without what nobody is told of. */
export function firingStates({ states }: AlertPicture): AlertPicture['states'] {
  return states.filter(({ state }) => state === 'firing' || state === 'recovering');
}
