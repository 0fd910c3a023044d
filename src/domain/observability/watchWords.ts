import { formatCount, formatCounted, formatPercent } from '../format.ts';
import { watchCosts } from '../governance/guard.ts';

/** What a primary of a cluster runs. */
export interface PrimaryLoad {
  /** `host:port` */
  readonly node: string;
  /** Commands per second; null = not told. */
  readonly opsPerSecond: number | null;
}

export interface WatchedLoad {
  /** Commands per second of the server, or of all primaries together; null = not told. */
  readonly opsPerSecond: number | null;
  /** Of a cluster only. */
  readonly primaries?: readonly PrimaryLoad[];
  readonly isProd: boolean;
}

/** Commands per second below which a server has so much time left that nobody feels a watch. */
const idleBelow = 1000;

/** What a watch of the server `name` will do and cost, as sentences for the person who decides on it. */
export function watchSentences(
  name: string,
  { source, seconds }: { readonly source: keyof typeof watchCosts; readonly seconds: number },
  load: WatchedLoad,
): string[] {
  return [
    ...(load.primaries === undefined
      ? ofServer(name, source, load.opsPerSecond)
      : ofCluster(name, source, load.opsPerSecond, load.primaries)),
    'Reading COMMANDSTATS, which the charts do anyway, costs next to nothing.',
    `The watch ends by itself after ${seconds} s, or when you stop it. Of what is seen only key patterns and counts are kept.`,
    ...(load.isProd ? ['This is a production connection: ask yourself whether somebody will notice.'] : []),
  ];
}

function ofServer(name: string, source: keyof typeof watchCosts, opsPerSecond: number | null): string[] {
  const rate =
    opsPerSecond === null
      ? 'The server does not say how busy it is.'
      : `${name} runs ${formatCount(opsPerSecond)} commands per second at this moment.`;
  return [rate, measuredCost(source, opsPerSecond)];
}

function ofCluster(
  name: string,
  source: keyof typeof watchCosts,
  opsPerSecond: number | null,
  primaries: readonly PrimaryLoad[],
): string[] {
  const all = formatCounted(primaries.length, 'primary', 'primaries');
  if (opsPerSecond === null) {
    return [
      `None of the ${all} of ${name} says how busy it is.`,
      measuredCost(source, null),
      'Each primary is watched on a connection of its own, and each pays this.',
    ];
  }
  const told = primaries.flatMap(({ node, opsPerSecond: rate }) => (rate === null ? [] : [{ node, rate }]));
  const silent = primaries.filter((each) => each.opsPerSecond === null).map(({ node }) => node);
  const busiest = told.reduce((most, each) => (each.rate > most.rate ? each : most));
  const most =
    opsPerSecond === 0
      ? ''
      : ` The busiest is ${busiest.node} with ${formatCount(busiest.rate)}, ${formatPercent(busiest.rate / opsPerSecond)} of them.`;
  const unsaid =
    silent.length === 0 ? '' : ` Not in this figure, since they do not say how busy they are: ${silent.join(', ')}.`;
  const least = silent.length === 0 ? 'about' : 'at least';
  const sent =
    source === 'monitor'
      ? `together they will send ${least} ${formatCount(opsPerSecond)} lines per second, one for each command.`
      : 'together they will send a message for each key that those commands change.';
  const first = busiest.rate < idleBelow ? '' : ` ${busiest.node} will feel it first.`;
  return [
    `${name} runs ${formatCount(opsPerSecond)} commands per second at this moment, on ${all} together.${most}${unsaid}`,
    measuredCost(source, silent.length === 0 ? busiest.rate : null),
    `Each primary is watched on a connection of its own, and each pays this: ${sent}${first}`,
  ];
}

function measuredCost(source: keyof typeof watchCosts, opsPerSecond: number | null): string {
  const cost = `${watchCosts[source][0]?.toUpperCase()}${watchCosts[source].slice(1)}`;
  return opsPerSecond !== null && opsPerSecond < idleBelow
    ? `${cost}; at this rate it will hardly be felt.`
    : `${cost}.`;
}
