import { failureCodes } from '../failure.ts';
import { capabilityNames } from '../redis/server.ts';
import { bundledCommandTable } from '../redis/bundledCommands.ts';
import type { RedactionKind, RedactionProfile, RedactionSummary } from './definition.ts';
import { settingWords } from './serverFacts.ts';
import { ManyTexts } from './manyTexts.ts';
import { removed, scrubCredentials } from './scrub.ts';
import { encodedForms } from './secretForms.ts';

/**
 * What a text field is. `fact` = a word or a short number that a program chose (a role, a version, a command); `figure` = as
 * well a number of any length, which a server measured; `text` = free text; the others name something of the user.
 */
export type TextKind = 'key' | 'host' | 'user' | 'label' | 'path' | 'text' | 'fact' | 'figure';

/** Changes whenever the same input could give other output: it is part of the manifest. */
export const redactionVersion = 1;

export interface RedactorOptions {
  readonly profile: RedactionProfile;
  /** Secrets that are known: every form of them is removed from every text, in both profiles. */
  readonly secrets: readonly string[];
  /** Keyed hash with the salt of this bundle, lower-case hex. */
  readonly hmac: (text: string) => string;
  /** true: remember what tokens stand for. */
  readonly keepMapping?: boolean;
}

const tokenDigits = 16;
const keptTokens = 50_000;
const mappedTokens = 5000;
const shownExamples = 3;
const shownCharacters = 80;

/** Short numbers, versions, times of the day: nothing that a person names. */
const plainFact = /^(?:-?\d{1,6}|\d{1,3}(?:\.\d{1,5}){1,3}|\d\d:\d\d)$/;
const plainFigure = /^[+-]?\d{1,20}(?:\.\d{1,20})?%?$/;

const words =
  `app engine success error blocked dev staging prod unknown user workspace folder master slave replica primary
  standalone sentinel cluster up down ok err online stable handshake connected connect connecting yes no on off none idle
  monitor notifications client scan string hash list set zset stream noeviction allkeys-lru allkeys-lfu allkeys-random
  volatile-lru volatile-lfu volatile-random volatile-ttl everysec always jemalloc libc redis valkey linux darwin win32
  arm64 x64 deleteByPattern ttlNormalize warmupSet all missing longer planned running paused_user paused_window
  paused_policy interrupted in_doubt failed stopped_limit completed aborted pending done stopped plan apply undo
  normal firing recovering resolved noData info warning critical rule policy workflow storage observability
  errorRate latencyP95Ms slowOperationCount failedOperationCount avg min max sum count last p95 skipped
  skipped_missing skipped_conflict missing conflict fixed exponential change full partial active-defrag-cycle command
  fast-command fork expire-cycle expire-del eviction-cycle eviction-del aof-write aof-fsync-always aof-stat
  aof-rename rdb-unlink-temp-file while-blocked-cron module-acquire-GIL
  > >= < <= mon tue wed thu fri sat sun UTC readOnly trusted untrusted found denied
  exhausted nonRetryable errorRate cancelled deadline
  own starter settings show fire keep resolve ignore`.split(/\s+/);

/** Actions and rules are words of this product: `keys.write`, `engine.slowCommand`, `maxWorkflowItems`. */
const ownWord =
  /^(?:connections|keys|workflows|governance|observability|alerts|incidents|retention|engine|store|timeline)\.[a-zA-Z]{2,40}$/;

const vocabulary: ReadonlySet<string> = new Set([...words, ...failureCodes, ...capabilityNames, ...settingWords]);

function isCommand(text: string): boolean {
  const name = text.toLowerCase().replace(' ', '|');
  return bundledCommandTable().has(name);
}

/** Whether a text can be nothing but a word of a program: such words stay in every profile. */
function isKnownWord(text: string): boolean {
  return vocabulary.has(text) || ownWord.test(text) || isCommand(text);
}

/**
 * Makes texts fit to be handed over. The same text gives the same token within one bundle, and another one in the next.
 * Whatever it cannot judge it removes.
 */
export class Redactor {
  readonly profile: RedactionProfile;
  readonly #hmac: (text: string) => string;
  readonly #secrets: ManyTexts;
  readonly #counts = new Map<RedactionKind, number>();
  readonly #examples = new Map<RedactionKind, Map<string, string>>();
  readonly #tokens = new Map<string, string>();
  readonly #mapping: Map<string, string> | undefined;

  constructor({ profile, secrets, hmac, keepMapping }: RedactorOptions) {
    this.profile = profile;
    this.#hmac = hmac;
    this.#secrets = new ManyTexts(secrets.flatMap((secret) => encodedForms(secret)));
    this.#mapping = keepMapping === true ? new Map() : undefined;
  }

  /** What tokens stand for, at most 5,000 of them; empty unless it was asked for. */
  get mapping(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#mapping ?? []);
  }

  /** A text as it may be handed over; undefined when nothing of it may. */
  text(kind: TextKind, value: string): string | undefined {
    if (value === '') return value;
    if (kind === 'user') return this.#token('user', value);
    if (this.profile === 'default') return this.#cleaned(value);
    if (kind === 'text' || kind === 'fact' || kind === 'figure') {
      const plain =
        isKnownWord(value) ||
        (kind === 'fact' && plainFact.test(value)) ||
        (kind === 'figure' && (plainFact.test(value) || plainFigure.test(value)));
      return plain ? this.#cleaned(value) : this.#drop('text', value);
    }
    return this.#token(kind, value);
  }

  /** Something that no rule allows to be handed over. */
  dropped(name: string): void {
    this.#note('dropped', name, 'left out');
  }

  summary(): RedactionSummary[] {
    return [...this.#counts].map(([kind, count]) => ({
      kind,
      count,
      examples: [...(this.#examples.get(kind) ?? [])].map(([before, after]) => ({ before, after })),
    }));
  }

  #cleaned(value: string): string {
    const known = this.#secrets.replace(value, removed);
    const scrubbed = scrubCredentials(known.text);
    // What was there is a secret: the example shows what is left.
    if (known.count > 0) this.#note('secret', masked(known.text), known.text, known.count);
    if (scrubbed.count > 0) this.#note('credential', masked(scrubbed.text), scrubbed.text, scrubbed.count);
    return scrubbed.text;
  }

  #drop(kind: RedactionKind, value: string): undefined {
    this.#note(kind, this.#shown(value), 'left out');
    return undefined;
  }

  #token(kind: Exclude<TextKind, 'text' | 'fact' | 'figure'>, value: string): string {
    const of = `${kind}\0${value}`;
    let token = this.#tokens.get(of);
    if (token === undefined) {
      token = `${kind}_${this.#hmac(of).slice(0, tokenDigits)}`;
      if (this.#tokens.size >= keptTokens) this.#tokens.clear();
      this.#tokens.set(of, token);
      if (this.#mapping !== undefined && this.#mapping.size < mappedTokens) this.#mapping.set(token, value);
    }
    this.#note(kind, value, token);
    return token;
  }

  #shown(value: string): string {
    return scrubCredentials(this.#secrets.replace(value, removed).text).text;
  }

  #note(kind: RedactionKind, before: string, after: string, count = 1): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
    let examples = this.#examples.get(kind);
    if (examples === undefined) this.#examples.set(kind, (examples = new Map()));
    if (examples.size < shownExamples) examples.set(cut(this.#shown(before)), cut(after));
  }
}

function masked(text: string): string {
  return text.replaceAll(removed, '••••••');
}

function cut(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`;
}
