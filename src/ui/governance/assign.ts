import { window } from 'vscode';
import type { ConnectionService, ConnectionView } from '../../app/connections/connectionService.ts';
import type { GovernanceService } from '../../app/governance/governanceService.ts';
import type { Clock } from '../../app/ports/clock.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import type { PolicyPack } from '../../domain/governance/pack.ts';
import { packState } from '../../domain/governance/words.ts';
import type { PackConnectionNode } from '../trees/governanceNodes.ts';

export interface AssignParts {
  readonly service: GovernanceService;
  readonly connections: ConnectionService;
  readonly clock: Clock;
}

/** Which packs hold on one connection. */
export async function assignFromConnection(parts: AssignParts, view: ConnectionView): Promise<void> {
  const { service, clock } = parts;
  const { uid, name } = view.summary;
  const packs = (await service.packs()).filter(({ source }) => source === 'store');
  if (packs.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'There is no policy pack to assign yet.', {
      nextAction: 'Create one with "Cachify: New Policy Pack".',
    });
  }
  const held = await service.storedPackIds(uid);
  const chosen = await window.showQuickPick(
    packs.map((pack) => ({
      label: display(pack.name),
      description: packState(pack, clock.wallMs()),
      picked: held.includes(pack.id),
      id: pack.id,
    })),
    {
      canPickMany: true,
      title: `Policy packs on ${display(name)}`,
      placeHolder: 'Packs add up: the most restrictive wins',
      ignoreFocusOut: true,
    },
  );
  if (chosen === undefined) return;
  await assign(
    parts,
    uid,
    name,
    chosen.map(({ id }) => id),
  );
}

/** On which connections one pack holds. */
export async function assignFromPack(parts: AssignParts, pack: PolicyPack): Promise<void> {
  const { service, connections } = parts;
  const usable = connections.views().filter(({ entry }) => entry.usable);
  const held = new Map(
    await Promise.all(
      usable.map(async ({ summary }) => [summary.uid, await service.storedPackIds(summary.uid)] as const),
    ),
  );
  const chosen = await window.showQuickPick(
    usable.map(({ summary }) => ({
      label: display(summary.name),
      description: summary.environment === 'unknown' ? 'no environment' : summary.environment,
      picked: held.get(summary.uid)?.includes(pack.id) === true,
      uid: summary.uid,
    })),
    {
      canPickMany: true,
      title: `${display(pack.name)} holds on`,
      placeHolder: 'Choose connections',
      ignoreFocusOut: true,
    },
  );
  if (chosen === undefined) return;
  for (const { summary } of usable) {
    const before = held.get(summary.uid) ?? [];
    const others = before.filter((id) => id !== pack.id);
    const now = chosen.some(({ uid }) => uid === summary.uid);
    if (now === before.includes(pack.id)) continue;
    await assign(parts, summary.uid, summary.name, now ? [...others, pack.id] : others);
  }
}

/** The pack no longer holds on the connection. */
export async function unassign(service: GovernanceService, { packId, definition }: PackConnectionNode): Promise<void> {
  const left = (await service.storedPackIds(definition.uid)).filter((id) => id !== packId);
  await service.assign({ connectionId: definition.uid, packIds: left });
}

/** Conflicts are said before they take hold, and the person decides. */
async function assign({ service }: AssignParts, uid: string, name: string, packIds: readonly string[]): Promise<void> {
  const warnings = packIds.length === 0 ? [] : await service.conflicts(uid, packIds);
  if (warnings.length > 0) {
    const anyway = 'Assign anyway';
    const answer = await window.showWarningMessage(
      `These packs hold back more than one may think on ${display(name)}.`,
      { modal: true, detail: warnings.join('\n\n') },
      anyway,
    );
    if (answer !== anyway) return;
  }
  await service.assign({ connectionId: uid, packIds });
}
