import type { CommandOutcome } from '../../app/ports/redis.ts';
import { utf8 } from '../../domain/bytes.ts';
import { asFailure, Failure } from '../../domain/failure.ts';
import { keysOf, type CommandTable } from '../../domain/redis/classify.ts';
import { RedisErrorReply, type RedisArgument, type RedisCommand } from '../../domain/redis/command.ts';
import { slotCount, slotOf } from '../../domain/redis/slot.ts';
import { nodeId, type ClusterNodes } from './clusterNodes.ts';
import { notDone, type Exchanger, type Limits, type Link } from './link.ts';
import { deadline } from './opening.ts';
import type { HostPort } from './redirects.ts';
import { redirectOf, slotRangesOf } from './slotMap.ts';

const maxRedirects = 16;
const tryAgainMs = 50;
const slotsReplyBytes = 16 << 20;

interface Route {
  readonly node: HostPort;
  /** The slot is on its way to that node: it takes the command only after ASKING. */
  readonly asking: boolean;
}

/**
 * Sends each command to the master that holds its key. Redirects are followed to allowed hosts only, and a command is
 * sent again only when a node said that it did not carry it out.
 */
export class ClusterRouter implements Exchanger {
  private readonly nodes: ClusterNodes;
  private table: CommandTable = new Map();
  private readonly owner: (HostPort | undefined)[] = Array.from({ length: slotCount }, () => undefined);
  private masterList: readonly HostPort[] = [];
  private cause: Failure | null = null;
  private refreshing: Promise<void> | undefined;
  private readonly deathListeners: ((cause: Failure) => void)[] = [];

  constructor(nodes: ClusterNodes) {
    this.nodes = nodes;
  }

  /** Masters, in a stable order. */
  masters(): readonly HostPort[] {
    return this.masterList;
  }

  ownerOf(key: Uint8Array): HostPort | undefined {
    return this.owner[slotOf(key)];
  }

  useTable(table: CommandTable): void {
    this.table = table;
  }

  dead(): Failure | null {
    return this.cause;
  }

  onDeath(listener: (cause: Failure) => void): void {
    this.deathListeners.push(listener);
  }

  destroy(cause: Failure): void {
    if (this.cause !== null) return;
    this.cause = cause;
    this.nodes.destroy(cause);
    for (const listener of this.deathListeners) listener(cause);
  }

  /** Asks one node after another who holds which slots; the first that answers counts. Rejects when none does. */
  async discover(timeoutMs: number, signal?: AbortSignal): Promise<Link> {
    const left = deadline(timeoutMs);
    const candidates = [...this.nodes.seeds, ...this.masterList];
    let last = new Failure('CONNECTION_FAILED', 'The connection names no node of the cluster.', {
      nextAction: 'Set cluster.nodes of the connection.',
    });
    for (const [index, node] of candidates.entries()) {
      try {
        const link = await this.nodes.link(node, left() / Math.min(3, candidates.length - index), signal);
        await this.learn(link, node, left());
        return link;
      } catch (error) {
        last = asFailure(error);
        if (last.details?.['trouble'] === 'redirect' || last.code === 'CANCELLED') throw last;
      }
    }
    throw last;
  }

  /** Asks anew which node serves what; what is known stays when none answers. */
  async learnAgain(timeoutMs: number): Promise<void> {
    if (this.refreshing !== undefined) return this.refreshing;
    await this.discover(timeoutMs).then(
      () => undefined,
      // A node that does not answer tells so itself, to whoever needs it.
      () => undefined,
    );
  }

