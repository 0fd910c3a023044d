/** The `limit` smallest of many items, by a heap of that size: a million are seen and only a few hundred ever sorted. */
export class Smallest<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  /** The greatest of the kept items stands first. */
  readonly #heap: T[] = [];

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  offer(item: T): void {
    const heap = this.#heap;
    if (heap.length < this.#limit) {
      heap.push(item);
      this.#rise(heap.length - 1);
      return;
    }
    const greatest = heap[0];
    if (greatest === undefined || this.#compare(item, greatest) >= 0) return;
    heap[0] = item;
    this.#sink();
  }

  sorted(): T[] {
    return this.#heap.toSorted(this.#compare);
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#greater(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    const size = this.#heap.length;
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let greatest = at;
      if (left < size && this.#greater(left, greatest)) greatest = left;
      if (right < size && this.#greater(right, greatest)) greatest = right;
      if (greatest === at) return;
      this.#swap(at, greatest);
      at = greatest;
    }
  }

  #greater(a: number, b: number): boolean {
    return this.#compare(this.#heap[a] as T, this.#heap[b] as T) > 0;
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a] as T;
    this.#heap[a] = this.#heap[b] as T;
    this.#heap[b] = held;
  }
}
