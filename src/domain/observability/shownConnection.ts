/**
 * The connection that the panel shows: the chosen one while it exists, else one that is connected, else the first;
 * undefined when there is none. The page and its host follow the same rule, so that the host can begin to answer before
 * the page knows whom it will show.
 */
export function shownConnection<C extends { readonly id: string; readonly state: string }>(
  all: readonly C[],
  chosenId: string | null,
): C | undefined {
  return all.find(({ id }) => id === chosenId) ?? all.find(({ state }) => state === 'ready') ?? all[0];
}
