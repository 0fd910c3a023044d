import { commands, env, window, workspace } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import type { GovernanceService } from '../../app/governance/governanceService.ts';
import type { Clock } from '../../app/ports/clock.ts';
import type { Sessions } from '../../app/ports/sessions.ts';
import { display } from '../../domain/display.ts';
import { Failure } from '../../domain/failure.ts';
import { formatCounted } from '../../domain/format.ts';
import { aclText } from '../../domain/governance/aclUser.ts';
import { contentOf, type PolicyPack } from '../../domain/governance/pack.ts';
import { actionWords, governedActions, packState } from '../../domain/governance/words.ts';
import type { PolicyPackPanel, WhyQuestion } from '../panels/policyPackPanel.ts';
import { askChoice, back } from '../quickInput.ts';
import { DecisionNode, PackConnectionNode, PackNode, UnreadablePackNode } from '../trees/governanceNodes.ts';
import type { GovernanceTree } from '../trees/governanceTree.ts';
import { assignFromConnection, assignFromPack, unassign } from '../governance/assign.ts';
import { exportPacks, importPacks } from '../governance/packFiles.ts';
import { ConnectionNode } from '../trees/nodes.ts';
import { chooseConnection } from './connections.ts';
import type { InteractiveCommands } from './register.ts';

type GovernanceCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.governance.${string}`>>;

export interface GovernanceCommandParts {
  readonly service: GovernanceService;
  readonly connections: ConnectionService;
  readonly sessions: Sessions;
  readonly panel: PolicyPackPanel;
  readonly tree: GovernanceTree;
  readonly clock: Clock;
}

/** What commands about policy packs do when a person calls them. */
export function governanceCommands(parts: GovernanceCommandParts): GovernanceCommands {
  const { service, panel, tree } = parts;
  const withPack =
    (title: string, wanted: 'any' | 'own', act: (pack: PolicyPack) => Promise<unknown>) =>
    async (item: unknown): Promise<void> => {
      const pack = await choosePack(parts, item, title, wanted);
      if (pack !== undefined) await act(pack);
    };
  return {
    'cachify.governance.newPack': () => panel.open(null),
    'cachify.governance.openPack': withPack('Open which policy pack?', 'any', (pack) => panel.open(pack.id)),
    'cachify.governance.duplicatePack': withPack('Duplicate which policy pack?', 'any', async (pack) => {
      const copy = await service.savePack({ ...contentOf(pack), name: `${pack.name.slice(0, 90)} (copy)` });
      await panel.open(copy.id);
    }),
    'cachify.governance.enablePack': withPack('Turn which policy pack on?', 'own', (pack) =>
      service.savePack({ ...contentOf(pack), id: pack.id, enabled: true }),
    ),
    'cachify.governance.disablePack': withPack('Turn which policy pack off?', 'own', (pack) =>
      service.savePack({ ...contentOf(pack), id: pack.id, enabled: false }),
    ),
    'cachify.governance.removePack': async (item) => {
      const pack =
        item instanceof UnreadablePackNode
          ? item.pack
          : await choosePack(parts, item, 'Delete which policy pack?', 'own');
      if (pack !== undefined) await removeAsPerson(parts, pack);
    },
    'cachify.governance.unassign': async (item) => {
      if (item instanceof PackConnectionNode) await unassign(service, item);
      else throw new Failure('VALIDATION_ERROR', 'Choose a connection under a policy pack in the Governance view.');
    },
    'cachify.governance.assign': async (item) => {
      if (item instanceof ConnectionNode) return assignFromConnection(parts, item.view);
      const pack = await choosePack(parts, item, 'Assign which policy pack?', 'own');
      if (pack !== undefined) await assignFromPack(parts, pack);
    },
    'cachify.governance.explain': (item) => explainAsPerson(parts, item),
    'cachify.governance.why': (item) => why(parts, item),
    'cachify.governance.exportPacks': async (item) => {
      const pack = item instanceof PackNode ? item.view.pack : undefined;
      await exportPacks(service, pack);
    },
    'cachify.governance.importPacks': () => importPacks(service),
    'cachify.governance.aclUser': withPack('Match which policy pack?', 'any', (pack) => copyAclUser(parts, pack)),
    'cachify.governance.openSettings': () =>
      commands
        .executeCommand('workbench.action.openWorkspaceSettingsFile')
        .then(undefined, () => commands.executeCommand('workbench.action.openSettings', 'cachify.policyPacks')),
    'cachify.governance.refresh': () => tree.refresh(),
  };
}

async function removeAsPerson(
  { service, panel }: GovernanceCommandParts,
  pack: Pick<PolicyPack, 'id' | 'name'>,
): Promise<void> {
  const remove = 'Delete policy pack';
  const { packs } = await service.overview();
  const held = packs.find((view) => view.pack.id === pack.id)?.connections ?? [];
  const where =
    held.length === 0
      ? 'It holds nowhere.'
      : `It no longer holds on ${held.map(({ name }) => display(name)).join(', ')}.`;
  const answer = await window.showWarningMessage(
    `Delete the policy pack ${display(pack.name)}?`,
    { modal: true, detail: `${where} Runs that go on keep their bounds. What was decided under it stays readable.` },
    remove,
  );
  if (answer !== remove) return;
  await service.removePack(pack.id);
  panel.forget(pack.id);
}

/** For an act that was not tried yet: the connection and the act are asked for. */
async function explainAsPerson(parts: GovernanceCommandParts, item: unknown): Promise<void> {
  const view = await chooseConnection(parts.connections, item, { title: 'Explain policies on which connection?' });
  if (view === undefined) return;
  const action = await askChoice({
    title: `What would you do on ${display(view.summary.name)}?`,
    placeholder: 'Choose an act',
    choices: governedActions
      .filter((each) => each !== 'workflows.batch' && each !== 'workflows.plan')
      .map((value) => ({ label: capitalised(actionWords(value)), description: value, value })),
  });
  if (action === undefined || action === back) return;
  await show(parts, view.summary.uid, action);
}

/** From a refusal's message, a decision of the tree, or any caller that names connection and act. */
async function why(parts: GovernanceCommandParts, item: unknown): Promise<void> {
  if (item instanceof DecisionNode) {
    const { connectionId, action } = item.decision;
    await reveal(parts, { connectionId, action, decision: item.decision, past: true });
    return;
  }
  const connectionId: unknown =
    typeof item === 'object' && item !== null ? Reflect.get(item, 'connectionId') : undefined;
  const action: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'action') : undefined;
  if (typeof connectionId === 'string' && typeof action === 'string') await show(parts, connectionId, action);
  else await explainAsPerson(parts, undefined);
}

async function show(parts: GovernanceCommandParts, connectionId: string, action: string): Promise<void> {
  const decision = await parts.service.explain({ connectionId, action });
  await reveal(parts, { connectionId, action, decision, past: false });
}

/** In the panel of the pack that blocks; without one a message says that nothing does. */
async function reveal({ panel, service, connections }: GovernanceCommandParts, question: WhyQuestion): Promise<void> {
  const { decision, connectionId, action } = question;
  const packs = await service.packs();
  const blocking = decision.violations.map(({ packId }) => packId).find((id) => packs.some((pack) => pack.id === id));
  const assigned = (await service.assignments()).find(
    (each) => each.connectionId === connections.view(connectionId).summary.id,
  );
  const packId = blocking ?? assigned?.packIds[0];
  if (packId !== undefined) return panel.open(packId, question);
  const name = display(connections.view(connectionId).summary.name);
  const problems = decision.violations.map(({ packName, message }) => `${display(packName)}: ${message}`).join(' ');
  void window.showInformationMessage(
    decision.allowed ? `No policy pack holds on ${name}, so ${actionWords(action)} is allowed.` : problems,
  );
}

async function copyAclUser(parts: GovernanceCommandParts, pack: PolicyPack): Promise<void> {
  const view = await chooseConnection(parts.connections, undefined, {
    title: 'From the command list of which server?',
    only: ({ state }) => state.kind === 'ready',
  });
  if (view === undefined) return;
  const { definition, session } = await parts.sessions.active(view.summary.uid);
  const text = aclText(
    contentOf(pack),
    {
      name: definition.name,
      version: session.server.version,
      allowed: pack.environments.some((each) => each === definition.environment),
      table: session.commandTable,
    },
    parts.clock.wallMs(),
  );
  await env.clipboard.writeText(text);
  const document = await workspace.openTextDocument({ language: 'shellscript', content: text });
  await window.showTextDocument(document, { preview: true });
  void window.showInformationMessage(
    'The ACL users are in the clipboard. Read them before an administrator runs them.',
  );
}

async function choosePack(
  { service, clock }: GovernanceCommandParts,
  item: unknown,
  title: string,
  wanted: 'any' | 'own',
): Promise<PolicyPack | undefined> {
  if (item instanceof PackNode) return item.view.pack;
  const packs = (await service.packs()).filter(({ source }) => wanted === 'any' || source === 'store');
  if (packs.length === 0) {
    throw new Failure('VALIDATION_ERROR', 'There is no policy pack yet.', {
      nextAction: 'Create one with "Cachify: New Policy Pack".',
    });
  }
  const chosen = await askChoice({
    title,
    placeholder: formatCounted(packs.length, 'policy pack'),
    choices: packs.map((value) => ({
      label: display(value.name),
      description: packState(value, clock.wallMs()),
      value,
    })),
  });
  return chosen === back ? undefined : chosen;
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
