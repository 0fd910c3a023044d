import type { WatchListener } from '../../app/ports/redis.ts';
import { RedisErrorReply } from '../../domain/redis/command.ts';

const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);
/** A line that grows beyond this is cut: the rest of it is stepped over. */
const maxLineBytes = 1 << 20;

/**
 * Splits the stream of MONITOR into lines, as they are asked for. Every line that the server sent is either told or
 * counted as dropped, exactly: a line belongs to the chunk in which it ends.
 */
export class MonitorLines {
  private readonly listener: WatchListener;
  private readonly maxWaitingBytes: number;
  private readonly chunks: Buffer[] = [];
  /** Where reading of the first chunk goes on. */
  private at = 0;
  /** The beginning of a line whose end has not been read. */
  private rest: Buffer = nothing;
  /** The beginning of the line that comes next was dropped or cut, so all of it is. */
  private beheaded = false;
  waitingBytes = 0;
  refused: RedisErrorReply | undefined;
  started = false;

  constructor(listener: WatchListener, maxWaitingBytes: number) {
    this.listener = listener;
    this.maxWaitingBytes = maxWaitingBytes;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.waitingBytes += chunk.length;
  }

  /** Drops the oldest half of what waits. */
  overflow(): 'dropped' {
    let dropped = 0;
    while (this.waitingBytes > this.maxWaitingBytes / 2 && this.started) {
      const chunk = this.chunks.shift();
      if (chunk === undefined) break;
      this.waitingBytes -= chunk.length - this.at;
      for (let end = chunk.indexOf(lineFeed, this.at); end >= 0; end = chunk.indexOf(lineFeed, end + 1)) dropped += 1;
      this.at = 0;
      this.rest = nothing;
      this.beheaded = chunk[chunk.length - 1] !== lineFeed;
    }
    if (dropped > 0) this.listener.dropped(dropped);
    return 'dropped';
  }

  read(untilMs: number): boolean {
    for (let chunk = this.chunks[0]; chunk !== undefined; chunk = this.chunks[0]) {
      // The clock is asked once per few hundred lines.
      for (let lines = 0; lines < 256; lines++) {
        const end = chunk.indexOf(lineFeed, this.at);
        if (end < 0) {
          this.keepRest(chunk.subarray(this.at));
          this.chunks.shift();
          this.waitingBytes -= chunk.length - this.at;
          this.at = 0;
          break;
        }
        this.waitingBytes -= end + 1 - this.at;
        this.take(chunk, this.at, end);
        this.at = end + 1;
      }
      if (performance.now() > untilMs) return this.chunks.length === 0;
    }
    return true;
  }

  private keepRest(part: Buffer): void {
    if (part.length === 0) return;
    if (this.rest.length + part.length > maxLineBytes) {
      this.rest = nothing;
      this.beheaded = true;
    } else if (!this.beheaded) {
      this.rest = this.rest.length === 0 ? Buffer.from(part) : Buffer.concat([this.rest, part]);
    }
  }

  private take(chunk: Buffer, from: number, end: number): void {
    if (this.beheaded) {
      this.beheaded = false;
      this.listener.dropped(1);
      return;
    }
    const part = chunk.subarray(from, end);
    const whole = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
    this.rest = nothing;
    const line = whole[whole.length - 1] === 0x0d ? whole.subarray(0, -1) : whole;
    if (this.started) this.listener.line?.(line.subarray(1));
    else if (line[0] === 0x2d) this.refused ??= new RedisErrorReply(line.toString('utf8', 1));
    else this.started = true;
  }
}
