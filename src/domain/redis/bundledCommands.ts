import type { CommandInfo, CommandTable } from './classify.ts';

/**
 * The commands of Redis 7.0, for servers that hide `COMMAND` from the user or are too old to list subcommands.
 * Made from the answer of a redis-server 7.0.15: marks, position of first and last key, step: names.
 */
const rows = `
+ 0 0 0: acl client cluster config function latency memory module object pubsub script slowlog xgroup xinfo
- 0 0 0: acl|whoami acl|genpass acl|help acl|cat cluster|info cluster|help cluster|getkeysinslot cluster|nodes
cluster|slots cluster|keyslot cluster|links cluster|shards cluster|countkeysinslot cluster|myid config|help discard
exec latency|help memory|doctor memory|malloc-stats memory|help memory|purge memory|stats module|help multi
object|help psubscribe publish pubsub|numsub pubsub|help pubsub|channels pubsub|shardchannels pubsub|shardnumsub
pubsub|numpat punsubscribe slowlog|help subscribe time unsubscribe unwatch xgroup|help xinfo|help
- 1 -1 1: ssubscribe sunsubscribe watch
- 1 1 1: spublish
ad 0 0 0: acl|deluser acl|dryrun acl|log acl|users acl|save acl|getuser acl|load acl|list acl|setuser bgrewriteaof
bgsave cluster|delslots cluster|delslotsrange cluster|slaves cluster|addslots cluster|addslotsrange
cluster|flushslots cluster|replicate cluster|reset cluster|count-failure-reports cluster|bumpepoch
cluster|set-config-epoch cluster|failover cluster|replicas cluster|forget cluster|meet cluster|setslot
cluster|saveconfig config|resetstat config|get config|rewrite config|set debug failover latency|history latency|reset
latency|doctor latency|histogram latency|graph latency|latest module|loadex module|load module|list module|unload
monitor pfselftest psync replconf replicaof save shutdown slaveof slowlog|len slowlog|reset slowlog|get sync
adc 0 0 0: client|unpause client|kill client|no-evict client|list client|unblock client|pause
c 0 0 0: asking auth client|reply client|getredir client|caching client|help client|getname client|tracking
client|setname client|trackinginfo client|info client|id command|list command|help command|getkeys
command|getkeysandflags command|count command|docs command|info echo hello ping quit readonly readwrite reset select
wait
c+ 0 0 0: command
d 0 0 0: info lastsave role
ks 0 0 0: eval evalsha fcall
r 0 0 0: dbsize lolwut randomkey scan
r 1 -1 1: exists mget pfcount sdiff sinter sunion touch
r 1 1 1: bitcount bitfield_ro bitpos dump expiretime geodist geohash geopos georadius_ro georadiusbymember_ro
geosearch get getbit getrange hexists hget hgetall hkeys hlen hmget hrandfield hscan hstrlen hvals lindex llen lpos
lrange pexpiretime pttl scard sismember smembers smismember srandmember sscan strlen substr ttl type xlen xpending
xrange xrevrange zcard zcount zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank zrevrange
zrevrangebylex zrevrangebyscore zrevrank zscan zscore
r 1 2 1: lcs
r 2 2 1: memory|usage object|idletime object|freq object|encoding object|refcount xinfo|consumers xinfo|stream
xinfo|groups
rbkB 0 0 0: xread
rd 0 0 0: keys
rk 0 0 0: sintercard zdiff zinter zintercard zunion
rkd 1 1 1: sort_ro
rks 0 0 0: eval_ro evalsha_ro fcall_ro
s 0 0 0: function|dump function|kill function|help function|list function|stats script|help script|flush
script|exists script|kill script|load script|debug
w 1 -1 1: del pfmerge sdiffstore sinterstore sunionstore unlink
w 1 -1 2: mset msetnx
w 1 1 1: append bitfield decr decrby expire expireat geoadd getdel getex getset hdel hincrby hincrbyfloat hmset hset
hsetnx incr incrby incrbyfloat linsert lpop lpush lpushx lrem lset ltrim move persist pexpire pexpireat pfadd psetex
rpop rpush rpushx sadd set setbit setex setnx setrange spop srem xack xadd xautoclaim xclaim xdel xsetid xtrim zadd
zincrby zpopmax zpopmin zrem zremrangebylex zremrangebyrank zremrangebyscore
w 1 2 1: copy geosearchstore lmove rename renamenx rpoplpush smove zrangestore
w 2 -1 1: bitop
w 2 2 1: xgroup|destroy xgroup|delconsumer xgroup|createconsumer xgroup|setid xgroup|create
wad 2 2 1: pfdebug
wbB 1 -2 1: blpop brpop bzpopmax bzpopmin
wbB 1 2 1: blmove brpoplpush
wbkB 0 0 0: blmpop bzmpop xreadgroup
wd 0 0 0: flushall flushdb swapdb
wd 1 1 1: restore restore-asking
wk 0 0 0: lmpop zmpop
wk 1 1 1: georadius georadiusbymember zdiffstore zinterstore zunionstore
wkd 1 1 1: sort
wkd 3 3 1: migrate
ws 0 0 0: function|restore function|delete function|load function|flush
`;

const flagOf: ReadonlyMap<string, string> = new Map([
  ['r', 'readonly'],
  ['w', 'write'],
  ['a', 'admin'],
  ['b', 'blocking'],
  ['k', 'movablekeys'],
]);
const categoryOf: ReadonlyMap<string, string> = new Map([
  ['d', '@dangerous'],
  ['s', '@scripting'],
  ['B', '@blocking'],
  ['c', '@connection'],
]);

function named(marks: string, names: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set(marks.split('').flatMap((mark) => names.get(mark) ?? []));
}

function parseRow(row: string): CommandInfo[] {
  const [head = '', list = ''] = row.split(':');
  const [marks = '', first, last, step] = head.trim().split(' ');
  const shape = {
    flags: named(marks, flagOf),
    categories: named(marks, categoryOf),
    hasSubcommands: marks.includes('+'),
    firstKey: Number(first),
    lastKey: Number(last),
    step: Number(step),
  };
  return list
    .trim()
    .split(/\s+/)
    .map((name) => ({ name, ...shape }));
}

let table: CommandTable | undefined;

/** The table of Redis 7.0; what it does not name is unknown, hence a dangerous write. */
export function bundledCommandTable(): CommandTable {
  table ??= new Map(
    rows
      .trim()
      .split(/\n(?=\S+ -?\d+ -?\d+ -?\d+:)/)
      .flatMap(parseRow)
      .map((info) => [info.name, info]),
  );
  return table;
}

/** A live table of a server before 7, which lists containers only, completed with the subcommands known here. */
export function withBundledSubcommands(live: CommandTable): CommandTable {
  const complete = new Map(live);
  for (const info of bundledCommandTable().values()) {
    const [container, sub] = info.name.split('|');
    const own = live.get(container ?? '');
    if (sub === undefined || own === undefined || own.hasSubcommands) continue;
    complete.set(own.name, { ...own, hasSubcommands: true });
    complete.set(info.name, info);
  }
  return complete;
}
