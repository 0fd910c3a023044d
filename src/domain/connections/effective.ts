import type { ConnectionDefinition } from './definition.ts';
import { fingerprint } from './fingerprint.ts';

/** Something that a shared settings file asks for and that the person at this machine has to allow first. */
export interface Concern {
  readonly field: string;
  /** What the file asks for and what it means, as a sentence. */
  readonly asks: string;
  /** `held`: the stricter value is used meanwhile. `blocks`: there is no stricter value, so nothing connects. */
  readonly effect: 'held' | 'blocks';
}

const guarded = (environment: ConnectionDefinition['environment']) =>
  environment === 'prod' || environment === 'unknown';

/**
 * What a workspace or folder entry wants that is weaker than the user's own entry of the same id, or that a repository
 * must not decide alone: no certificate check, writes to production, running a program for the secret.
 */
export function concernsOf(shared: ConnectionDefinition, own: ConnectionDefinition | undefined): readonly Concern[] {
  if (shared.scope === 'user') return [];
  const all: (Concern | false | undefined)[] = [
    own?.tls.enabled === true &&
      !shared.tls.enabled && { field: 'tls.enabled', asks: 'turns TLS off, your own entry has it on', effect: 'held' },
    !shared.tls.rejectUnauthorized && {
      field: 'tls.rejectUnauthorized',
      asks: 'turns the check of the server certificate off',
      effect: 'held',
    },
    own?.tls.enabled === true &&
      own.tls.caFile !== undefined &&
      own.tls.caFile !== shared.tls.caFile && {
        field: 'tls.caFile',
        asks: 'trusts another certificate authority than your own entry',
        effect: 'held',
      },
    own !== undefined &&
      guarded(own.environment) &&
      !guarded(shared.environment) && {
        field: 'environment',
        asks: `says ${shared.environment}, your own entry says ${own.environment}`,
        effect: 'held',
      },
    !shared.readOnly &&
      (own?.readOnly === true || guarded(shared.environment)) && {
        field: 'readOnly',
        asks:
          own?.readOnly === true
            ? 'allows writes, your own entry is read-only'
            : 'allows writes to a connection that counts as production',
        effect: 'held',
      },
    typeof shared.secret === 'object' &&
      'command' in shared.secret && {
        field: 'secret.command',
        asks: 'runs a program on this machine to get the secret',
        effect: 'blocks',
      },
  ];
  return all.filter((concern): concern is Concern => typeof concern === 'object');
}

/** The definition that is used while `concerns` are open. */
export function heldBack(
  shared: ConnectionDefinition,
  own: ConnectionDefinition | undefined,
  concerns: readonly Concern[],
): ConnectionDefinition {
  const open = new Set(concerns.filter((concern) => concern.effect === 'held').map((concern) => concern.field));
  const caFile = open.has('tls.caFile') ? own?.tls.caFile : shared.tls.caFile;
  return {
    ...shared,
    environment: open.has('environment') && own ? own.environment : shared.environment,
    readOnly: shared.readOnly || open.has('readOnly'),
    tls: {
      ...shared.tls,
      ...(caFile === undefined ? {} : { caFile }),
      enabled: shared.tls.enabled || open.has('tls.enabled'),
      rejectUnauthorized: shared.tls.rejectUnauthorized || open.has('tls.rejectUnauthorized'),
    },
  };
}

/** What an approval is given for; it lapses when the destination or what is asked changes. */
export function approvalSubject(shared: ConnectionDefinition, concerns: readonly Concern[]): string {
  return JSON.stringify([fingerprint(shared), concerns.map((concern) => [concern.field, concern.asks]), shared.secret]);
}
