import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import type { Part } from '../parts.ts';
import { compactImage } from '../sql/driver.ts';
import type { CountKinds } from '../storeState.ts';
import { manifestFormat, type StoredMain, type StoredPart } from './manifest.ts';
import { nonce, padded, type StoreFolder } from './storeFolder.ts';

/** The state at the end of a log file, to be written down. */
export interface GenerationContent {
  readonly epoch: number;
  readonly seq: number;
  readonly schema: number;
  /** The log file that goes on from here. */
  readonly log: string;
  readonly image: Uint8Array;
  readonly parts: readonly Part[];
  readonly writtenAt: string;
  readonly kindsOf: CountKinds | undefined;
}

/**
 * Writes a generation: the main database, the parts that no file holds yet, then the manifest that names them. Gives way
 * to other work between slices. Dying at any point leaves files that nothing refers to.
 *
 * @param exclusively runs while no other window publishes or removes files
 * @returns false when another window published a newer generation meanwhile
 * @throws the system's error; the generation then does not exist
 */
export async function writeGeneration(
  folder: StoreFolder,
  content: GenerationContent,
  giveWay: () => Promise<void>,
  exclusively: <T>(run: () => Promise<T>) => Promise<T>,
): Promise<boolean> {
  const { epoch, seq, schema, log, writtenAt } = content;
  const packed = await deflated(content.image);
  const file = await folder.write(`main-${padded(seq, 12)}-${nonce()}.bin`, packed, giveWay);
  const main: StoredMain = { ...file, packed: true };
  for (const part of content.parts) part.stored ??= await writePart(folder, part, content.kindsOf, giveWay);
  return exclusively(async () => {
    const parts: StoredPart[] = [];
    for (const part of content.parts) {
      part.stored = await presentFile(folder, part, content.kindsOf, giveWay);
      if (part.stored === undefined) continue;
      // What an earlier generation hid may be seen again: the last word counts, also when it is nothing.
      parts.push({ ...part.stored, hidden: part.hidden });
    }
    const manifest = { format: manifestFormat, epoch, seq, schema, main, parts, log, writtenAt };
    if (!(await folder.publish(manifest, giveWay))) return false;
    folder.removeUnneeded();
    return true;
  });
}

const deflateLater = promisify(deflateRaw);

/** Roll-ups repeat themselves, and the main database is written anew with every generation. Off this thread. */
function deflated(image: Uint8Array): Promise<Uint8Array> {
  return deflateLater(image, { level: 1 });
}

/** The file of a part. Another window may have written its own meanwhile and removed the one that is known here. */
async function presentFile(
  folder: StoreFolder,
  part: Part,
  kindsOf: CountKinds | undefined,
  giveWay: () => Promise<void>,
): Promise<StoredPart | undefined> {
  const { stored } = part;
  if (stored !== undefined && folder.fs.size(folder.at(stored.file)) === stored.bytes) return stored;
  return folder.partInNewest(part.id) ?? (await writePart(folder, part, kindsOf, giveWay));
}

async function writePart(
  folder: StoreFolder,
  part: Part,
  kindsOf: CountKinds | undefined,
  giveWay: () => Promise<void>,
): Promise<StoredPart | undefined> {
  if (part.database === undefined) return undefined;
  const image = compactImage(part.database);
  await giveWay();
  const kinds = await kindsOf?.(part.database, giveWay, () => part.database !== undefined);
  const file = await folder.write(`part-${padded(part.id, 12)}-${nonce()}.db`, image, giveWay);
  const { id, rows, from, to, tables } = part;
  return {
    ...file,
    id,
    rows,
    from,
    to,
    ...(tables === undefined ? {} : { tables }),
    ...(kinds === undefined ? {} : { kinds }),
  };
}
