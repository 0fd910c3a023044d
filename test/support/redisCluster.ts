// Three masters on 127.0.0.1 that share the slots, and a trio of Sentinels.
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { ownFolder, removeFolder, spawnOwned, type Owned } from './processes.ts';
import { freePort, startRedis, type RedisBox, type RedisBoxOptions } from './redisBox.ts';
import { waitFor } from './waiting.ts';

export interface RedisCluster {
  readonly boxes: readonly RedisBox[];
  /** `host:port` of each master. */
  readonly nodes: readonly string[];
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly password?: string;
  /** The nodes then speak TLS only, to clients and to each other. */
  readonly tls?: NonNullable<RedisBoxOptions['tls']>;
  /** Names by which the nodes announce themselves to clients, instead of 127.0.0.1. */
  readonly names?: readonly string[];
}

export async function startCluster({ password, tls, names }: ClusterOptions = {}): Promise<RedisCluster> {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--enable-debug-command', 'local'];
  if (password) args.push('--masterauth', password);
  if (tls) args.push('--tls-cluster', 'yes');
  const boxes: RedisBox[] = [];
  for (let i = 0; i < 3; i++) {
    // The bus listens at port + 10,000, which has to be a port still.
    let port = await freePort();
    while (port > 55_000) port = await freePort();
    const name = names?.[i];
    const announced = name
      ? ['--cluster-announce-hostname', name, '--cluster-preferred-endpoint-type', 'hostname']
      : [];
    const secured = { ...(password ? { password } : {}), ...(tls ? { tls } : {}) };
    boxes.push(await startRedis({ args: [...args, ...announced], port, ...secured }));
  }
  const [first] = boxes;
  if (first === undefined) throw new Error('No box');
  const ranges = [
    ['0', '5460'],
    ['5461', '10922'],
    ['10923', '16383'],
  ] as const;
  for (const [index, box] of boxes.entries()) {
    await box.cli('CLUSTER', 'ADDSLOTSRANGE', ...(ranges[index] ?? ['0', '0']));
    await box.cli('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
  }
  for (const box of boxes.slice(1)) await first.cli('CLUSTER', 'MEET', '127.0.0.1', String(box.port));
  await waitFor('the cluster to agree', 20_000, async () => {
    const states = await Promise.all(boxes.map((box) => box.cli('CLUSTER', 'INFO')));
    const known = await Promise.all(boxes.map((box) => box.cli('CLUSTER', 'SLOTS')));
    return (
      states.every((state) => state.includes('cluster_state:ok')) && known.every((slots) => slots.includes('16383'))
    );
  });
  return {
    boxes,
    nodes: boxes.map((box) => `127.0.0.1:${box.port}`),
    stop: async () => {
      await Promise.all(boxes.map((box) => box.stop()));
    },
  };
}

export interface SentinelTrio {
  readonly master: RedisBox;
  readonly replica: RedisBox;
  readonly nodes: readonly string[];
  stop(): Promise<void>;
}

/** A master, a replica and three Sentinels that watch over `shop`. */
export async function startSentinels(password: string): Promise<SentinelTrio> {
  const auth = ['--masterauth', password];
  const master = await startRedis({ password, args: [...auth, '--enable-debug-command', 'local'] });
  const replicaOf = ['--replicaof', '127.0.0.1', String(master.port)];
  const replica = await startRedis({ password, args: [...auth, ...replicaOf] });
  const dir = ownFolder('cachify-sentinel-');
  const sentinels: Owned[] = [];
  const nodes: string[] = [];
  for (let i = 0; i < 3; i++) {
    const port = await freePort();
    const file = join(dir, `sentinel-${i}.conf`);
    writeFileSync(
      file,
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${dir}`,
        `sentinel monitor shop 127.0.0.1 ${master.port} 2`,
        `sentinel auth-pass shop ${password}`,
        'sentinel down-after-milliseconds shop 1000',
        'sentinel failover-timeout shop 5000',
        '',
      ].join('\n'),
    );
    sentinels.push(await spawnOwned('redis-server', [file, '--sentinel'], { cwd: dir }));
    nodes.push(`127.0.0.1:${port}`);
  }
  await waitFor('the replica to follow', 10_000, async () => (await replica.cli('ROLE')).includes('connected'));
  await waitFor('the Sentinels to know each other', 20_000, () =>
    sentinels.every((sentinel) => (sentinel.output().match(/\+sentinel sentinel/g) ?? []).length >= 2),
  );
  return {
    master,
    replica,
    nodes,
    async stop() {
      await Promise.all([...sentinels.map((sentinel) => sentinel.stop()), master.stop(), replica.stop()]);
      removeFolder(dir);
    },
  };
}
