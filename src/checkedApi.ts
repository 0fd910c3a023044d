import type { CachifyApi } from './api.ts';
import { asFailure } from './domain/failure.ts';

/**
 * The API as it leaves the extension: inputs are parsed before anything happens, and whatever goes wrong rejects with
 * a `Failure`. The schemas load with the first call, not at activation.
 */
export function checkedApi(api: CachifyApi): CachifyApi {
  return {
    version: 1,
    connections: checkedGroup('connections', api.connections),
    // `uri` answers at once, so it checks its own input.
    keys: { ...checkedGroup('keys', api.keys), uri: (query) => api.keys.uri(query) },
    workflows: checkedGroup('workflows', api.workflows),
    governance: checkedGroup('governance', api.governance),
    incidents: checkedGroup('incidents', api.incidents),
    alerts: checkedGroup('alerts', api.alerts),
    retention: checkedGroup('retention', api.retention),
    observability: {
      ...checkedGroup('observability', api.observability),
      compare: (query) =>
        checkedStream('observability', 'compare', query, (parsed) => api.observability.compare(parsed)),
    },
  };
}

function checkedGroup<Group extends object>(namespace: string, group: Group): Group {
  const checked = Object.entries(group).map(([method, call]: [string, unknown]) => [
    method,
    async (...parameters: unknown[]): Promise<unknown> => {
      try {
        const { parseApiInput } = await import('./protocol/apiInputs.ts');
        const parsed = parseApiInput(namespace, method, parameters);
        const result: unknown = typeof call === 'function' ? await Reflect.apply(call, group, parsed) : undefined;
        return result;
      } catch (error) {
        throw asFailure(error);
      }
    },
  ]);
  return Object.fromEntries(checked) as Group;
}

/** A method that answers with a stream: parsed when the first item is asked for, failures reject that item. */
async function* checkedStream<Query, Item>(
  namespace: string,
  method: string,
  query: Query,
  call: (parsed: Query) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, undefined> {
  try {
    const { parseApiInput } = await import('./protocol/apiInputs.ts');
    const [parsed] = parseApiInput(namespace, method, [query]);
    yield* call(parsed as Query);
  } catch (error) {
    throw asFailure(error);
  }
}
