import type { ConnectionService, ConnectionView } from '../../app/connections/connectionService.ts';
import { readAddress } from '../../domain/connections/address.ts';
import type { ConnectionDraft, Secret } from '../../domain/connections/definition.ts';
import { draftWith } from '../../domain/connections/draftWith.ts';
import { Problems } from '../../domain/connections/fields.ts';
import { destination, fingerprint } from '../../domain/connections/fingerprint.ts';
import { problemLines, validateConnection } from '../../domain/connections/validate.ts';
import { display } from '../../domain/display.ts';
import { askChoice, askText, back, type Choice } from '../quickInput.ts';
import { addressProblem, environmentChoices, pickPem, testing } from './addWizard.ts';

/** What the person changed so far and did not save yet; `null` removes a field. */
interface Pending {
  readonly changes: { readonly [Field in keyof ConnectionDraft]?: ConnectionDraft[Field] | null };
  readonly secret: Secret;
}

type Answer = Partial<Pending> | undefined;

interface EditableField {
  readonly label: string;
  readonly shows: (draft: ConnectionDraft, pending: Pending) => string;
  readonly ask: (draft: ConnectionDraft, title: string) => Promise<Answer>;
}

type MenuChoice = 'save' | 'test' | 'settings' | EditableField;

/** A menu of the definition's fields; nothing is saved before the person says so. */
export async function editConnection(
  service: ConnectionService,
  view: ConnectionView,
): Promise<'saved' | 'openSettings' | undefined> {
  const { entry, summary } = view;
  if (!entry.usable) return 'openSettings';
  const title = `Edit ${display(summary.name)}`;
  let pending: Pending = { changes: {}, secret: {} };
  for (;;) {
    const draft = draftOf(entry.draft, pending);
    const problem = problemOf(draft);
    const placeholder = problem ?? (isEmpty(pending) ? 'What do you want to change?' : 'Not saved yet. What else?');
    const choice = await askChoice<MenuChoice>({ title, placeholder, choices: menu(entry.draft, draft, pending) });
    if (choice === undefined || choice === back) return undefined;
    if (choice === 'settings') return 'openSettings';
    if (choice === 'test') {
      await test(service, title, draft, pending);
    } else if (choice === 'save') {
      await service.update(summary.uid, pending.changes as Partial<ConnectionDraft>, { secret: pending.secret });
      return 'saved';
    } else {
      const answer = await choice.ask(draft, `${title}: ${choice.label.toLowerCase()}`);
      pending = {
        changes: { ...pending.changes, ...answer?.changes },
        secret: { ...pending.secret, ...answer?.secret },
      };
    }
  }
}

function draftOf(before: ConnectionDraft, pending: Pending): ConnectionDraft {
  return draftWith(before, pending.changes) as unknown as ConnectionDraft;
}

function isEmpty(pending: Pending): boolean {
  return Object.keys(pending.changes).length === 0 && Object.keys(pending.secret).length === 0;
}

const anywhere = { uid: '', scope: 'user' } as const;

function problemOf(draft: ConnectionDraft): string | undefined {
  const checked = validateConnection(draft, anywhere);
  return checked.ok ? undefined : problemLines(checked.problems)[0];
}

function menu(before: ConnectionDraft, draft: ConnectionDraft, pending: Pending): readonly Choice<MenuChoice>[] {
  const usable = problemOf(draft) === undefined;
  const acts: Choice<MenuChoice>[] = [];
  if (!isEmpty(pending) && usable) {
    const detail = needsPassword(before, draft, pending)
      ? 'The destination changed: the stored password stays behind, you are asked at the next connect.'
      : undefined;
    acts.push({ label: '$(check) Save changes', value: 'save', ...(detail === undefined ? {} : { detail }) });
  }
  if (usable) acts.push({ label: '$(beaker) Test with these values', value: 'test' });
  return [
    ...acts,
    ...fields.map((field) => ({ label: field.label, description: field.shows(draft, pending), value: field })),
    { label: '$(go-to-file) Open settings.json', description: 'for everything else', value: 'settings' },
  ];
}

function needsPassword(before: ConnectionDraft, draft: ConnectionDraft, pending: Pending): boolean {
  const old = validateConnection(before, anywhere);
  const next = validateConnection(draft, anywhere);
  const moved = old.ok && next.ok && fingerprint(old.definition) !== fingerprint(next.definition);
  return moved && (draft.secret ?? 'stored') === 'stored' && pending.secret.password === undefined;
}

