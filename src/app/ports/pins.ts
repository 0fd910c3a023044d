import type { Pin } from '../../domain/retention/pins.ts';

/** Asked before every purge and for the summary: the feature that needs the rows answers. */
export interface PinSource {
  pins(): Promise<readonly Pin[]>;
}
