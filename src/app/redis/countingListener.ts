import type { WatchListener } from '../ports/redis.ts';

/** The same listener, with what passed it counted. */
export function countingListener(listener: WatchListener): {
  readonly listener: WatchListener;
  counts(): { readonly seen: number; readonly dropped: number };
} {
  let told = 0;
  let dropped = 0;
  return {
    counts: () => ({ seen: told + dropped, dropped }),
    listener: {
      line: (line) => {
        told += 1;
        listener.line?.(line);
      },
      keyEvent: (event, key) => {
        told += 1;
        listener.keyEvent?.(event, key);
      },
      dropped: (count) => {
        dropped += count;
        listener.dropped(count);
      },
      nodeChanged: (node, state) => listener.nodeChanged?.(node, state),
    },
  };
}
