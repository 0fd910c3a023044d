import { validationFailure } from '../failure.ts';
import type { RetryPolicy } from './definition.ts';

export const defaultRetry: RetryPolicy = {
  maxAttempts: 2,
  backoffMs: 250,
  strategy: 'exponential',
  abortOnErrorRate: 0.5,
};

/** No wait is longer, however often an item failed. */
const longestBackoffMs = 60_000;

/** The policy when it is valid; throws VALIDATION_ERROR that names the field. */
export function checkRetry(retry: RetryPolicy, path = 'retry'): RetryPolicy {
  const { maxAttempts, backoffMs, strategy, abortOnErrorRate } = retry;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 0 || maxAttempts > 20)
    throw validationFailure(`${path}.maxAttempts`, 'Retries are a whole number from 0 to 20.');
  if (!Number.isFinite(backoffMs) || backoffMs < 0 || backoffMs > longestBackoffMs)
    throw validationFailure(`${path}.backoffMs`, 'The wait before a retry is 0 to 60,000 milliseconds.');
  if (strategy !== 'fixed' && strategy !== 'exponential')
    throw validationFailure(`${path}.strategy`, 'The retry strategy is `fixed` or `exponential`.');
  if (!(abortOnErrorRate > 0 && abortOnErrorRate <= 1))
    throw validationFailure(
      `${path}.abortOnErrorRate`,
      'The error rate that stops a run is more than 0 and at most 1.',
    );
  return { maxAttempts, backoffMs, strategy, abortOnErrorRate };
}

/**
 * Milliseconds to wait before try number `attempt` (1 = first retry). `random` is 0..1: half of the wait is jitter,
 * so that many clients never come back together.
 */
export function backoffMs(retry: RetryPolicy, attempt: number, random: number): number {
  const factor = retry.strategy === 'exponential' ? 2 ** Math.min(attempt - 1, 16) : 1;
  const whole = Math.min(retry.backoffMs * factor, longestBackoffMs);
  return Math.round(whole / 2 + (whole / 2) * random);
}

/** The policy that holds: the run's own, capped by what governance allows (null = no cap). */
export function cappedRetry(retry: RetryPolicy, maxAttempts: number | null): RetryPolicy {
  return maxAttempts === null ? retry : { ...retry, maxAttempts: Math.min(retry.maxAttempts, maxAttempts) };
}

/** How many of the last items an error rate is judged on, and from how many on. */
export const errorWindow = 1000;
const errorMinimum = 20;

/** Whether so many failures among the recent items are reason to stop. */
export function errorRateExceeded(retry: RetryPolicy, failed: number, settled: number): boolean {
  return settled >= errorMinimum && failed / settled >= retry.abortOnErrorRate;
}
