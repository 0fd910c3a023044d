/** One line of numbers per kind of fault, for people and for the run's log. */
export function report(what: string, numbers: Readonly<Record<string, number | string>>): void {
  const parts = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
  console.log(`    ${what}: ${parts.join(', ')}`);
}
