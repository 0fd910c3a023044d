import { window, type Uri } from 'vscode';
import { utf8 } from '../../domain/bytes.ts';
import { patternProblem } from '../../domain/redis/glob.ts';
import { isFailure } from '../../domain/failure.ts';
import type { WorkflowKind } from '../../domain/workflows/definition.ts';
import { kindOf } from '../../domain/workflows/kinds/registry.ts';
import { askChoice, askText, back } from '../quickInput.ts';

type Parameters = Readonly<Record<string, unknown>>;

/** Asks for the parameters of a kind, with `given` as what stands there at first; undefined when dismissed. */
export async function askParameters(kind: WorkflowKind, given: Parameters): Promise<Parameters | undefined> {
  if (kind === 'deleteByPattern') return askDeletion(given);
  return kind === 'ttlNormalize' ? askTtl(given) : askWarmup(given);
}

async function askDeletion(given: Parameters): Promise<Parameters | undefined> {
  const pattern = await askPattern('Delete which keys?', given['pattern']);
  if (pattern === undefined) return undefined;
  const days = await answered(
    askChoice({
      title: `Delete ${pattern}`,
      placeholder: 'All of them, or only what nobody used lately?',
      choices: [
        { label: 'All keys that match', value: 0 },
        { label: 'Unused for a day', value: 1 },
        { label: 'Unused for 7 days', value: 7 },
        { label: 'Unused for 30 days', value: 30 },
      ],
      active: typeof given['idleSeconds'] === 'number' ? 30 : 0,
    }),
  );
  if (days === undefined) return undefined;
  const type = typeof given['type'] === 'string' ? { type: given['type'] } : {};
  return { pattern, ...type, ...(days === 0 ? {} : { idleSeconds: days * 24 * 3600 }) };
}

async function askTtl(given: Parameters): Promise<Parameters | undefined> {
  const pattern = await askPattern('Set the TTL of which keys?', given['pattern']);
  if (pattern === undefined) return undefined;
  const title = `TTL of ${pattern}`;
  const text = await answered(
    askText({
      title,
      prompt: 'How long from now? For example 90 s, 15 min, 24 h or 7 d',
      value: typeof given['ttlSeconds'] === 'number' ? `${given['ttlSeconds']} s` : '24 h',
      validate: (value) =>
        secondsOf(value) === undefined ? 'A number with s, min, h or d, for example 24 h.' : undefined,
    }),
  );
  const ttlSeconds = text === undefined ? undefined : secondsOf(text);
  if (ttlSeconds === undefined) return undefined;
  const mode = await answered(
    askChoice({
      title,
      placeholder: 'For which of the matching keys?',
      choices: [
        { label: 'All of them', value: 'all' },
        { label: 'Only those without an expiry', value: 'missing' },
        { label: 'Only those that expire later', value: 'longer' },
      ],
      active: given['mode'] ?? 'all',
    }),
  );
  if (mode === undefined) return undefined;
  const jitterPercent = await answered(
    askChoice({
      title,
      placeholder: 'Spread the expiries, so that keys do not all fall due at once?',
      choices: [
        { label: 'No, all at the same moment', value: 0 },
        { label: 'By 5 % to either side', value: 5 },
        { label: 'By 10 % to either side', value: 10 },
        { label: 'By 25 % to either side', value: 25 },
      ],
      active: typeof given['jitterPercent'] === 'number' ? given['jitterPercent'] : 0,
    }),
  );
  if (jitterPercent === undefined) return undefined;
  return { pattern, ttlSeconds, mode, ...(jitterPercent === 0 ? {} : { jitterPercent }) };
}

async function askWarmup(given: Parameters): Promise<Parameters | undefined> {
  const entries = given['entries'];
  const hasEntries = Array.isArray(entries) && entries.length > 0;
  const from = await answered(
    askChoice({
      title: 'Warm up from what?',
      placeholder: 'A file of { key, value, ttlSeconds? }, or entries given here',
      choices: [
        { label: 'A JSON or CSV file…', value: 'file' },
        ...(hasEntries ? [{ label: `The ${entries.length} entries of the template`, value: 'given' }] : []),
        { label: 'Type entries as JSON…', value: 'typed' },
      ],
    }),
  );
  if (from === undefined) return undefined;
  const source = from === 'file' ? await askFile() : from === 'given' ? { entries } : await askEntries();
  if (source === undefined) return undefined;
  const overwrite = await answered(
    askChoice({
      title: 'Warm up',
      placeholder: 'And keys that exist already?',
      choices: [
        { label: 'Leave them alone', value: false },
        { label: 'Replace them', description: 'the previous values are kept for undo', value: true },
      ],
      active: given['overwrite'] === true,
    }),
  );
  return overwrite === undefined ? undefined : { ...source, overwrite };
}

async function askFile(): Promise<Parameters | undefined> {
  const [file]: readonly Uri[] =
    (await window.showOpenDialog({
      canSelectMany: false,
      openLabel: 'Use This File',
      filters: { 'JSON or CSV': ['json', 'csv'] },
    })) ?? [];
  return file === undefined ? undefined : { file: file.fsPath };
}

async function askEntries(): Promise<Parameters | undefined> {
  const text = await answered(
    askText({
      title: 'Warm up',
      prompt: 'A JSON list of { "key", "value", "ttlSeconds"? }',
      placeholder: '[{ "key": "home:hero", "value": "…", "ttlSeconds": 3600 }]',
      validate: (value) => entriesProblem(value),
    }),
  );
  return text === undefined ? undefined : { entries: JSON.parse(text) as unknown };
}

function entriesProblem(text: string): string | undefined {
  try {
    kindOf('warmupSet').check({ entries: JSON.parse(text) as unknown });
    return undefined;
  } catch (error) {
    return isFailure(error) ? error.message : 'This is not valid JSON.';
  }
}

async function askPattern(title: string, given: unknown): Promise<string | undefined> {
  return answered(
    askText({
      title,
      prompt: 'A Redis pattern: * any text, ? one character, [ab] one of these',
      value: typeof given === 'string' ? given : '',
      placeholder: 'session:*',
      validate: (text) => (text === '' ? 'A pattern such as session:*' : patternProblem(utf8(text))?.message),
    }),
  );
}

/** A single question has no step to go back to. */
async function answered<T>(question: Promise<T | typeof back | undefined>): Promise<T | undefined> {
  const answer = await question;
  return answer === back ? undefined : answer;
}

const units: Readonly<Record<string, number>> = { s: 1, sec: 1, min: 60, m: 60, h: 3600, d: 86_400 };

/** `24 h` as seconds; undefined when it is not a duration. */
export function secondsOf(text: string): number | undefined {
  const match = /^\s*(\d+)\s*(s|sec|min|m|h|d)?\s*$/i.exec(text);
  if (match === null) return undefined;
  const seconds = Number(match[1]) * (units[(match[2] ?? 's').toLowerCase()] ?? 1);
  return seconds >= 1 ? seconds : undefined;
}
