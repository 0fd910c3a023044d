import { Failure } from '../../domain/failure.ts';
import type { InteractiveCommands } from './register.ts';

type IncidentCommands = Pick<InteractiveCommands, Extract<keyof InteractiveCommands, `cachify.incidents.${string}`>>;

/** What commands about incident bundles do when a person calls them. */
export function incidentCommands(): IncidentCommands {
  return {
    'cachify.incidents.open': () => {
      throw new Failure('NOT_SUPPORTED', 'Incident bundles are not in this version yet.');
    },
  };
}
