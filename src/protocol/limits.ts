/** Bounds of one message of a page; generous for every panel, far below what could hurt the extension host. */
export const messageLimits = { characters: 1_000_000, values: 20_000, depth: 32 } as const;

/**
 * Whether a message is larger, wider or deeper than `messageLimits`. Stops counting at the first limit, and follows no
 * prototype. Binary parts count by their bytes.
 */
export function exceedsLimits(message: unknown): boolean {
  let characters = 0;
  let values = 0;
  const open: { value: unknown; depth: number }[] = [{ value: message, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    values += 1;
    if (typeof value === 'string') characters += value.length;
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) characters += value.byteLength;
    else if (typeof value === 'object' && value !== null) {
      if (depth >= messageLimits.depth) return true;
      if (Array.isArray(value) && value.length > messageLimits.values) return true;
      for (const name of Object.keys(value)) {
        characters += name.length;
        open.push({ value: (value as Record<string, unknown>)[name], depth: depth + 1 });
        if (open.length + values > messageLimits.values) return true;
      }
    }
    if (characters > messageLimits.characters || values > messageLimits.values) return true;
  }
  return false;
}