async function test(
  service: ConnectionService,
  title: string,
  draft: ConnectionDraft,
  pending: Pending,
): Promise<void> {
  const given = Object.keys(pending.secret).length > 0 ? { secret: pending.secret } : {};
  const outcome = await testing(display(draft.name), () => service.test({ draft, ...given }));
  if (!('failure' in outcome)) return;
  const { message, nextAction } = outcome.failure;
  const detail = nextAction === undefined ? message : `${message} ${nextAction}`;
  await askChoice({
    title: `${title}: the test failed`,
    placeholder: message,
    choices: [{ label: 'Go on editing', detail, value: 'on' }],
  });
}

interface TypedField {
  readonly label: string;
  readonly name: keyof ConnectionDraft;
  readonly prompt: string;
  readonly read: (text: string) => unknown;
  readonly value: (draft: ConnectionDraft) => string;
  /** What holds while the field is not set. */
  readonly unset: string | ((draft: ConnectionDraft) => string);
}

/** A field of text or number: asks, checks with the parser of definitions, gives the change. */
function typed({ label, name, prompt, read, unset, value }: TypedField): EditableField {
  return {
    label,
    shows: (draft) => value(draft) || (typeof unset === 'string' ? unset : unset(draft)),
    async ask(draft, title) {
      const validate = (text: string): string | undefined =>
        problemOf(draftOf(draft, { changes: { [name]: read(text) }, secret: {} }));
      const text = await askText({ title, prompt, value: value(draft), validate });
      return typeof text === 'string' ? { changes: { [name]: read(text) } } : undefined;
    },
  };
}

const blankIsNone = (text: string): string | null => (text.trim() === '' ? null : text.trim());
const numberOrNone = (text: string): number | null => (text.trim() === '' ? null : Number(text));

const addressField: EditableField = {
  label: 'Address',
  shows: addressText,
  async ask(draft, title) {
    const prompt = 'A URL, a host with its port, or the path of a Unix socket. rediss:// means TLS.';
    const text = await askText({
      title,
      prompt,
      value: isPlain(draft) ? addressText(draft) : '',
      validate: addressProblem,
    });
    if (typeof text !== 'string') return undefined;
    const address = readAddress(text, 'address', new Problems());
    if (address === undefined) return undefined;
    const { password, host, port, socketPath, db, username, tls } = address;
    const withTls = tls ? { ...draft.tls, enabled: true } : draft.tls;
    return {
      changes: {
        ...(host === undefined ? {} : { host, port: port ?? null }),
        ...(socketPath === undefined ? {} : { socketPath }),
        ...(db === undefined ? {} : { db }),
        ...(username === undefined ? {} : { username }),
        ...(withTls === undefined ? {} : { tls: socketPath === undefined ? withTls : null }),
      },
      ...(password === undefined ? {} : { secret: { password } }),
    };
  },
};

/** Whether the address can be typed on one line: Sentinel, Cluster and SSH are changed in settings.json. */
function isPlain(draft: ConnectionDraft): boolean {
  return draft.sentinel === undefined && draft.cluster === undefined && draft.ssh === undefined;
}

function addressText(draft: ConnectionDraft): string {
  const checked = validateConnection(draft, anywhere);
  return checked.ok ? destination(checked.definition) : '';
}

const passwordField: EditableField = {
  label: 'Password',
  shows: (draft, pending) => {
    if (draft.secret === 'ask') return 'asked for at every connect';
    if (typeof draft.secret === 'object') return 'env' in draft.secret ? `from ${draft.secret.env}` : 'from a program';
    return pending.secret.password === undefined ? 'as it is' : 'a new one';
  },
  async ask(_draft, title) {
    const source = await askChoice<'stored' | 'ask' | 'env'>({
      title,
      placeholder: 'Where does the password come from?',
      choices: [
        { label: 'I type a new one', description: 'leave it blank to keep the stored one', value: 'stored' },
        { label: 'Ask me at every connect', value: 'ask' },
        { label: 'From an environment variable…', value: 'env' },
      ],
    });
    if (source === undefined || source === back) return undefined;
    if (source === 'ask') return { changes: { secret: 'ask' } };
    if (source === 'env') {
      const env = await askText({ title, prompt: 'Name of the variable' });
      return typeof env === 'string' && env !== '' ? { changes: { secret: { env } } } : undefined;
    }
    const password = await askText({ title, prompt: 'Blank keeps the stored one.', password: true });
    if (typeof password !== 'string') return undefined;
    return { changes: { secret: null }, ...(password === '' ? {} : { secret: { password } }) };
  },
};

