import { infoKinds } from './serverFacts.ts';
import type { Shape } from './shapes.ts';

// What may leave, dataset by dataset. Whatever a record holds besides these fields is left out.

const cause: Shape = { fields: { code: 'fact', message: 'text', nextAction: 'text' } };

/** Facts of a timeline event; each name is one that some action records. */
export const eventDetails: Shape = {
  fields: {
    acknowledged: 'number',
    allowed: 'boolean',
    attempts: {
      list: { fields: { at: 'time', durationMs: 'number', errorCode: 'fact', delayMs: 'number', stopReason: 'fact' } },
    },
    arguments: 'number',
    by: 'fact',
    bytes: 'number',
    cause: 'text',
    client: 'host',
    code: 'fact',
    command: 'fact',
    commands: 'number',
    conflicts: 'number',
    count: 'number',
    db: 'number',
    done: 'number',
    dropped: 'number',
    event: 'fact',
    failed: 'number',
    failure: 'text',
    found: 'number',
    from: 'fact',
    items: 'number',
    kind: 'fact',
    looked: 'number',
    maxMemoryBytes: 'number',
    maxMemoryPolicy: 'fact',
    minutes: 'number',
    mode: 'fact',
    notDone: 'number',
    notRetained: 'number',
    packId: 'id',
    packIds: { list: 'id' },
    packName: 'label',
    packNames: { list: 'label' },
    nextOpening: 'time',
    planned: 'number',
    prefix: 'key',
    reason: 'text',
    restored: 'number',
    rule: 'fact',
    ruleId: 'id',
    runId: 'id',
    scope: 'fact',
    seen: 'number',
    skipped: 'number',
    slowlogId: 'number',
    source: 'fact',
    state: 'fact',
    to: 'fact',
    unknown: 'boolean',
    until: 'time',
    uptimeSeconds: 'number',
    user: 'user',
    version: 'fact',
    violations: { list: { fields: { packId: 'id', packName: 'label', rule: 'fact', message: 'text' } } },
    watchedMs: 'number',
    what: 'fact',
  },
};

/** Where a server's time went between two samples. */
export const busiestCommand: Shape = {
  fields: { command: 'fact', calls: 'number', usec: 'number', rejected: 'number', failed: 'number' },
};

export const logRecord: Shape = {
  fields: {
    at: 'time',
    level: 'fact',
    event: 'text',
    connectionId: 'label',
    action: 'fact',
    code: 'fact',
    kind: 'fact',
    command: 'fact',
    count: 'number',
    ms: 'number',
    state: 'fact',
    version: 'fact',
  },
};

export const workflowRecord: Shape = {
  fields: {
    id: 'id',
    name: 'label',
    kind: 'fact',
    connection: 'label',
    state: 'fact',
    startedAt: 'time',
    finishedAt: 'time',
    retryCount: 'number',
    undone: 'boolean',
    parameters: {
      fields: {
        pattern: 'key',
        type: 'fact',
        idleSeconds: 'number',
        ttlSeconds: 'number',
        mode: 'fact',
        jitterPercent: 'number',
        overwrite: 'boolean',
        file: 'path',
        entries: 'number',
      },
    },
    counts: {
      fields: {
        planned: 'number',
        done: 'number',
        skipped: 'number',
        skippedMissing: 'number',
        skippedConflict: 'number',
        failed: 'number',
        inDoubt: 'number',
      },
    },
    policyPackIds: { list: 'id' },
    scheduleWindowId: 'id',
    resumedFrom: 'id',
    resumedBy: 'id',
    error: cause,
    attempts: {
      list: {
        fields: { runId: 'id', startedAt: 'time', endedAt: 'time', state: 'fact', done: 'number', error: cause },
      },
    },
    happenings: { list: { fields: { at: 'time', text: 'text' } } },
    problems: { list: { fields: { index: 'number', outcome: 'fact', reason: 'fact', message: 'text' } } },
  },
};

const ruleFields: Readonly<Record<string, Shape>> = {
  id: 'id',
  name: 'label',
  metric: 'fact',
  aggregation: 'fact',
  operator: 'fact',
  threshold: 'number',
  recoveryThreshold: 'number',
  lookbackMinutes: 'number',
  forSeconds: 'number',
  severity: 'fact',
  minSamples: 'number',
  onNoData: 'fact',
  enabled: 'boolean',
  onError: 'fact',
  keepFiringSeconds: 'number',
  origin: 'fact',
  scope: { fields: { connections: { list: 'label' }, environments: { list: 'fact' } } },
  connection: 'label',
  environment: 'fact',
  createdAt: 'time',
  updatedAt: 'time',
};

