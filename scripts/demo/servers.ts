import { Redis } from 'ioredis';
import { startRedis } from '../../test/support/redisBox.ts';
import { seedShop, type ShopSize } from './shop.ts';
import { startTraffic } from './traffic.ts';

export interface DemoServer {
  readonly id: string;
  readonly name: string;
  readonly environment: 'dev' | 'staging' | 'prod';
  readonly port: number;
  readonly keys: number;
  stop(): Promise<void>;
}

interface Plan extends ShopSize {
  readonly id: string;
  readonly name: string;
  readonly environment: DemoServer['environment'];
  /** Commands per second that customers send. */
  readonly perSecond: number;
}

const plans: readonly Plan[] = [
  { id: 'shop-dev', name: 'Shop dev', environment: 'dev', scale: 1, seed: 11, oddities: true, perSecond: 30 },
  {
    id: 'shop-staging',
    name: 'Shop staging',
    environment: 'staging',
    scale: 0.15,
    seed: 12,
    oddities: false,
    perSecond: 8,
  },
  { id: 'shop-prod', name: 'Shop prod', environment: 'prod', scale: 0.4, seed: 13, oddities: false, perSecond: 20 },
];

const CONFIGURATION = [
  '--maxmemory',
  '256mb',
  '--slowlog-log-slower-than',
  '3000',
  '--slowlog-max-len',
  '256',
  '--latency-monitor-threshold',
  '10',
];

async function startServer(plan: Plan, withTraffic: boolean): Promise<DemoServer> {
  const box = await startRedis({ args: CONFIGURATION });
  const client = new Redis({ host: box.host, port: box.port, connectionName: 'shop-web' });
  client.on('error', () => undefined); // ioredis reconnects by itself; the end of the demo is not an event
  const keys = await seedShop(client, plan);
  const traffic = withTraffic ? startTraffic(client, plan.perSecond, plan.seed) : undefined;
  const { id, name, environment } = plan;
  return {
    id,
    name,
    environment,
    keys,
    port: box.port,
    async stop() {
      await traffic?.stop();
      client.disconnect();
      await box.stop();
    },
  };
}

/** Starts the three Redis servers of the demo shop, filled, with customers in them unless pictures have to repeat. */
export function startDemoServers(withTraffic = true): Promise<DemoServer[]> {
  return Promise.all(plans.map((plan) => startServer(plan, withTraffic)));
}
