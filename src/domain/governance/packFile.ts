import { display } from '../display.ts';
import { validationFailure } from '../failure.ts';
import { checkPack, fieldsOf, packFields } from './checkPack.ts';
import { duplicateField } from './duplicateField.ts';
import { contentOf, packLimits, type PackContent, type PolicyPack } from './pack.ts';

/** A pack as a file holds it: who it is, and which version of it this is. */
export interface FiledPack {
  readonly id: string;
  readonly version: number;
  readonly content: PackContent;
}

const fileFields: ReadonlySet<string> = new Set(['format', 'packs']);
const filedFields: ReadonlySet<string> = new Set([...packFields, 'id', 'version']);
const format = 'cachify.policyPacks/1';

export function packFileText(packs: readonly PolicyPack[]): string {
  const filed = packs.map(({ id, version, ...pack }) => ({
    id: id.replace(/^settings:/, ''),
    version,
    ...contentOf(pack),
  }));
  return `${JSON.stringify({ format, packs: filed }, undefined, 2)}\n`;
}

/**
 * The packs of a file, all of them or none.
 * @throws Failure VALIDATION_ERROR that names the field, for example `packs.0.environments`
 */
export function packsOfFile(text: string): readonly FiledPack[] {
  if (text.length > packLimits.fileBytes)
    throw validationFailure('json', 'A file of policy packs has at most 256 KiB.');
  const { packs, format: found } = fieldsOf(parsed(text), '', fileFields, 'a file of policy packs');
  if (found !== format) throw validationFailure('format', `A file of policy packs says "format": "${format}".`);
  if (!Array.isArray(packs)) throw validationFailure('packs', 'Here stands a list of policy packs.');
  const filed = packs.map((entry: unknown, index) => filedPack(entry, `packs.${index}`));
  filed.forEach(({ id }, index) => {
    if (filed.findIndex((other) => other.id === id) !== index)
      throw validationFailure(`packs.${index}.id`, 'Two packs of the file have the same id.');
  });
  return filed;
}

function filedPack(entry: unknown, path: string): FiledPack {
  const { id, version, ...rest } = fieldsOf(entry, path, filedFields, 'a policy pack');
  if (typeof id !== 'string' || !/^[\w.-]{1,64}$/.test(id))
    throw validationFailure(`${path}.id`, 'The id of a pack is 1 to 64 letters, digits, dots, dashes.');
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    throw validationFailure(`${path}.version`, 'The version of a pack is a whole number from 1 on.');
  return { id, version, content: checkPack(rest, path) };
}

function parsed(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw validationFailure('json', 'This is not JSON.');
  }
  const twice = duplicateField(text);
  if (twice !== null)
    throw validationFailure(
      twice,
      `The field \`${display(twice)}\` stands there twice; which one counts is not clear.`,
    );
  return value;
}
