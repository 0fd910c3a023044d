// Customers of the demo shop: a light, bounded stream of commands, with now and then a slow one and an error, as in life.
import type { Redis } from 'ioredis';
import { QUEUES, TAGS, cart, job, order, session, sku } from './catalogue.ts';
import { Random } from './random.ts';

export interface Traffic {
  stop(): Promise<void>;
}

type Act = (redis: Redis, random: Random) => Promise<unknown>;

const TODAY = 'leaderboard:sales:2026-11-14';
const QUEUE_LIMIT = 500;

const reads: readonly Act[] = [
  (redis, random) => redis.get(`cart:${random.int(1, 1800)}`),
  (redis, random) => redis.hgetall(`product:${sku(random.int(0, 2600))}`),
  (redis, random) => redis.hget('feature-flags', random.pick(['checkout-v2', 'dark-mode', 'klarna'])),
  (redis, random) => redis.get(`cache:page:/sale?page=${random.int(1, 300)}`),
  (redis) => redis.zrevrange(TODAY, 0, 9, 'WITHSCORES'),
  (redis, random) => redis.srandmember(`tag:${random.pick(TAGS)}`, 5),
  (redis, random) => redis.lrange(`user:${random.int(1, 1500)}:recent`, 0, -1),
  (redis) => redis.xrevrange('stream:orders', '+', '-', 'COUNT', 10),
];

const writes: readonly Act[] = [
  (redis, random) =>
    redis.set(`session:${random.hex(24)}`, session(random, random.int(1, 1500)), 'EX', random.int(60, 900)),
  (redis, random) => redis.set(`cart:${random.int(1, 1500)}`, cart(random, 2000), 'EX', 604_800),
  (redis, random) => redis.zincrby(TODAY, random.int(1, 3), sku(random.int(0, 200))),
  (redis, random) => redis.decr(`stock:${sku(random.int(0, 600))}`),
  (redis, random) => redis.xadd('stream:orders', 'MAXLEN', '~', 4000, '*', ...order(random, 2000)),
  async (redis, random) => {
    const key = `queue:${random.pick(QUEUES)}`;
    await redis.rpush(key, job(random));
    await redis.ltrim(key, -QUEUE_LIMIT, -1);
  },
  (redis, random) => redis.lpop(`queue:${random.pick(QUEUES)}`),
  (redis, random) =>
    redis
      .multi()
      .incr(`rate:10.1.0.${random.int(1, 60)}`)
      .expire(`rate:10.1.0.${random.int(1, 60)}`, 120)
      .exec(),
  (redis, random) => redis.pfadd('visitors:2026-11-14', random.hex(8)),
];

/** A nightly job that somebody runs by day: some ten milliseconds each. */
const slow: readonly Act[] = [
  (redis) => redis.hgetall('catalogue:index'),
  (redis) => redis.keys('session:*'),
  (redis) => redis.eval('local sum = 0 for i = 1, 1500000 do sum = sum + i % 7 end return sum', 0),
];

/** A release with an old key layout. */
const mistakes: readonly Act[] = [
  (redis, random) => redis.incr(`product:${sku(random.int(0, 50))}`),
  (redis) => redis.lpush('feature-flags', 'x'),
  (redis) => redis.evalsha('0'.repeat(40), 0),
];

function choose(random: Random): Act {
  const dice = random.next();
  if (dice < 0.005) return random.pick(slow);
  if (dice < 0.02) return random.pick(mistakes);
  return random.pick(dice < 0.7 ? reads : writes);
}

/**
 * Starts the traffic; it never has more than one command on the way, so a slow server slows it down.
 *
 * @param perSecond commands per second, at most about 100.
 */
export function startTraffic(redis: Redis, perSecond: number, seed: number): Traffic {
  const random = new Random(seed);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const act = async (): Promise<void> => {
    // What Redis refuses is part of the show; a lost connection is ioredis's to restore.
    await choose(random)(redis, random).catch(() => undefined);
    if (!stopped) timer = setTimeout(step, (1000 / perSecond) * (0.4 + random.next() * 1.2));
  };
  const step = (): void => {
    running = act();
  };
  step();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
