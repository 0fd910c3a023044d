/** Runs jobs one after another, and lets `between` run between two of them. */
export class JobQueue {
  private readonly between: () => Promise<void>;
  private last: Promise<unknown> = Promise.resolve();

  constructor(between: () => Promise<void>) {
    this.between = between;
  }

  /** Settles as the job does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.last.then(job);
    this.last = result.then(this.between, this.between);
    return result;
  }

  /** Resolves when all jobs so far are over. */
  async idle(): Promise<void> {
    await this.last;
  }
}
