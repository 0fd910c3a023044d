import type { RetryOptions } from '../../domain/connections/definition.ts';
import type { Failure } from '../../domain/failure.ts';

/** How the last operations of a connection went, for `abortOnErrorRate`. */
export class RecentOutcomes {
  private readonly failed: boolean[] = [];

  add(failed: boolean): void {
    this.failed.push(failed);
    if (this.failed.length > remembered) this.failed.shift();
  }

  /** 0..1; 0 while too few are known to judge by. */
  errorRate(): number {
    if (this.failed.length < fewest) return 0;
    return this.failed.filter(Boolean).length / this.failed.length;
  }
}

const remembered = 50;
const fewest = 10;
const longestDelayMs = 30_000;

export type RetryDecision =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly stopReason: 'exhausted' | 'nonRetryable' | 'errorRate' };

/** Whether a failed read is tried again, and after how long. `attempt` is the try that failed, from 1. */
export function decideRetry(
  failure: Failure,
  attempt: number,
  policy: Required<RetryOptions>,
  errorRate: number,
): RetryDecision {
  if (!failure.retryable) return { retry: false, stopReason: 'nonRetryable' };
  if (attempt > policy.maxAttempts) return { retry: false, stopReason: 'exhausted' };
  if (errorRate > policy.abortOnErrorRate) return { retry: false, stopReason: 'errorRate' };
  const factor = policy.strategy === 'exponential' ? 2 ** (attempt - 1) : 1;
  return { retry: true, delayMs: Math.min(policy.backoffMs * factor, longestDelayMs) };
}
