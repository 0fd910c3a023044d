/** The few tests that the comparison of two periods needs. No figure here is rounded; p-values are one-sided. */

// Lanczos approximation, g = 7, 9 coefficients (Numerical Recipes' form): about 15 digits.
const lanczos = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_59, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
];

/** ln Γ(x) for x ≥ 0.5. */
function lnGamma(x: number): number {
  const shifted = x - 1;
  const sum = lanczos.reduce((total, c, i) => (i === 0 ? c : total + c / (shifted + i)), 0);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

function lnChoose(n: number, k: number): number {
  return lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
}

/**
 * Fisher's exact test, one-sided: how likely `hits` or more among `n` are, when `otherHits` of `otherN` were seen
 * elsewhere and both come from one population. 1 when either side is empty.
 */
export function fisherGreater(hits: number, n: number, otherHits: number, otherN: number): number {
  if (n <= 0 || otherN <= 0) return 1;
  const all = n + otherN;
  const allHits = hits + otherHits;
  const least = Math.max(0, allHits - otherN);
  const most = Math.min(allHits, n);
  const lnTotal = lnChoose(all, allHits);
  const probability = (k: number): number => Math.exp(lnChoose(n, k) + lnChoose(otherN, allHits - k) - lnTotal);
  const mean = (n * allHits) / all;
  // Summed away from the mode, where terms only fall, so that the sum can stop early.
  if (hits > mean) return Math.min(1, tail(probability, hits, most, 1, n, otherN, allHits));
  return Math.max(0, 1 - tail(probability, hits - 1, least, -1, n, otherN, allHits));
}

function tail(
  probability: (k: number) => number,
  from: number,
  to: number,
  step: 1 | -1,
  n: number,
  otherN: number,
  allHits: number,
): number {
  if ((to - from) * step < 0) return 0;
  let term = probability(from);
  let sum = term;
  for (let k = from; k !== to; k += step) {
    // The ratio of neighbouring hypergeometric terms.
    term *=
      step === 1
        ? ((n - k) * (allHits - k)) / ((k + 1) * (otherN - allHits + k + 1))
        : (k * (otherN - allHits + k)) / ((n - k + 1) * (allHits - k + 1));
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum;
}

/** The upper tail of the standard normal distribution, to about 1e-7 (Abramowitz and Stegun 26.2.17). */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const t = 1 / (1 + 0.231_641_9 * z);
  const polynomial =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

/**
 * Mann-Whitney U, one-sided: how likely values of `sample` stand this much above those of `other` by chance. Normal
 * approximation with correction for ties and continuity; meant for 20 values and more on each side. 1 when all values
 * are equal or a side is empty.
 */
export function mannWhitneyGreater(sample: readonly number[], other: readonly number[]): number {
  const n = sample.length;
  const m = other.length;
  if (n === 0 || m === 0) return 1;
  const all = [...sample.map((value) => ({ value, own: true })), ...other.map((value) => ({ value, own: false }))].sort(
    (a, b) => a.value - b.value,
  );
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end++;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) if (all[i]?.own === true) rankSum += rank;
    const size = end - start;
    ties += size ** 3 - size;
    start = end;
  }
  const u = rankSum - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  return normalTail((u - (n * m) / 2 - 0.5) / Math.sqrt(variance));
}

/** Holm's step-down correction: adjusted p-values in the order given; family-wise error stays at the level. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = Array.from(pValues, () => 1);
  let before = 0;
  order.forEach(({ p, index }, rank) => {
    before = Math.max(before, Math.min(1, p * (order.length - rank)));
    adjusted[index] = before;
  });
  return adjusted;
}

/** z of the level 0.01 one-sided, plus z of 80 % power. */
const zLevelAndPower = 2.326 + 0.842;

/**
 * The smallest share above `share` that a window of `n` would show with 80 % probability at p < 0.01 against
 * `otherN` observations of `share` (0..1). 1 when even everything would not do.
 */
export function detectableShare(share: number, otherN: number, n: number): number {
  const isSeen = (candidate: number): boolean => {
    const spread = Math.sqrt((share * (1 - share)) / otherN + (candidate * (1 - candidate)) / n);
    return candidate - share >= zLevelAndPower * Math.max(spread, 1 / Math.max(otherN, n));
  };
  return smallest(share, 1, isSeen);
}

/** As `detectableShare` for the mean of per-minute counts: how far above `mean` it must lie. */
export function detectableMean(values: readonly number[], otherCount: number): number {
  const n = values.length;
  if (n < 2 || otherCount < 2) return Number.POSITIVE_INFINITY;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  // The rank test needs up to π/3 of the observations that a test of means needs; a count's own noise is the floor.
  const spread = Math.sqrt(Math.max(variance, mean) * (Math.PI / 3) * (1 / n + 1 / otherCount));
  return mean + zLevelAndPower * spread;
}

/** The smallest value in [low, high] for which `holds`, to 0.1 % of the range; `high` when none. `holds` is monotone. */
export function smallest(low: number, high: number, holds: (value: number) => boolean): number {
  if (!holds(high)) return high;
  let from = low;
  let to = high;
  for (let i = 0; i < 24; i++) {
    const middle = (from + to) / 2;
    if (holds(middle)) to = middle;
    else from = middle;
  }
  return to;
}
