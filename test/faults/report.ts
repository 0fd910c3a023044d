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
