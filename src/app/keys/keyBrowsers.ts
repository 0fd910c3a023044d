import { KeyBrowser } from './keyBrowser.ts';
import type { KeysParts } from './parts.ts';

/** One browser per connection that is looked at. */
export class KeyBrowsers {
  readonly #parts: KeysParts;
  readonly #browsers = new Map<string, KeyBrowser>();
  readonly #listeners = new Set<(connectionUid: string) => void>();

  constructor(parts: KeysParts) {
    this.#parts = parts;
  }

  of(connectionUid: string): KeyBrowser {
    const known = this.#browsers.get(connectionUid);
    if (known !== undefined) return known;
    const browser = new KeyBrowser(this.#parts, connectionUid, () => {
      for (const listener of this.#listeners) listener(connectionUid);
    });
    this.#browsers.set(connectionUid, browser);
    return browser;
  }

  /** Whether a connection lists only what matches a filter. */
  isFiltered(connectionUid: string): boolean {
    const { pattern, type } = this.#browsers.get(connectionUid)?.filter ?? {};
    return pattern !== undefined || type !== undefined;
  }

  /** Whether any connection is being scanned. */
  scanning(): boolean {
    return [...this.#browsers.values()].some((browser) => browser.state().kind === 'scanning');
  }

  stopAll(): void {
    for (const browser of this.#browsers.values()) browser.stop();
  }

  onDidChange(listener: (connectionUid: string) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  dispose(): void {
    this.#listeners.clear();
    for (const browser of this.#browsers.values()) browser.reset();
  }
}