export const alertsRecord: Shape = {
  fields: {
    events: {
      list: {
        fields: {
          id: 'id',
          ruleId: 'id',
          episodeFrom: 'time',
          episodeTo: 'time',
          connection: 'label',
          severity: 'fact',
          title: 'text',
          message: 'text',
          source: 'fact',
          createdAt: 'time',
          read: 'boolean',
        },
      },
    },
    rules: { list: { fields: ruleFields } },
    states: {
      list: {
        fields: {
          ruleId: 'id',
          connection: 'label',
          state: 'fact',
          overlay: 'fact',
          value: 'number',
          since: 'time',
        },
      },
    },
  },
};

export const decisionRecord: Shape = {
  fields: {
    id: 'id',
    at: 'time',
    action: 'fact',
    connection: 'label',
    environment: 'fact',
    allowed: 'boolean',
    items: 'number',
    runId: 'id',
    packIds: { list: 'id' },
    violations: { list: { fields: { packId: 'id', packName: 'label', rule: 'fact', message: 'text' } } },
    nextOpening: 'time',
  },
};

const numbersByName: Shape = { names: 'fact', values: 'number' };

/** One per `record`; see docs/incidents.md. */
export const diagnosticRecords: Readonly<Record<string, Shape>> = {
  app: {
    fields: {
      record: 'fact',
      version: 'fact',
      vscode: 'fact',
      node: 'fact',
      platform: 'fact',
      arch: 'fact',
      trusted: 'boolean',
      storeHealth: 'fact',
      lostTimelineRows: 'number',
      collectedAt: 'time',
    },
  },
  connection: {
    fields: {
      record: 'fact',
      connection: 'label',
      name: 'label',
      environment: 'fact',
      destination: 'host',
      mode: 'fact',
      tls: 'boolean',
      ssh: 'boolean',
      db: 'number',
      readOnly: 'boolean',
      scope: 'fact',
      tags: { list: 'label' },
      state: 'fact',
      cause: 'text',
      serverVersion: 'fact',
      role: 'fact',
      user: 'user',
      timeoutMs: 'number',
      retry: { fields: { maxAttempts: 'number', backoffMs: 'number', strategy: 'fact', abortOnErrorRate: 'number' } },
      capabilities: { names: 'fact', values: { fields: { available: 'boolean', reason: 'text' } } },
    },
  },
  info: {
    fields: { record: 'fact', connection: 'label', at: 'time', fields: { fields: infoKinds } },
  },
  keyspace: {
    fields: {
      record: 'fact',
      connection: 'label',
      db: 'number',
      keys: 'number',
      expires: 'number',
      averageTtlMs: 'number',
    },
  },
  commandStats: {
    fields: {
      record: 'fact',
      connection: 'label',
      command: 'fact',
      calls: 'number',
      usecPerCall: 'number',
      failed: 'number',
    },
  },
  config: {
    fields: { record: 'fact', connection: 'label', name: 'fact', value: 'figure', usual: 'figure' },
  },
  slowlog: {
    fields: {
      record: 'fact',
      connection: 'label',
      id: 'number',
      at: 'time',
      durationMs: 'number',
      command: 'fact',
      key: 'key',
      argumentCount: 'number',
      client: 'host',
    },
  },
  latency: {
    fields: { record: 'fact', connection: 'label', event: 'fact', at: 'time', durationMs: 'number' },
  },
  pack: {
    fields: {
      record: 'fact',
      id: 'id',
      name: 'label',
      description: 'text',
      environments: { list: 'fact' },
      maxWorkflowItems: 'number',
      maxRetryAttempts: 'number',
      schedulingEnabled: 'boolean',
      executionWindows: {
        list: {
          fields: { id: 'id', weekdays: { list: 'fact' }, startTime: 'fact', endTime: 'fact', timezone: 'fact' },
        },
      },
      enabled: 'boolean',
      connections: { list: 'label' },
    },
  },
  coverage: {
    fields: { record: 'fact', connection: 'label', coverage: 'number', operations: numbersByName },
  },
  problem: {
    fields: { record: 'fact', connection: 'label', what: 'fact', code: 'fact', reason: 'text' },
  },
};
