/** What a dataset took on a day. */
export interface UsageDay {
  /** UTC, `2026-11-22`. */
  readonly day: string;
  readonly bytes: number;
}

export interface Growth {
  readonly bytesPerDay: number;
  /** Days until the budget is reached, when it grows on like this; null = it does not grow, or is over already. */
  readonly daysLeft: number | null;
}

const dayMs = 86_400_000;
/** A forecast from less would swing with every hour. */
const fewestDays = 2;

/**
 * Growth per day: what was gained over the days that it took. Falls are purges and are left out.
 *
 * @returns null with less than two days
 */
export function growthOf(days: readonly UsageDay[], budgetBytes: number): Growth | null {
  const ordered = days.toSorted((a, b) => (a.day < b.day ? -1 : 1));
  const first = ordered[0];
  const last = ordered.at(-1);
  if (first === undefined || last === undefined || ordered.length < fewestDays) return null;
  let gained = 0;
  let risen = 0;
  let before = first;
  for (const now of ordered.slice(1)) {
    const grown = now.bytes - before.bytes;
    if (grown >= 0) {
      gained += grown;
      risen += Math.max(1, Math.round((Date.parse(now.day) - Date.parse(before.day)) / dayMs));
    }
    before = now;
  }
  const bytesPerDay = risen === 0 ? 0 : gained / risen;
  const left = budgetBytes - last.bytes;
  return { bytesPerDay, daysLeft: bytesPerDay > 0 && left > 0 ? Math.ceil(left / bytesPerDay) : null };
}
