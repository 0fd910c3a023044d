import { utf8, type Bytes } from '../../bytes.ts';
import { validationFailure } from '../../failure.ts';

/** Checks of parameters that several kinds share. Each throws VALIDATION_ERROR that names `parameters.<field>`. */

type Fields = Readonly<Record<string, unknown>>;

export function onlyKnown(fields: Fields, known: readonly string[]): void {
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) throw invalid(name, 'is not a parameter of this workflow');
  }
}

export function pattern(fields: Fields): string {
  const value = fields['pattern'];
  if (typeof value !== 'string' || value === '') throw invalid('pattern', 'is a Redis pattern such as `session:*`');
  return value;
}

export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw invalid(name, 'is text');
  return value;
}

export function optionalNumber(fields: Fields, name: string, rule: NumberRule): number | undefined {
  return fields[name] === undefined ? undefined : number(fields, name, rule);
}

export interface NumberRule {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

export function number(fields: Fields, name: string, rule: NumberRule): number {
  const value = fields[name];
  const fits = typeof value === 'number' && value >= rule.least && value <= rule.most;
  if (!fits || (rule.whole && !Number.isInteger(value))) {
    const kind = rule.whole ? 'a whole number' : 'a number';
    throw invalid(name, `is ${kind} from ${rule.least} to ${rule.most.toLocaleString('en-US')}`);
  }
  return value;
}

export function optionalBoolean(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value !== undefined && typeof value !== 'boolean') throw invalid(name, 'is true or false');
  return value;
}

export function invalid(name: string, rule: string): Error {
  return validationFailure(`parameters.${name}`, `\`${name}\` ${rule}.`);
}

/** Ten years: far beyond any cache's use, near enough that no arithmetic overflows. */
export const longestTtlSeconds = 10 * 365 * 24 * 3600;

export function textBytes(text: string): Bytes {
  return utf8(text);
}
