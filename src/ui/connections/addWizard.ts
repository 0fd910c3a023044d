import { commands, ProgressLocation, window, workspace } from 'vscode';
import type { ConnectionService } from '../../app/connections/connectionService.ts';
import { readAddress, type ParsedUrl } from '../../domain/connections/address.ts';
import type { ConnectionDraft, ConnectionSummary, Secret, TlsOptions } from '../../domain/connections/definition.ts';
import { Problems } from '../../domain/connections/fields.ts';
import { display } from '../../domain/display.ts';
import { asFailure, type Failure } from '../../domain/failure.ts';
import { formatDuration } from '../../domain/format.ts';
import { askChoice, askText, back, runWizard, skip, type StepPlace } from '../quickInput.ts';
import { withoutIcons } from './labels.ts';

const TITLE = 'Add Redis connection';

interface Answers {
  readonly typed: string;
  readonly address: ParsedUrl;
  readonly tls?: TlsOptions;
  readonly name: string;
  readonly environment: 'dev' | 'staging' | 'prod' | undefined;
  readonly username: string;
  readonly source: SourceChoice;
  readonly env: string;
  readonly password: string;
  readonly scope: 'user' | 'workspace';
}

type SourceChoice = 'none' | 'stored' | 'ask' | 'env';

/**
 * Address → certificate → name → environment → user → password → test → where to save. A password in a pasted URL goes
 * to the secret storage, never into settings. @returns the saved connection; undefined when dismissed
 */
export async function addConnection(service: ConnectionService): Promise<ConnectionSummary | undefined> {
  const initial: Answers = {
    typed: '',
    address: { tls: false },
    name: '',
    environment: undefined,
    username: '',
    source: 'stored',
    env: '',
    password: '',
    scope: 'user',
  };
  const answers = await runWizard(initial, [
    stepAddress,
    stepCertificate,
    stepName,
    stepEnvironment,
    stepUser,
    stepSource,
    stepPassword,
    (state, place) => stepTest(service, state, place),
    stepScope,
  ]);
  if (answers === undefined) return undefined;
  const secret = secretOf(answers);
  return service.add(draftOf(service, answers), { scope: answers.scope, ...(secret === undefined ? {} : { secret }) });
}

/** What is wrong with a typed address, as a sentence; undefined when nothing is. */
export function addressProblem(typed: string): string | undefined {
  const problems = new Problems();
  readAddress(typed, 'The address', problems);
  const first = problems.found[0];
  return first && `${first.path} ${first.rule}.`;
}

async function stepAddress(state: Answers, place: StepPlace): Promise<Answers | typeof back | undefined> {
  const typed = await askText(
    {
      title: TITLE,
      prompt: 'A URL, a host with its port, or the path of a Unix socket. rediss:// means TLS.',
      placeholder: 'redis://user@localhost:6379/0',
      value: state.typed,
      validate: addressProblem,
    },
    place,
  );
  if (typeof typed !== 'string') return typed;
  const address = readAddress(typed, 'address', new Problems());
  if (address === undefined) return undefined;
  const { password = '', username = '' } = address;
  const kept = withoutPassword(typed);
  return { ...state, typed: kept, address, username, password, name: state.name || suggestedName(address) };
}

