import { validationFailure } from '../failure.ts';
import { incidentIncludes, redactionProfiles, type IncidentRequest } from './definition.ts';

/**
 * Checks what a person or a caller asks for; `nowMs` is the wall clock.
 *
 * @throws Failure VALIDATION_ERROR with the field in `details.path`
 */
export function validateRequest(request: IncidentRequest, nowMs: number): void {
  const from = Date.parse(request.from);
  const to = Date.parse(request.to);
  if (Number.isNaN(from)) throw validationFailure('from', '`from` is not a UTC time such as 2026-11-22T10:00:00Z.');
  if (Number.isNaN(to)) throw validationFailure('to', '`to` is not a UTC time such as 2026-11-22T10:00:00Z.');
  if (to <= from) throw validationFailure('to', '`to` must be later than `from`.');
  if (from > nowMs) throw validationFailure('from', 'The range lies in the future: nothing was recorded in it yet.');
  if (request.connectionIds?.length === 0) {
    throw validationFailure('connectionIds', 'Name at least one connection, or leave `connectionIds` out for all.');
  }
  if (request.includes.length === 0) throw validationFailure('includes', 'A bundle takes in at least one dataset.');
  const unknown = request.includes.find((one) => !incidentIncludes.includes(one));
  if (unknown !== undefined) throw validationFailure('includes', 'One of `includes` is no dataset of a bundle.');
  if (!redactionProfiles.includes(request.redactionProfile)) {
    throw validationFailure('redactionProfile', '`redactionProfile` must be default or strict.');
  }
}
