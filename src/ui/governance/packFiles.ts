import { window, workspace } from 'vscode';
import type { GovernanceService } from '../../app/governance/governanceService.ts';
import { display } from '../../domain/display.ts';
import { Failure, validationFailure } from '../../domain/failure.ts';
import { formatCounted } from '../../domain/format.ts';
import { packLimits, type PolicyPack } from '../../domain/governance/pack.ts';

const filters = { 'Policy packs': ['json'] };

/** One pack, or all of the store, into a file that the person chooses. */
export async function exportPacks(service: GovernanceService, pack: PolicyPack | undefined): Promise<void> {
  const json = await service.exportPacks(pack === undefined ? undefined : [pack.id]);
  const target = await window.showSaveDialog({
    title: pack === undefined ? 'Export all policy packs' : `Export ${display(pack.name)}`,
    saveLabel: 'Export policy packs',
    filters,
  });
  if (target === undefined) return;
  await workspace.fs.writeFile(target, new TextEncoder().encode(json));
  void window.showInformationMessage(`Exported to ${display(target.fsPath)}.`);
}

export async function importPacks(service: GovernanceService): Promise<void> {
  const [file] =
    (await window.showOpenDialog({ title: 'Import policy packs', openLabel: 'Import policy packs', filters })) ?? [];
  if (file === undefined) return;
  const { size } = await workspace.fs.stat(file);
  if (size > packLimits.fileBytes) throw validationFailure('json', 'A file of policy packs has at most 256 KiB.');
  const bytes = await workspace.fs.readFile(file);
  const packs = await service.importPacks(textOf(bytes));
  void window.showInformationMessage(
    `${formatCounted(packs.length, 'policy pack')} imported. They hold once they are assigned to connections.`,
  );
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Failure('VALIDATION_ERROR', 'The file is not text in UTF-8. Nothing was imported.', {
      details: { path: 'json' },
    });
  }
}
