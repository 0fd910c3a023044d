/**
 * Numbers from 0 to 1, without 1, by the generator mulberry32: equal seeds give equal numbers, so that a failure repeats.
 *
 * @param seed a whole number, of which the lowest 32 bits count.
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