/** Going back must not show a password that was pasted. */
function withoutPassword(typed: string): string {
  return typed.replace(/^([a-z+-]+:\/\/[^/?#]*?):[^/?#]*@/i, '$1@').replace('://@', '://');
}

function suggestedName(address: ParsedUrl): string {
  return address.socketPath?.split('/').at(-1) ?? address.host ?? '';
}

async function stepCertificate(
  state: Answers,
  place: StepPlace,
): Promise<Answers | typeof back | typeof skip | undefined> {
  if (!state.address.tls) return skip;
  const choice = await askChoice<'system' | 'ca' | 'client'>(
    {
      title: TITLE,
      placeholder: 'How is the server certificate verified?',
      choices: [
        { label: "With this machine's certificate authorities", value: 'system' },
        { label: 'With a certificate authority of our own…', description: 'a PEM file', value: 'ca' },
        {
          label: 'With our own authority and a client certificate…',
          description: 'three PEM files',
          value: 'client',
        },
      ],
    },
    place,
  );
  if (choice === undefined || choice === back) return choice;
  if (choice === 'system') return { ...state, tls: { enabled: true } };
  const caFile = await pickPem('certificate authority');
  if (caFile === undefined) return undefined;
  if (choice === 'ca') return { ...state, tls: { enabled: true, caFile } };
  const certFile = await pickPem('client certificate');
  const keyFile = certFile && (await pickPem('key of the client certificate'));
  return certFile && keyFile ? { ...state, tls: { enabled: true, caFile, certFile, keyFile } } : undefined;
}

export async function pickPem(what: string): Promise<string | undefined> {
  const files = await window.showOpenDialog({
    title: `Choose the ${what}`,
    openLabel: 'Use file',
    filters: { 'PEM files': ['pem', 'crt', 'cer', 'key'], 'All files': ['*'] },
  });
  return files?.[0]?.fsPath;
}

async function stepName(state: Answers, place: StepPlace): Promise<Answers | typeof back | undefined> {
  const name = await askText(
    {
      title: TITLE,
      prompt: 'A name that nobody confuses at 3 a.m.',
      value: state.name,
      validate: (text) => (text.trim() === '' ? 'The name must not be empty.' : undefined),
    },
    place,
  );
  return typeof name === 'string' ? { ...state, name: name.trim() } : name;
}

export const environmentChoices = [
  { label: 'Development', description: 'writes allowed', value: 'dev' },
  { label: 'Staging', description: 'writes allowed', value: 'staging' },
  {
    label: 'Production',
    description: 'read-only until unlocked with a reason; destructive acts are confirmed',
    value: 'prod',
  },
] as const;

async function stepEnvironment(state: Answers, place: StepPlace): Promise<Answers | typeof back | undefined> {
  const environment = await askChoice<'dev' | 'staging' | 'prod'>(
    {
      title: TITLE,
      placeholder: 'What is this server for?',
      choices: environmentChoices,
      ...(state.environment === undefined ? {} : { active: state.environment }),
    },
    place,
  );
  return environment === undefined || environment === back ? environment : { ...state, environment };
}

async function stepUser(state: Answers, place: StepPlace): Promise<Answers | typeof back | typeof skip | undefined> {
  if (state.address.username !== undefined) return skip;
  const username = await askText(
    {
      title: TITLE,
      prompt: 'ACL user. Leave empty for the default user.',
      value: state.username,
      validate: (text) => (/\s/.test(text.trim()) ? 'A user name has no spaces.' : undefined),
    },
    place,
  );
  return typeof username === 'string' ? { ...state, username: username.trim() } : username;
}

async function stepSource(state: Answers, place: StepPlace): Promise<Answers | typeof back | typeof skip | undefined> {
  if (state.address.password !== undefined) return skip;
  const source = await askChoice<SourceChoice>(
    {
      title: TITLE,
      placeholder: 'Where does the password come from?',
      active: state.source,
      choices: [
        { label: 'I type it now', description: "kept in VS Code's secret storage", value: 'stored' },
        { label: 'There is none', value: 'none' },
        { label: 'Ask me at every connect', description: 'kept nowhere', value: 'ask' },
        { label: 'From an environment variable…', description: 'read where the extension runs', value: 'env' },
      ],
    },
    place,
  );
  return source === undefined || source === back ? source : { ...state, source };
}

async function stepPassword(
  state: Answers,
  place: StepPlace,
): Promise<Answers | typeof back | typeof skip | undefined> {
  if (state.address.password !== undefined || state.source === 'none' || state.source === 'ask') return skip;
  if (state.source === 'env') {
    const validate = (text: string) => (/^[A-Za-z_]\w*$/.test(text) ? undefined : 'Write the name of a variable.');
    const env = await askText({ title: TITLE, prompt: 'Name of the variable', value: state.env, validate }, place);
    return typeof env === 'string' ? { ...state, env } : env;
  }
  const prompt = 'The password goes to the secret storage, bound to this server and user.';
  const password = await askText({ title: TITLE, prompt, password: true }, place);
  return typeof password === 'string' ? { ...state, password } : password;
}

async function stepTest(
  service: ConnectionService,
  state: Answers,
  place: StepPlace,
): Promise<Answers | typeof back | typeof skip | undefined> {
  if (!workspace.isTrusted) return skip;
  const secret = secretOf(state);
  const target = { draft: draftOf(service, state), ...(secret === undefined ? {} : { secret }) };
  const outcome = await testing(state.name, () => service.test(target));
  if (!('failure' in outcome)) return skip;
  const choice = await askChoice<'again' | 'back' | 'save'>(
    {
      title: `${TITLE}: the test failed`,
      placeholder: outcome.failure.message,
      choices: [
        { label: '$(arrow-left) Change the answers', value: 'back' },
        { label: '$(refresh) Test again', value: 'again' },
        { label: '$(save) Save it anyway', detail: outcome.failure.message, value: 'save' },
      ],
    },
    place,
  );
  if (choice === 'again') return stepTest(service, state, place);
  return choice === 'save' ? skip : choice === undefined ? undefined : back;
}

type Tested = Awaited<ReturnType<ConnectionService['test']>> | { readonly failure: Failure };

/** Runs a test with its progress shown; a success is told in the status bar for a moment. */
export async function testing(name: string, run: () => ReturnType<ConnectionService['test']>): Promise<Tested> {
  const options = { location: ProgressLocation.Notification, title: `Testing ${name}` };
  const outcome = await window.withProgress(options, (): Promise<Tested> =>
    run().catch((error: unknown) => ({ failure: asFailure(error) })),
  );
  if (!('failure' in outcome)) {
    const { latencyMs, mode, serverVersion, user } = outcome;
    const text = `${name}: Redis ${display(serverVersion)}, ${mode}, user ${display(user)}, ${formatDuration(latencyMs)}`;
    window.setStatusBarMessage(`$(check) ${withoutIcons(text)}`, 8000);
  }
  return outcome;
}

async function stepScope(state: Answers, place: StepPlace): Promise<Answers | typeof back | typeof skip | undefined> {
  if ((workspace.workspaceFolders ?? []).length === 0) return skip;
  const scope = await askChoice<'user' | 'workspace'>(
    {
      title: TITLE,
      placeholder: 'Where is the connection saved?',
      active: state.scope,
      choices: [
        { label: 'For me', description: 'user settings: in every window', value: 'user' },
        {
          label: 'For this workspace',
          description: 'workspace settings: shared, without the password',
          value: 'workspace',
        },
      ],
    },
    place,
  );
  return scope === undefined || scope === back ? scope : { ...state, scope };
}

function secretOf(state: Answers): Secret | undefined {
  const typed = state.address.password ?? (state.source === 'stored' ? state.password : '');
  return typed === '' ? undefined : { password: typed };
}

function draftOf(service: ConnectionService, state: Answers): ConnectionDraft {
  const { host, port, socketPath, db, tls } = state.address;
  const fromUrl = state.address.password !== undefined;
  return {
    id: freeId(service, state.name),
    name: state.name,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(db === undefined ? {} : { db }),
    ...(state.username === '' ? {} : { username: state.username }),
    ...(tls ? { tls: state.tls ?? { enabled: true } } : {}),
    ...(state.environment === undefined ? {} : { environment: state.environment }),
    ...(state.source === 'ask' && !fromUrl ? { secret: 'ask' } : {}),
    ...(state.source === 'env' && !fromUrl ? { secret: { env: state.env } } : {}),
  };
}

/** A short id made from the name, that no connection has yet. */
export function freeId(service: Pick<ConnectionService, 'views'>, name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
  const slug =
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 50) || 'redis';
  const taken = new Set(service.views().map((view) => view.summary.id));
  for (let at = 1; ; at += 1) {
    const id = at === 1 ? slug : `${slug}-${at}`;
    if (!taken.has(id)) return id;
  }
}

/** Opens the place where the person can trust the workspace. */
export async function manageTrust(): Promise<void> {
  await commands.executeCommand('workbench.trust.manage');
}
