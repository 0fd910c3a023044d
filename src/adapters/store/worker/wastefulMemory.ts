/** What the engine, its code and the buffers of a busy moment take besides the data. */
const baseBytes = 64 * (1 << 20);
/** After so much passed through, the allocator keeps about as much in pieces that it does not give back. */
const mostPassedBytes = 128 * (1 << 20);

/**
 * Whether a thread holds so much more memory than its open databases need, or let so much pass through, that a fresh one is
 * worth its start.
 */
export function isWasteful(heldBytes: number, liveBytes: number, passedBytes: number): boolean {
  return heldBytes > 1.6 * liveBytes + baseBytes || passedBytes > mostPassedBytes;
}
