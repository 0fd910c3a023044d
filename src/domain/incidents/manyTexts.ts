/** Where one of the texts was found. */
export interface Found {
  readonly at: number;
  readonly length: number;
}

/**
 * Looks for many texts at once. Time grows with the searched text and hardly with how many texts there are.
 *
 * Wu and Manber, "A fast algorithm for multi-pattern searching" (1994), with blocks of two characters.
 */
export class ManyTexts {
  readonly #shortest: number;
  /** How far the search may go on, by the hash of the two characters that end the window. */
  readonly #shift = new Uint8Array(1 << 16);
  /** Texts by the hash of the two characters that end their first `#shortest`. */
  readonly #ending = new Map<number, string[]>();

  /** Texts of fewer than two characters are left out. */
  constructor(texts: Iterable<string>) {
    const all = [...new Set(texts)].filter((text) => text.length >= 2);
    this.#shortest = all.reduce((least, text) => Math.min(least, text.length), 255);
    this.#shift.fill(this.#shortest - 1);
    for (const text of all) this.#add(text);
    // Where one text begins another, the longer one is found.
    for (const texts of this.#ending.values()) texts.sort((a, b) => b.length - a.length);
  }

  get isEmpty(): boolean {
    return this.#ending.size === 0;
  }

  /** The first of the texts at or after `from`; undefined when none is there. */
  find(text: string, from = 0): Found | undefined {
    if (this.isEmpty) return undefined;
    const shift = this.#shift;
    const back = this.#shortest - 1;
    for (let end = from + back; end < text.length;) {
      const block = ((text.charCodeAt(end - 1) & 0xff) << 8) | (text.charCodeAt(end) & 0xff);
      const step = shift[block] ?? 1;
      if (step > 0) {
        end += step;
        continue;
      }
      const at = end - back;
      const hit = this.#ending.get(block)?.find((candidate) => text.startsWith(candidate, at));
      if (hit !== undefined) return { at, length: hit.length };
      end += 1;
    }
    return undefined;
  }

  /** `text` with every occurrence replaced, and how many there were. */
  replace(text: string, by: string): { readonly text: string; readonly count: number } {
    let out = '';
    let from = 0;
    let count = 0;
    for (let found = this.find(text); found !== undefined; found = this.find(text, from)) {
      out += text.slice(from, found.at) + by;
      from = found.at + found.length;
      count += 1;
    }
    return count === 0 ? { text, count } : { text: out + text.slice(from), count };
  }

  #add(text: string): void {
    const last = this.#shortest - 1;
    for (let end = 1; end <= last; end++) {
      const block = ((text.charCodeAt(end - 1) & 0xff) << 8) | (text.charCodeAt(end) & 0xff);
      this.#shift[block] = Math.min(this.#shift[block] ?? last, last - end);
      if (end < last) continue;
      const same = this.#ending.get(block);
      if (same === undefined) this.#ending.set(block, [text]);
      else same.push(text);
    }
  }
}
