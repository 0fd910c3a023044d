import { mkdir, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { ZipReader } from './zipReader.ts';

/**
 * Unpacks one member of a zip into a folder, under the name that the caller asks for.
 *
 * @returns its path
 * @throws Failure CONFLICT when there is no such member, or it is damaged
 */
export async function unpackMember(zipPath: string, member: string, folder: string): Promise<string> {
  const zip = await ZipReader.open(zipPath);
  const found = zip?.members.find(({ path }) => path === member);
  if (zip === undefined || found === undefined) throw damaged(member);
  const path = join(folder, basename(member));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(path, 'w', 0o600);
  try {
    const pieces: Buffer[] = [];
    const read = await zip.read(found, (piece) => pieces.push(piece));
    if (read.damaged) throw damaged(member);
    await file.writeFile(Buffer.concat(pieces));
  } finally {
    await file.close();
    await zip.close();
  }
  return path;
}

function damaged(member: string): Failure {
  return new Failure('CONFLICT', `${member} cannot be read from the file: it is missing or damaged.`, {
    nextAction: 'Verify the bundle to see what differs.',
  });
}
