import { createHmac } from 'node:crypto';
import type { RedactionKeys } from '../../../../app/ports/incidents.ts';
import type { IncidentRequest } from '../../../../domain/incidents/definition.ts';
import { DatasetLines } from '../../../../domain/incidents/lines.ts';
import { Redactor } from '../../../../domain/incidents/redactor.ts';

/** The redaction of one bundle: the same keys give the same tokens, in the preview and in every try of its export. */
export function bundleRedactor(request: IncidentRequest, { salt, secrets }: RedactionKeys): Redactor {
  const key = Buffer.from(salt, 'hex');
  return new Redactor({
    profile: request.redactionProfile,
    secrets,
    keepMapping: request.keepMapping === true,
    hmac: (text) => createHmac('sha256', key).update(text).digest('hex'),
  });
}

export function bundleLines(redactor: Redactor, names: Readonly<Record<string, string>>): DatasetLines {
  const known = new Map(Object.entries(names));
  return new DatasetLines(redactor, (uid) => known.get(uid) ?? uid);
}
