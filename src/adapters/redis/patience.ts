import { Failure } from '../../domain/failure.ts';
import type { Link } from './link.ts';

const progressBytes = 4096;

/**
 * Cuts a bulk connection that makes no progress: within each `limitMs` a step must end or bring a few kilobytes, so
 * that neither silence nor a byte now and then holds anybody up, and a long page over a slow network may take its time.
 */
export class Patience {
  private readonly link: Link;
  private readonly limitMs: number;
  private readonly what: string;
  private timer: NodeJS.Timeout | undefined;
  private bytes = 0;

  constructor(link: Link, limitMs: number, what: string) {
    this.link = link;
    this.limitMs = limitMs;
    this.what = what;
  }

  /** Something was asked, or a step ended while others are outstanding. */
  begin(): void {
    this.bytes = 0;
    this.timer ??= setTimeout(() => this.link.destroy(this.failure()), this.limitMs);
    this.timer.refresh();
  }

  received(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes >= progressBytes && this.timer !== undefined) this.begin();
  }

  /** Nothing is outstanding. */
  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private failure(): Failure {
    const limit = this.limitMs.toLocaleString('en-US');
    return new Failure(
      'TIMEOUT',
      `${this.link.label} did not answer ${this.what} within ${limit} ms, so the connection was cut.`,
      {
        retryable: true,
        nextAction: "Look at the server's load, or raise the connection's timeoutMs.",
      },
    );
  }
}
