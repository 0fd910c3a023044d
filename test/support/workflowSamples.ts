// The keyspace and the workflows that crash tests run on.
export type SweptKind = 'delete' | 'ttl' | 'warmup';

/** Makes `count` keys of six types below `tmp:`, every fourth with an expiry, and one key outside. */
export const fillSix = (count: number): string =>
  `for i=1,${count} do local k='tmp:'..(i%3)..':'..i local m=i%6
   if m==0 then redis.call('SET',k,'v'..i) elseif m==1 then redis.call('HSET',k,'f',i,'g','x')
   elseif m==2 then redis.call('RPUSH',k,i,'a','b') elseif m==3 then redis.call('SADD',k,i,'m')
   elseif m==4 then redis.call('ZADD',k,i,'m',2,'n') else redis.call('XADD',k,'1-'..i,'f','v') end
   if i%4==0 then redis.call('PEXPIREAT',k,4102444800000+i) end end
   redis.call('SET','keep:1','x') return 1`;

export function planOf(kind: SweptKind) {
  const connectionId = 'test';
  if (kind === 'ttl') {
    const parameters = { pattern: 'tmp:*', ttlSeconds: 7200, mode: 'missing', jitterPercent: 10 };
    return { connectionId, kind: 'ttlNormalize', parameters } as const;
  }
  if (kind === 'warmup') {
    const entries = Array.from({ length: 300 }, (_, i) => ({
      key: `warm:${i}`,
      value: `value ${i}`,
      ttlSeconds: 5000 + i,
    }));
    return { connectionId, kind: 'warmupSet', parameters: { entries } } as const;
  }
  return { connectionId, kind: 'deleteByPattern', parameters: { pattern: 'tmp:*' } } as const;
}

/** What others do between the plan and the run. */
export const drift: Readonly<Record<SweptKind, string>> = {
  delete:
    "redis.call('DEL','tmp:0:6','tmp:2:200') redis.call('DEL','tmp:0:18') redis.call('LPUSH','tmp:0:18','x') return 1",
  ttl: "redis.call('DEL','tmp:0:6') redis.call('PEXPIREAT','tmp:1:7',4102444800000) return 1",
  warmup: "redis.call('SET','warm:7','somebody') return 1",
};
