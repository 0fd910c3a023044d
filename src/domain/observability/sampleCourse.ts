import { sampleSeries, type SampleFigures, type SampleSeries } from './series.ts';
import type { WindowMs } from './window.ts';

/** What the samples of one connection say about a window. */
export interface SampleCourse {
  /** Watched share of the window, 0..1. */
  readonly coverage: number;
  /** The newest sample of the window. */
  readonly latest: SampleFigures | null;
  /** Lookups that found their key, and that did not, by the samples that know of both. */
  readonly hits: number;
  readonly misses: number;
  readonly series: SampleSeries;
}

/** Adds up samples of one connection, oldest first, over a window; the series has steps of `stepMs`. */
export function sampleCourse(samples: readonly SampleFigures[], window: WindowMs, stepMs: number): SampleCourse {
  const lookups = samples.filter((sample) => sample.keyspaceHits !== null && sample.keyspaceMisses !== null);
  return {
    coverage: coverageOf(samples, window),
    latest: samples.at(-1) ?? null,
    hits: lookups.reduce((sum, sample) => sum + (sample.keyspaceHits ?? 0), 0),
    misses: lookups.reduce((sum, sample) => sum + (sample.keyspaceMisses ?? 0), 0),
    series: sampleSeries(samples, window.fromMs, window.toMs, stepMs),
  };
}

/** The stretches that samples cover, none counted twice. */
function coverageOf(samples: readonly SampleFigures[], { fromMs, toMs }: WindowMs): number {
  let covered = 0;
  let reached = fromMs;
  for (const { timestamp, periodSeconds } of samples) {
    const atMs = Date.parse(timestamp);
    const end = Math.min(atMs, toMs);
    const start = Math.max(atMs - periodSeconds * 1000, reached);
    if (end > start) covered += end - start;
    reached = Math.max(reached, end);
  }
  return covered / (toMs - fromMs);
}
