import { textOf, type Bytes } from '../../domain/bytes.ts';
import type { ConnectionDefinition, Secret } from '../../domain/connections/definition.ts';
import { destination } from '../../domain/connections/fingerprint.ts';
import { display } from '../../domain/display.ts';
import { Failure, isFailure } from '../../domain/failure.ts';
import type { SecretPrompt, SecretReader } from '../ports/environment.ts';
import type { Credentials } from '../ports/redis.ts';
import type { SecretVault } from './secretVault.ts';

export interface CredentialRequest {
  readonly definition: ConnectionDefinition;
  readonly scopeRoot: string;
  /** Whether a person may be asked now. */
  readonly interactive: boolean;
  /** A secret that the caller brings; nothing else is read then. */
  readonly secret?: Secret;
}

/** Reads everything that a definition points at. Only called when the workspace is trusted. */
export class CredentialResolver {
  readonly #vault: SecretVault;
  readonly #reader: SecretReader;
  readonly #prompt: SecretPrompt;
  /** Texts of every secret that this window has used, wherever it came from. */
  readonly used = new Set<string>();

  constructor(vault: SecretVault, reader: SecretReader, prompt: SecretPrompt) {
    this.#vault = vault;
    this.#reader = reader;
    this.#prompt = prompt;
  }

  /** @throws Failure UNAUTHORIZED when a secret is needed and cannot be had, CANCELLED when the person dismissed the question */
  async resolve(request: CredentialRequest): Promise<Credentials> {
    const { tls } = request.definition;
    const read = (path: string | undefined) =>
      path === undefined || !tls.enabled ? undefined : this.#reader.file(path, request.scopeRoot);
    const [ca, cert, key] = await Promise.all([read(tls.caFile), read(tls.certFile), read(tls.keyFile)]);
    let secret = request.secret ?? (await this.#secret(request));
    if (key !== undefined && isEncryptedKey(key) && secret.keyPassphrase === undefined) {
      secret = { ...secret, keyPassphrase: await this.#ask(request, 'keyPassphrase', 'Its key file is encrypted.') };
    }
    for (const text of Object.values(secret)) if (typeof text === 'string') this.used.add(text);
    return {
      secret,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
  }

  async #secret(request: CredentialRequest): Promise<Secret> {
    const source = request.definition.secret;
    if (source === 'ask') return this.#askForAll(request, 'It is asked for at every connect.');
    if (source === 'stored') return this.#stored(request);
    if ('env' in source) return { password: this.#environment(source.env) };
    return { password: await this.#reader.command(source.command) };
  }

  async #stored(request: CredentialRequest): Promise<Secret> {
    const kept = await this.#vault.find(request.definition);
    if (kept.kind === 'found') return kept.secret;
    if (kept.kind === 'none') return {};
    const secret = await this.#askForAll(
      request,
      'The destination changed, or the secret storage forgot: what was stored for the old one was not sent.',
    );
    await this.#keep(request.definition, secret);
    return secret;
  }

  /** Without a keyring the answer serves this window, and is asked for again in the next. */
  async #keep(definition: ConnectionDefinition, secret: Secret): Promise<void> {
    try {
      await this.#vault.keep(definition, secret);
    } catch (error) {
      if (!isFailure(error, 'NOT_SUPPORTED')) throw error;
    }
  }

  #environment(name: string): string {
    const value = this.#reader.environment(name);
    if (value !== undefined && value !== '') return value;
    throw new Failure('UNAUTHORIZED', `The environment variable ${display(name)} is not set where VS Code runs.`, {
      nextAction: 'Set it, restart VS Code from there, then connect again.',
    });
  }

  async #askForAll(request: CredentialRequest, why: string): Promise<Secret> {
    const password = await this.#ask(request, 'password', why);
    const sentinel = request.definition.sentinel?.username !== undefined;
    return sentinel ? { password, sentinelPassword: await this.#ask(request, 'sentinelPassword', why) } : { password };
  }

  async #ask(request: CredentialRequest, what: keyof Secret, why: string): Promise<string> {
    const name = display(request.definition.name);
    if (!request.interactive) {
      throw new Failure('UNAUTHORIZED', `${name} needs its secret from you. ${why}`, {
        nextAction: 'Connect it from the Connections view.',
      });
    }
    const answer = await this.#prompt.ask(name, what, `For ${display(destination(request.definition))}. ${why}`);
    if (answer === undefined) throw new Failure('CANCELLED', `No secret was given, so ${name} was not connected.`);
    return answer;
  }
}

function isEncryptedKey(pem: Bytes): boolean {
  return textOf(pem)?.includes('ENCRYPTED') ?? false;
}
