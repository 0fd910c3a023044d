import { textOf } from '../../domain/bytes.ts';
import type { ConnectionDefinition } from '../../domain/connections/definition.ts';
import { KeyList } from '../../domain/keys/keyList.ts';
import type { RedisReply } from '../../domain/redis/command.ts';
import type { NodeMark, ServerMark } from '../../domain/workflows/definition.ts';
import { markOfInfo, serverChange, type ServerChange } from '../../domain/workflows/serverMark.ts';
import { spread } from '../../domain/workflows/spread.ts';
import type { ClusterView } from '../ports/redis.ts';
import type { PlanReader } from '../ports/workflows.ts';
import type { WorkflowParts } from './parts.ts';

/** What a run needs to know of the server that answers now. */
export interface ServerNow {
  readonly mark: ServerMark;
  /** Server clock minus ours, milliseconds. */
  readonly clockOffsetMs: number;
  /** Whether PEXPIRETIME answers. */
  readonly absoluteExpiry: boolean;
}

function destinationOf(definition: ConnectionDefinition): string {
  if (definition.cluster !== undefined) return [...definition.cluster.nodes].sort().join(' ');
  return definition.socketPath ?? `${definition.host}:${definition.port}`;
}

/** Asks the server who it is and what time it has. Where INFO is denied, its marks are null. */
export async function serverNow(
  parts: WorkflowParts,
  definition: ConnectionDefinition,
  action: string,
): Promise<ServerNow> {
  const { session } = await parts.sessions.active(definition.uid);
  const before = parts.clock.wallMs();
  const replies = await parts.gate.run(definition.uid, {
    action,
    keyOrPattern: '',
    record: false,
    tolerateErrorReplies: true,
    commands: [['TIME'], ['INFO', 'server'], ['INFO', 'replication']],
  });
  const middle = (before + parts.clock.wallMs()) / 2;
  const known = { db: session.server.db, user: session.server.user, destination: destinationOf(definition) };
  const [time, ...infos] = replies;
  const serverMs = timeReply(time);
  const nodes = session.cluster === undefined ? undefined : await nodesNow(parts, definition, session.cluster, action);
  return {
    mark: { ...markOfInfo(infos.map(textReply).join('\n'), known), ...(nodes === undefined ? {} : { nodes }) },
    clockOffsetMs: Number.isNaN(serverMs) ? 0 : Math.round(serverMs - middle),
    absoluteExpiry: session.commandTable.has('pexpiretime'),
  };
}

async function nodesNow(
  parts: WorkflowParts,
  definition: ConnectionDefinition,
  cluster: ClusterView,
  action: string,
): Promise<readonly NodeMark[]> {
  await cluster.learn(definition.timeoutMs);
  const known = { db: 0, user: '', destination: '' };
  return Promise.all(
    cluster.nodes().map(async (node) => {
      const infos = await parts.gate.run(definition.uid, {
        action,
        keyOrPattern: '',
        record: false,
        tolerateErrorReplies: true,
        node,
        commands: [
          ['INFO', 'server'],
          ['INFO', 'replication'],
        ],
      });
      const { runId, replicationId, previousReplicationId } = markOfInfo(infos.map(textReply).join('\n'), known);
      return { node, runId, replicationId, previousReplicationId };
    }),
  );
}

function textReply(reply: RedisReply | undefined): string {
  return reply instanceof Uint8Array ? (textOf(reply) ?? '') : '';
}

function timeReply(reply: RedisReply | undefined): number {
  if (!Array.isArray(reply)) return Number.NaN;
  const [seconds, micros] = (reply as readonly RedisReply[]).map((part) => Number(textReply(part)));
  return (seconds ?? 0) * 1000 + Math.floor((micros ?? 0) / 1000);
}

const evidenceItems = 50;

/**
 * Whether the server of now is the one of the plan. Another process whose replication id proves nothing is looked at:
 * when most of a sample of the items to come are there as planned, it holds the same data.
 */
export async function judgeServer(
  parts: WorkflowParts,
  definition: ConnectionDefinition,
  request: { readonly known: ServerMark; readonly next: number; readonly now: ServerMark; readonly reader: PlanReader },
): Promise<ServerChange> {
  const { known, next, now, reader } = request;
  const change = serverChange(known, now);
  if (change.kind !== 'unproven') return change;
  const found = await sampleAsPlanned(parts, definition, { reader, next, nodes: change.nodes });
  if (found === null || found.asPlanned * 2 < found.asked) return change;
  const words = `${change.words}, and ${found.asPlanned} of ${found.asked} sampled items are there as planned`;
  return { kind: 'succeeded', words };
}

interface SampleRequest {
  readonly reader: PlanReader;
  readonly next: number;
  /** Of a cluster: only items that live there; absent = any. */
  readonly nodes: readonly string[] | undefined;
}

async function sampleAsPlanned(
  parts: WorkflowParts,
  definition: ConnectionDefinition,
  { reader, next, nodes }: SampleRequest,
): Promise<{ readonly asked: number; readonly asPlanned: number } | null> {
  const left = reader.count - next;
  if (left <= 0) return null;
  const { cluster } = (await parts.sessions.active(definition.uid)).session;
  const most = nodes === undefined ? evidenceItems : evidenceItems * 10;
  const picks = Array.from({ length: Math.min(most, left) }, (_, at) => next + Math.floor(spread(at) * left));
  const indices = [...new Set(picks)].sort((a, b) => a - b);
  const sampled = await reader.items(indices.map((index) => [index, index + 1] as const));
  // Keys of the other nodes say nothing about the nodes in question.
  const items = sampled
    .filter(({ type, key }) => type !== 'none' && (nodes?.includes(cluster?.nodeOf(key) ?? '') ?? true))
    .slice(0, evidenceItems);
  if (items.length === 0) return null;
  const columns = await parts.gate.describe(definition.uid, KeyList.of(items.map(({ key }) => key)), { type: true });
  const asPlanned = items.filter(({ type }, at) => {
    const seen = columns.types[at] ?? 'none';
    return type === '' ? seen !== 'none' : seen === type;
  }).length;
  return { asked: items.length, asPlanned };
}