const tlsField: EditableField = {
  label: 'TLS',
  shows: ({ tls, url }) => {
    if (tls === undefined && url?.startsWith('rediss:') !== true) return 'off';
    if (tls?.enabled === false) return 'off';
    return tls?.rejectUnauthorized === false
      ? 'on, certificate not verified'
      : `on${tls?.caFile ? ', own authority' : ''}`;
  },
  async ask(draft, title) {
    const choice = await askChoice<'off' | 'system' | 'ca'>({
      title,
      placeholder: 'How is the server certificate verified?',
      choices: [
        { label: "On, with this machine's certificate authorities", value: 'system' },
        { label: 'On, with a certificate authority of our own…', description: 'a PEM file', value: 'ca' },
        { label: 'Off', description: 'everything, the password too, travels in the clear', value: 'off' },
      ],
    });
    if (choice === undefined || choice === back) return undefined;
    if (choice === 'off') return { changes: { tls: null } };
    const { caFile: _caFile, ...others } = draft.tls ?? {};
    if (choice === 'system') return { changes: { tls: { ...others, enabled: true } } };
    const caFile = await pickPem('certificate authority');
    return caFile === undefined ? undefined : { changes: { tls: { ...others, enabled: true, caFile } } };
  },
};

const environmentField: EditableField = {
  label: 'Environment',
  shows: (draft) => draft.environment ?? 'not set, counts as production',
  async ask(draft, title) {
    const active = draft.environment;
    const choice = await askChoice<'dev' | 'staging' | 'prod'>({
      title,
      placeholder: 'What is this server for?',
      choices: environmentChoices,
      ...(active === undefined ? {} : { active }),
    });
    return choice === undefined || choice === back ? undefined : { changes: { environment: choice } };
  },
};

const readOnlyField: EditableField = {
  label: 'Writes',
  shows: (draft) => {
    const checked = validateConnection(draft, anywhere);
    const words = checked.ok && checked.definition.readOnly ? 'read-only' : 'allowed';
    return draft.readOnly === undefined ? `${words}, as the environment says` : words;
  },
  async ask(_draft, title) {
    const choice = await askChoice<'default' | 'readOnly' | 'allowed'>({
      title,
      placeholder: 'May this connection change anything?',
      choices: [
        { label: 'As the environment says', description: 'read-only on production', value: 'default' },
        { label: 'Read-only', description: 'until unlocked with a reason', value: 'readOnly' },
        { label: 'Allowed', value: 'allowed' },
      ],
    });
    if (choice === undefined || choice === back) return undefined;
    return { changes: { readOnly: choice === 'default' ? null : choice === 'readOnly' } };
  },
};

const fields: readonly EditableField[] = [
  typed({
    label: 'Name',
    name: 'name',
    prompt: 'What you see everywhere.',
    read: (text) => text.trim(),
    value: (draft) => draft.name,
    unset: '',
  }),
  addressField,
  typed({
    label: 'Database',
    name: 'db',
    prompt: 'Number of the database.',
    read: numberOrNone,
    value: (draft) => String(draft.db ?? ''),
    unset: ({ url }) => (url === undefined ? '0' : 'as the URL says'),
  }),
  typed({
    label: 'User',
    name: 'username',
    prompt: 'ACL user; blank for the default user.',
    read: blankIsNone,
    value: (draft) => draft.username ?? '',
    unset: ({ url }) => (url === undefined ? 'the default user' : 'as the URL says'),
  }),
  passwordField,
  tlsField,
  environmentField,
  readOnlyField,
  typed({
    label: 'Timeout',
    name: 'timeoutMs',
    prompt: 'Milliseconds; blank for 5,000.',
    read: numberOrNone,
    value: (draft) => String(draft.timeoutMs ?? ''),
    unset: '5,000 ms',
  }),
  typed({
    label: 'Delimiter',
    name: 'delimiter',
    prompt: 'Separates the folders of the key tree; blank for ":".',
    read: blankIsNone,
    value: (draft) => draft.delimiter ?? '',
    unset: ':',
  }),
  typed({
    label: 'Tags',
    name: 'tags',
    prompt: 'Words, separated by commas.',
    read: tagsOf,
    value: (draft) => (draft.tags ?? []).join(', '),
    unset: 'none',
  }),
];

function tagsOf(text: string): readonly string[] | null {
  const tags = text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return tags.length === 0 ? null : tags;
}
