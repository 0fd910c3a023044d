import type { AlertEvent } from '../../domain/alerts/event.ts';
import { asFailure } from '../../domain/failure.ts';
import type { AlertStore } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disposable, Log } from '../ports/environment.ts';
import type { Holder } from '../ports/leases.ts';

/** What fires within this time is told in one message. */
const firstWaitMs = 10_000;
/** A window that nobody looks at lets another one go first. */
const unfocusedWaitMs = 3000;
/** At most one message per connection in this time. */
const perConnectionMs = 5 * 60_000;
/** A window that took an alert and said nothing more for so long did not show it. */
const takenMs = 30_000;
const lookEveryMs = 15_000;

export interface AlertToastsParts {
  readonly store: Pick<AlertStore, 'claimToasts' | 'toastHolders' | 'toastsShown' | 'postponeToasts'>;
  readonly holder: Holder;
  readonly clock: Clock;
  readonly log: Log;
  readonly isFocused: () => boolean;
  /** Shows one message for alerts of one connection; returns when it stands, not when somebody answers. */
  readonly show: (events: readonly AlertEvent[]) => void;
}

/** Shows what is critical, each once, in one window; after a window's death another one does. */
export class AlertToasts implements Disposable {
  readonly #parts: AlertToastsParts;
  readonly #lastShown = new Map<string, number>();
  #timer: Disposable | undefined;
  #soon: Disposable | undefined;
  #looking: Promise<void> | undefined;
  #disposed = false;

  constructor(parts: AlertToastsParts) {
    this.#parts = parts;
  }

  /** Looks from now on. */
  begin(): void {
    this.#timer = this.#parts.clock.after(
      lookEveryMs,
      () => void this.look().finally(() => !this.#disposed && this.begin()),
    );
  }

  /** Something was told: look when the first wait is over. */
  expect(): void {
    if (this.#disposed) return;
    this.#soon ??= this.#parts.clock.after(firstWaitMs + this.#politeMs() + 100, () => {
      this.#soon = undefined;
      void this.look();
    });
  }

  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#parts.log.warn('alerts not shown', { code: asFailure(error).code }))
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#soon?.dispose();
  }

  #politeMs(): number {
    return this.#parts.isFocused() ? 0 : unfocusedWaitMs;
  }

  async #look(): Promise<void> {
    const { store, clock, holder } = this.#parts;
    const nowMs = clock.wallMs();
    const gone = (await store.toastHolders()).filter((name) => holder.isGone(name));
    const claim = { holder: holder.name, takenBeforeMs: nowMs - takenMs, gone };
    const waited = await store.claimToasts({ ...claim, nowMs: nowMs - firstWaitMs - this.#politeMs() });
    if (waited.length === 0) return;
    // What came since then goes along.
    const rest = await store.claimToasts({ ...claim, takenBeforeMs: 0, gone: [], nowMs });
    for (const [connectionId, events] of byConnection([...waited, ...rest]))
      await this.#showOne(connectionId, events, nowMs);
  }

  async #showOne(connectionId: string, events: readonly AlertEvent[], nowMs: number): Promise<void> {
    const { store, show } = this.#parts;
    const ids = events.map(({ id }) => id);
    const next = (this.#lastShown.get(connectionId) ?? Number.NEGATIVE_INFINITY) + perConnectionMs;
    if (nowMs < next) {
      await store.postponeToasts(ids, next);
      return;
    }
    this.#lastShown.set(connectionId, nowMs);
    show(events);
    await store.toastsShown(ids);
  }
}

function byConnection(events: readonly AlertEvent[]): Map<string, AlertEvent[]> {
  const groups = new Map<string, AlertEvent[]>();
  for (const event of events) {
    const id = event.connectionId ?? '';
    groups.set(id, [...(groups.get(id) ?? []), event]);
  }
  return groups;
}
