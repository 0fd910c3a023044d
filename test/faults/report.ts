/** How much of the faults is tried: `FAULTS=short` inside `npm test`, `full` by default, `long` on demand. */
export const faultsMode = modeOf(process.env['FAULTS']);

function modeOf(value: string | undefined): 'short' | 'full' | 'long' {
  if (value === undefined || value === '') return 'full';
  if (value === 'short' || value === 'full' || value === 'long') return value;
  throw new Error(`FAULTS is ${value}: it may be short, full or long`);
}

/** One line of numbers per kind of fault, for people and for the run's log. */
export function report(what: string, numbers: Readonly<Record<string, number | string>>): void {
  const parts = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
  console.log(`    ${what}: ${parts.join(', ')}`);
}

/**
 * A long run in pieces: `FAULTS_PIECE=2/5` tries the second fifth of the points of the longest tests. @returns whether the
 * point with this number is tried
 */
export function isInPiece(point: number): boolean {
  const [, piece, pieces] = /^(\d+)\/(\d+)$/.exec(process.env['FAULTS_PIECE'] ?? '1/1') ?? [];
  if (piece === undefined || pieces === undefined)
    throw new Error('FAULTS_PIECE is a piece of a number of pieces: 2/5');
  return point % Number(pieces) === Number(piece) % Number(pieces);
}
