import type { Environment } from '../connections/definition.ts';
import { windowsOf, type HoldingPack } from './decide.ts';
import { nextOpening, minutesPerWeek, type WeekSet } from './week.ts';

/** What will hold back more than one may think when these packs hold together on a connection; as sentences. */
export function conflictsOf(
  packs: readonly HoldingPack[],
  connection: { readonly name: string; readonly environment: Environment },
  nowMs: number,
): readonly string[] {
  const holding = packs.filter(({ content }) => content.enabled);
  return [
    ...environmentConflicts(holding, connection),
    ...windowConflicts(holding, nowMs),
    ...packs
      .filter(({ content }) => !content.enabled)
      .map(({ content }) => `${content.name} is off, so it does not hold until it is turned on.`),
  ];
}

function environmentConflicts(
  packs: readonly HoldingPack[],
  { name, environment }: { readonly name: string; readonly environment: Environment },
): string[] {
  const sentences: string[] = [];
  for (const [a, b] of pairs(packs)) {
    if (a.content.environments.some((each) => b.content.environments.includes(each))) continue;
    const [one, other] = [a, b].map(({ content }) => `${content.name} (${content.environments.join(', ')})`);
    sentences.push(`${one} and ${other} have no environment in common, so together they allow nothing.`);
  }
  for (const { content } of packs) {
    if (content.environments.some((each) => each === environment)) continue;
    const here = environment === 'unknown' ? 'names no environment' : `is ${environment}`;
    sentences.push(
      `${content.name} allows ${content.environments.join(', ')}; ${name} ${here}, so it allows nothing there.`,
    );
  }
  return sentences;
}

function windowConflicts(packs: readonly HoldingPack[], nowMs: number): string[] {
  const sentences = pairs(packs)
    .filter(([a, b]) => a.content.schedulingEnabled && b.content.schedulingEnabled && windowsOf([a, b]).length === 0)
    .map(
      ([a, b]) =>
        `The windows of ${a.content.name} and ${b.content.name} have no minute in common, so together they never open.`,
    );
  const together = windowsOf(packs);
  if (sentences.length > 0 || packs.length < 2) return sentences;
  if (together.length === 0) {
    const names = packs.filter(({ content }) => content.schedulingEnabled).map(({ content }) => content.name);
    return [`The windows of ${names.join(', ')} have no minute in common, so together they never open.`];
  }
  const open = minutesIn(together);
  const hours = Math.round(open / 6) / 10;
  return open < 60 && open < minutesPerWeek && nextOpening(together, nowMs) !== null
    ? [`Together these packs are open for ${hours} hours a week only.`]
    : [];
}

function minutesIn(set: WeekSet): number {
  return set.reduce((total, [from, to]) => total + to - from, 0);
}

function pairs<T>(list: readonly T[]): (readonly [T, T])[] {
  return list.flatMap((a, index) => list.slice(index + 1).map((b) => [a, b] as const));
}
