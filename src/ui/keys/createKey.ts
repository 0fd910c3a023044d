import { askChoice, askText } from '../quickInput.ts';
import { nameProblem } from './target.ts';
import { keyFromText } from '../../domain/keys/nameText.ts';
import type { ContentType } from '../../domain/keys/content.ts';
import { parseScore } from '../../domain/keys/score.ts';
import type { Bytes } from '../../domain/bytes.ts';

const types: readonly { readonly type: ContentType; readonly words: string }[] = [
  { type: 'string', words: 'text, JSON, a counter' },
  { type: 'hash', words: 'fields with values' },
  { type: 'list', words: 'elements in order' },
  { type: 'set', words: 'distinct members' },
  { type: 'zset', words: 'distinct members by score' },
  { type: 'stream', words: 'entries by time' },
];

/** Asks for the name of a new key; undefined when dismissed. */
export async function askNewName(title: string): Promise<Bytes | undefined> {
  const name = await askText({ title, prompt: 'Name of the new key', placeholder: 'cart:1', validate: nameProblem });
  return typeof name === 'string' ? keyFromText(name) : undefined;
}

/** Asks for the type of a new key; undefined when dismissed. */
export async function askType(title: string): Promise<ContentType | undefined> {
  const type = await askChoice({
    title,
    placeholder: 'Type',
    choices: types.map(({ type, words }) => ({ label: type, description: words, value: type })),
  });
  return typeof type === 'string' ? type : undefined;
}

/** Asks for the first element, since Redis has no empty collections; undefined when dismissed. */
export async function askFirstElement(title: string, type: ContentType, wallMs: number): Promise<unknown> {
  const ask = async (prompt: string, validate?: (text: string) => string | undefined) => {
    const text = await askText({ title, prompt, ...(validate === undefined ? {} : { validate }) });
    return typeof text === 'string' ? text : undefined;
  };
  if (type === 'string') return ask('Value; it can be edited in the document afterwards');
  if (type === 'list' || type === 'set') {
    const element = await ask(type === 'list' ? 'First element' : 'First member');
    return element === undefined ? undefined : [element];
  }
  const name = await ask(type === 'zset' ? 'First member' : 'First field');
  if (name === undefined) return undefined;
  if (type === 'zset') {
    const score = await ask('Its score', (text) => (parseScore(text) === null ? 'This is not a number.' : undefined));
    return score === undefined ? undefined : [[name, score]];
  }
  const value = await ask('Its value');
  if (value === undefined) return undefined;
  return type === 'hash' ? [[name, value]] : [[`${Math.floor(wallMs)}-0`, [[name, value]]]];
}
