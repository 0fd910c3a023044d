import type { Environment } from '../../../../domain/connections/definition.ts';

export const environments: readonly Environment[] = ['dev', 'staging', 'prod', 'unknown'];
