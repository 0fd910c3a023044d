import type { RedactionKind } from './definition.ts';

/** What was done to what, as people read it. */
export const redactionWords: Readonly<Record<RedactionKind, string>> = {
  secret: 'Known secrets, removed',
  credential: 'Credentials, removed',
  key: 'Key names, as tokens',
  host: 'Hosts, as tokens',
  user: 'User names, as tokens',
  label: 'Names and labels, as tokens',
  path: 'Paths, as tokens',
  text: 'Free text, left out',
  dropped: 'Fields that no rule allows, left out',
};
