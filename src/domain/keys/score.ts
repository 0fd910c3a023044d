const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinite = /^[+-]?inf(?:inity)?$/i;

/** The number that a sorted set's score text stands for; null when Redis would not take it as a score. */
export function parseScore(text: string): number | null {
  if (infinite.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return decimal.test(text) ? Number(text) : null;
}

/** One text per number, so that "1.50" and "1.5" (servers differ in how they print) compare as the same score. */
export function canonicalScore(text: string): string {
  const score = parseScore(text);
  return score === null ? text : Object.is(score, -0) ? '-0' : String(score);
}
