import { createHash } from 'node:crypto';
import { validationFailure } from '../../../../domain/failure.ts';
import type { BundleVerdict } from '../../../../domain/incidents/definition.ts';
import { manifestPath, sumsPath, verdictOf } from '../../../../domain/incidents/manifest.ts';
import { ZipReader, type ReadMember } from '../../../files/zipReader.ts';
import { codeOf } from '../../disk/fileSystem.ts';
import type { JobControl } from './jobControl.ts';

/** A manifest or a list of sums is never so large. */
const mostTextBytes = 8 << 20;

/**
 * Recomputes everything of a bundle, offline.
 *
 * @throws Failure VALIDATION_ERROR with `details.path` = `path` when there is no zip file
 */
export async function verifyBundle(
  path: string,
  control: JobControl,
): Promise<BundleVerdict & { readonly archiveSha256: string }> {
  const zip = await opened(path);
  if (zip === undefined) throw validationFailure('path', 'The file is no zip file, so it is no incident bundle.');
  try {
    const files: ReadMember[] = [];
    const texts = new Map<string, string>();
    for (const member of zip.members) {
      const isText = member.path === manifestPath || member.path === sumsPath;
      const pieces: Buffer[] = [];
      let kept = 0;
      files.push(
        await zip.read(member, (piece) => {
          kept += piece.length;
          if (isText && kept <= mostTextBytes) pieces.push(piece);
        }),
      );
      if (isText) texts.set(member.path, Buffer.concat(pieces).toString('utf8'));
      await control.checkpoint();
    }
    const verdict = verdictOf(
      {
        files,
        structureIsWhole: await zip.isAsWritten(),
        manifest: texts.get(manifestPath),
        sums: texts.get(sumsPath),
      },
      (text) => createHash('sha256').update(text).digest('hex'),
    );
    return { ...verdict, archiveSha256: await zip.sha256() };
  } finally {
    await zip.close();
  }
}

async function opened(path: string): Promise<ZipReader | undefined> {
  try {
    return await ZipReader.open(path);
  } catch (error) {
    throw validationFailure('path', `The file cannot be read (${codeOf(error) || 'unknown'}).`);
  }
}
