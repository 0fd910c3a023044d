import type { VNode } from 'preact';
import type { Environment } from '../../src/domain/connections/definition.ts';
import { Icon } from './icon.tsx';

const words: Record<Environment, { readonly text: string; readonly title: string }> = {
  prod: { text: 'PROD', title: 'Production' },
  staging: { text: 'STAGING', title: 'Staging' },
  dev: { text: 'DEV', title: 'Development' },
  unknown: { text: '?', title: 'Environment not set: treated as production' },
};

/** Where a connection leads. Stands on everything that touches one. */
export function EnvironmentBadge({ environment }: { readonly environment: Environment }): VNode {
  const { text, title } = words[environment];
  return (
    <span class={`environment environment-${environment}`} title={title}>
      {environment === 'prod' && <Icon name="shield" />}
      {text}
    </span>
  );
}
