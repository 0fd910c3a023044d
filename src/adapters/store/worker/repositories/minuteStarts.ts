const upToMinute = 'yyyy-mm-ddThh:mm'.length;

/**
 * A function that tells the minute (epoch seconds of its start) of ISO-8601 times in UTC. Events that are written together
 * lie close together: each minute is computed once.
 */
export function minuteStarts(): (timestamp: string) => number {
  const known = new Map<string, number>();
  return (timestamp) => {
    const prefix = timestamp.slice(0, upToMinute);
    const start = known.get(prefix);
    if (start !== undefined) return start;
    const computed = Math.floor(Date.parse(timestamp) / 60_000) * 60;
    known.set(prefix, computed);
    return computed;
  };
}
