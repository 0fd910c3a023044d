/** A number 0..1 that is always the same for `index` and looks random over neighbours (splitmix32's finalizer). */
export function spread(index: number): number {
  let mixed = (index + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 0x1_0000_0000;
}
