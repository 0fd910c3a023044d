import { Failure } from '../failure.ts';

/** Why a cluster is not watched, by MONITOR or by notifications. */
export function clusterNotWatched(): Failure {
  return new Failure('NOT_SUPPORTED', 'A cluster cannot be watched: one connection sees only one of its nodes.', {
    nextAction: 'Add a connection to the node that you want to watch.',
  });
}
