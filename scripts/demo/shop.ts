// The data of a web shop: what a Redis of that trade holds, with its usual sins (sessions without expiry, a 5 MB value, bytes
// that are not text).
import type { ChainableCommander, Redis } from 'ioredis';
import { gzipSync } from 'node:zlib';
import { QUEUES, TAGS, cart, job, order, page, product, session, sku, user } from './catalogue.ts';
import { Random } from './random.ts';

export interface ShopSize {
  /** 1 is about 12,000 keys. */
  readonly scale: number;
  readonly seed: number;
  /** Also the 5 MB value and the keys with unusual names. */
  readonly oddities: boolean;
}

const MINUTE = 60;
const DAY = 86_400;
const BATCH = 1000;

type Queue = (fill: (pipeline: ChainableCommander) => void) => Promise<void>;

/** Sends commands in batches and fails on the first that Redis refuses. */
function batches(redis: Redis): { readonly add: Queue; readonly flush: () => Promise<void> } {
  let pipeline = redis.pipeline();
  const flush = async (): Promise<void> => {
    const replies = await pipeline.exec();
    for (const [error] of replies ?? []) if (error) throw error;
    pipeline = redis.pipeline();
  };
  return {
    flush,
    async add(fill) {
      fill(pipeline);
      if (pipeline.length >= BATCH) await flush();
    },
  };
}

async function seedPeople(add: Queue, random: Random, count: (n: number) => number): Promise<void> {
  for (let id = 1; id <= count(1500); id += 1) {
    await add((p) => p.hset(`user:${id}`, user(random, id)));
    if (id % 3 === 0)
      await add((p) => p.rpush(`user:${id}:recent`, ...Array.from({ length: 8 }, () => sku(random.int(0, 999)))));
  }
  for (let i = 0; i < count(4300); i += 1) {
    const key = `session:${random.hex(24)}`;
    const value = session(random, random.int(1, 1500));
    const forgotten = random.chance(0.08);
    await add((p) => (forgotten ? p.set(key, value) : p.set(key, value, 'EX', random.int(5, 240) * MINUTE)));
  }
}

async function seedCatalogue(
  add: Queue,
  random: Random,
  products: number,
  count: (n: number) => number,
): Promise<void> {
  for (let i = 0; i < products; i += 1) await add((p) => p.hset(`product:${sku(i)}`, product(random, i)));
  for (let i = 0; i < count(700); i += 1) await add((p) => p.set(`stock:${sku(i)}`, random.int(0, 500)));
  for (const tag of TAGS) {
    const members = Array.from({ length: count(180) }, () => sku(random.int(0, products - 1)));
    await add((p) => p.sadd(`tag:${tag}`, ...members));
  }
  for (let i = 0; i < count(750); i += 1) {
    const { path, html } = page(random);
    await add((p) => p.set(`cache:page:${path}`, html, 'EX', random.int(10, 90) * MINUTE));
  }
}

async function seedTrade(add: Queue, random: Random, products: number, count: (n: number) => number): Promise<void> {
  for (let id = 1; id <= count(1500); id += 1) {
    await add((p) => p.set(`cart:${id}`, cart(random, products), 'EX', random.int(1, 7) * DAY));
  }
  for (let day = 1; day <= 14; day += 1) {
    const scores = Array.from({ length: count(120) }, () => [
      random.int(1, 900),
      sku(random.int(0, products - 1)),
    ]).flat();
    await add((p) => p.zadd(`leaderboard:sales:2026-11-${String(day).padStart(2, '0')}`, ...scores));
  }
  for (const queue of QUEUES) {
    await add((p) => p.rpush(`queue:${queue}`, ...Array.from({ length: count(150) }, () => job(random))));
  }
  await add((p) => p.rpush('queue:invoices:dead', ...Array.from({ length: 12 }, () => job(random))));
  for (let i = 0; i < count(2500); i += 1) await add((p) => p.xadd('stream:orders', '*', ...order(random, products)));
  await add((p) => p.xgroup('CREATE', 'stream:orders', 'fulfilment', '0'));
}

async function seedOperations(add: Queue, random: Random, count: (n: number) => number): Promise<void> {
  for (const flag of ['checkout-v2', 'dark-mode', 'instant-refund', 'search-beta', 'gift-cards', 'klarna']) {
    await add((p) => p.hset('feature-flags', flag, random.chance(0.5) ? 'on' : 'off'));
    await add((p) => p.set(`flag:${flag}:rollout`, random.int(0, 100)));
  }
  for (let i = 0; i < count(500); i += 1) {
    const address = `10.${random.int(0, 9)}.${random.int(0, 255)}.${random.int(1, 254)}`;
    await add((p) => p.set(`rate:${address}`, random.int(1, 90), 'EX', random.int(5, 60) * MINUTE));
  }
  for (let day = 1; day <= 14; day += 1) {
    const date = `2026-11-${String(day).padStart(2, '0')}`;
    await add((p) => p.pfadd(`visitors:${date}`, ...Array.from({ length: 300 }, () => random.hex(8))));
    await add((p) => p.setbit(`active:${date}`, random.int(0, 5000), 1));
  }
  await add((p) => p.geoadd('stores', 13.405, 52.52, 'Berlin', 2.3522, 48.8566, 'Paris', -9.1393, 38.7223, 'Lisboa'));
  for (let i = 0; i < count(100); i += 1) {
    const header = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    await add((p) => p.set(`image:thumb:${sku(i)}`, Buffer.concat([header, random.bytes(random.int(400, 3000))])));
  }
}

async function seedOddities(add: Queue, random: Random): Promise<void> {
  const line = `${JSON.stringify({ sku: 'SKU-10000', name: 'Oak lamp', price: 129.9, stock: 12, warehouse: 'HAM-2' })}\n`;
  await add((p) => p.set('report:catalogue:export', line.repeat(Math.ceil((5 * 1024 * 1024) / line.length))));
  await add((p) => p.set('report:catalogue:export:gz', gzipSync(line.repeat(2000))));
  await add((p) => p.set(Buffer.from([0xff, 0xfe, 0x00]), Buffer.from([0x00, 0x01, 0xfe, 0xff])));
  await add((p) => p.set('legacy:<img src=x onerror=alert(1)>', '<script>alert(1)</script>'));
  await add((p) => p.hset('legacy:__proto__', '__proto__', 'polluted', 'constructor', 'no'));
  await add((p) => p.set('legacy:\u202Egnp.tpircs', 'a name that reads backwards'));
  await add((p) => p.set('legacy:line\nbreak', 'a name of two lines'));
  await add((p) => p.set('legacy:settings', '{\r\n  "mixed": true,\n  "lineEnds": "both"\r\n}'));
  const fields = Array.from({ length: 20_000 }, (_, i) => [sku(i), `${random.int(0, 500)}`]).flat();
  await add((p) => p.hset('catalogue:index', ...fields));
}

/** Fills an empty database with a shop; gives the number of keys. */
export async function seedShop(redis: Redis, size: ShopSize): Promise<number> {
  const random = new Random(size.seed);
  const count = (n: number): number => Math.max(1, Math.round(n * size.scale));
  const products = count(2300);
  const { add, flush } = batches(redis);
  await seedPeople(add, random, count);
  await seedCatalogue(add, random, products, count);
  await seedTrade(add, random, products, count);
  await seedOperations(add, random, count);
  if (size.oddities) await seedOddities(add, random);
  await flush();
  return redis.dbsize();
}