  /** After a node was lost: another may serve its slots now. With no node left the whole connection is dead. */
  refresh(timeoutMs: number): Promise<void> {
    this.refreshing ??= this.discover(timeoutMs)
      .then(
        () => undefined,
        (error: unknown) => this.destroy(asFailure(error)),
      )
      .finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async learn(link: Link, asked: HostPort, deadlineMs: number): Promise<void> {
    const [slots] = await link.exchange([['CLUSTER', 'SLOTS']], { deadlineMs, maxReplyBytes: slotsReplyBytes });
    const ranges = slots?.kind === 'reply' ? slotRangesOf(slots.reply, asked) : null;
    if (ranges === null || ranges.length === 0) throw this.noCluster(link, slots);
    const masters = new Map(ranges.map(({ master }) => [nodeId(master), master]));
    const forbidden = await this.nodes.forbidden([...masters.values()]);
    if (forbidden.length > 0) throw this.nodes.refusal(forbidden);
    for (const { from, to, master } of ranges) this.owner.fill(masters.get(nodeId(master)), from, to + 1);
    this.masterList = [...masters.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, master]) => master);
  }

  private noCluster(link: Link, slots: CommandOutcome | undefined): Failure {
    if (slots !== undefined && slots.kind !== 'reply') return slots.cause;
    return new Failure('CONNECTION_FAILED', `${link.label} does not tell the slots of a cluster.`, {
      details: { path: 'cluster' },
      nextAction: 'Remove `cluster` from the connection if it is a single server, or let the user run CLUSTER SLOTS.',
    });
  }

  async exchange(commands: readonly RedisCommand[], limits: Limits): Promise<readonly CommandOutcome[]> {
    if (this.cause !== null) return notDone(commands, this.cause);
    const left = deadline(limits.deadlineMs);
    if (limits.node !== undefined) return this.toNode(limits.node, commands, limits);
    const outcomes: (CommandOutcome | undefined)[] = commands.map(() => undefined);
    const open: { index: number; route: Route | undefined }[] = [];
    await Promise.all(
      commands.map(async (command, index) => {
        if (command[0].toUpperCase() === 'DBSIZE')
          outcomes[index] = await this.total(command, { ...limits, deadlineMs: left() });
        else open.push({ index, route: this.route(command) });
      }),
    );
    for (let round = 0; open.length > 0; round++) {
      const batch = open.splice(0);
      const sent = batch.map(({ index }) => commands[index] ?? (['PING'] as const));
      const routes = batch.map(({ route }) => route);
      const found = await this.sendAlong(sent, routes, { ...limits, deadlineMs: left() });
      let pause = false;
      batch.forEach(({ index, route }, at) => {
        const outcome = found[at];
        const next = round < maxRedirects ? this.next(outcome, route) : undefined;
        if (next === undefined) outcomes[index] = outcome;
        else open.push({ index, route: next });
        pause ||= next === route;
      });
      if (pause) await new Promise((resolve) => setTimeout(resolve, Math.min(tryAgainMs, left())));
    }
    return outcomes.map((outcome) => outcome ?? { kind: 'notDone', cause: noOwner });
  }

  async transact(body: readonly RedisCommand[], limits: Limits): Promise<readonly CommandOutcome[]> {
    if (this.cause !== null) return notDone(body, this.cause);
    const left = deadline(limits.deadlineMs);
    let route = body.map((command) => this.route(command)).find((found) => found !== undefined);
    for (let round = 0; ; round++) {
      const outcomes = await this.onNode(route, left(), limits.signal, (link) =>
        link.transact(body, { ...limits, deadlineMs: left() }),
      );
      if ('cause' in outcomes) return notDone(body, outcomes.cause);
      // A transaction that met a redirect was aborted as a whole, so it may be sent again as a whole.
      const redirected = outcomes.find((outcome) => this.next(outcome, route) !== undefined);
      const next = redirected === undefined ? undefined : this.next(redirected, route);
      if (next === undefined || next.asking || round >= maxRedirects) return outcomes;
      route = next;
    }
  }

  /** Redirects are answers too: whoever names a node wants to hear of them. */
  private async toNode(
    node: string,
    commands: readonly RedisCommand[],
    limits: Limits,
  ): Promise<readonly CommandOutcome[]> {
    const master = this.masterList.find((each) => nodeId(each) === node);
    const route = master === undefined ? undefined : { node: master, asking: false };
    const found = await this.onNode(route, limits.deadlineMs, limits.signal, (link) => link.exchange(commands, limits));
    return 'cause' in found ? notDone(commands, found.cause) : found;
  }

  /** Keyless questions about the whole: the sum over all masters. */
  private async total(command: RedisCommand, limits: Limits): Promise<CommandOutcome> {
    const routes = this.masterList.map((node) => ({ node, asking: false }));
    const all = await this.sendAlong(
      routes.map(() => command),
      routes,
      limits,
    );
    let sum = 0;
    for (const outcome of all) {
      if (outcome.kind !== 'reply' || typeof outcome.reply !== 'number') return outcome;
      sum += outcome.reply;
    }
    return { kind: 'reply', reply: sum };
  }

  private route(command: RedisCommand): Route | undefined {
    const key = firstKey(command, this.table);
    const node = key === undefined ? this.masterList[0] : this.ownerOf(typeof key === 'string' ? utf8(key) : key);
    const chosen = node ?? this.masterList[0];
    return chosen === undefined ? undefined : { node: chosen, asking: false };
  }

  /** Sends commands grouped by node; outcomes in the order of the commands. */
  private async sendAlong(
    commands: readonly RedisCommand[],
    routes: readonly (Route | undefined)[],
    limits: Limits,
  ): Promise<readonly CommandOutcome[]> {
    const outcomes: CommandOutcome[] = commands.map(() => ({ kind: 'notDone', cause: noOwner }));
    const groups = new Map<string, number[]>();
    routes.forEach((route, index) => {
      if (route === undefined) return;
      const id = `${nodeId(route.node)}${route.asking ? ' asking' : ''}`;
      groups.set(id, [...(groups.get(id) ?? []), index]);
    });
    const left = deadline(limits.deadlineMs);
    await Promise.all(
      [...groups.values()].map(async (indexes) => {
        const route = routes[indexes[0] ?? 0];
        const batch = indexes.flatMap((index): RedisCommand[] => {
          const command = commands[index];
          if (command === undefined) return [];
          return route?.asking === true ? [['ASKING'], command] : [command];
        });
        const found = await this.onNode(route, left(), limits.signal, (link) =>
          link.exchange(batch, { ...limits, deadlineMs: left() }),
        );
        const step = route?.asking === true ? 2 : 1;
        indexes.forEach((index, at) => {
          const outcome =
            'cause' in found ? { kind: 'notDone' as const, cause: found.cause } : found[at * step + step - 1];
          if (outcome !== undefined) outcomes[index] = outcome;
        });
      }),
    );
    return outcomes;
  }

  private async onNode(
    route: Route | undefined,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    use: (link: Link) => Promise<readonly CommandOutcome[]>,
  ): Promise<readonly CommandOutcome[] | { readonly cause: Failure }> {
    if (route === undefined) return { cause: noOwner };
    try {
      return await use(await this.nodes.link(route.node, timeoutMs, signal));
    } catch (error) {
      return { cause: asFailure(error) };
    }
  }

  /** Where a command goes that a node did not carry out; undefined = its outcome stands. */
  private next(outcome: CommandOutcome | undefined, route: Route | undefined): Route | undefined {
    if (outcome?.kind !== 'reply' || !(outcome.reply instanceof RedisErrorReply)) return undefined;
    const { message, prefix } = outcome.reply;
    if (prefix === 'TRYAGAIN') return route;
    const redirect = redirectOf(message);
    if (redirect === null) return undefined;
    const node = { host: redirect.host || (route?.node.host ?? ''), port: redirect.port };
    if (redirect.kind === 'ASK') return { node, asking: true };
    if (this.masterList.some((master) => nodeId(master) === nodeId(node))) this.owner[redirect.slot] = node;
    return { node, asking: false };
  }
}

const noOwner = new Failure('CONNECTION_FAILED', 'No node of the cluster serves this key now. Nothing was sent.', {
  retryable: true,
  nextAction: 'Look at the state of the cluster, then try again.',
});

/** The key that decides the node; scripts say how many keys follow. */
function firstKey(command: RedisCommand, table: CommandTable): RedisArgument | undefined {
  const [key] = keysOf(command, table);
  if (key !== undefined) return key;
  if (/^(EVAL|EVALSHA|FCALL)(_RO)?$/i.test(command[0]) && Number(command[2]) > 0) return command[3];
  if (/^(XREAD|XREADGROUP)$/i.test(command[0])) {
    const streams = command.findIndex((part) => typeof part === 'string' && part.toUpperCase() === 'STREAMS');
    return streams < 0 ? undefined : command[streams + 1];
  }
  return undefined;
}
