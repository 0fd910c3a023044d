import type * as z from 'zod';
import { validationFailure, type Failure } from '../domain/failure.ts';
import { alertsInputs } from './apiInputs/alerts.ts';
import { connectionsInputs } from './apiInputs/connections.ts';
import { governanceInputs } from './apiInputs/governance.ts';
import { incidentsInputs } from './apiInputs/incidents.ts';
import { keysInputs } from './apiInputs/keys.ts';
import { workflowsInputs } from './apiInputs/workflows.ts';
import { observabilityInputs } from './apiInputs/observability.ts';
import { retentionInputs } from './apiInputs/retention.ts';
import type { MethodInputs } from './apiInputs/shared.ts';

/** What every method of the API takes. Unknown fields are refused. */
export const apiInputs: Readonly<Record<string, MethodInputs>> = {
  connections: connectionsInputs,
  keys: keysInputs,
  workflows: workflowsInputs,
  governance: governanceInputs,
  observability: observabilityInputs,
  incidents: incidentsInputs,
  alerts: alertsInputs,
  retention: retentionInputs,
};

/**
 * The parameters of `namespace.method`, parsed. Throws VALIDATION_ERROR that names the first wrong field in
 * `details.path` and the rule in its message.
 */
export function parseApiInput(namespace: string, method: string, parameters: readonly unknown[]): unknown[] {
  const schemas = apiInputs[namespace]?.[method] ?? [];
  if (parameters.length > schemas.length && parameters.slice(schemas.length).some((extra) => extra !== undefined)) {
    throw validationFailure('', `${namespace}.${method} takes ${schemas.length} parameters, not ${parameters.length}.`);
  }
  return schemas.map((schema, index) => {
    const result = schema.safeParse(parameters[index]);
    if (result.success) return result.data;
    throw failureOfIssue(`${namespace}.${method}`, result.error);
  });
}

function failureOfIssue(method: string, error: z.ZodError): Failure {
  const issue = error.issues[0];
  if (issue === undefined) return validationFailure('', `The input of ${method} is not valid.`);
  const unknownField = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...issue.path.map(String), ...(unknownField === undefined ? [] : [unknownField])].join('.');
  const rule = unknownField === undefined ? issue.message : 'is not a field of this call';
  return validationFailure(path, `${method}: ${path === '' ? 'the input' : `\`${path}\``}: ${rule}.`);
}
