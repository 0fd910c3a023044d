import '@vscode/codicons/dist/codicon.css';
import type { VNode } from 'preact';

/** One of VS Code's own icons, for the eye only: a word beside it says the same. */
export function Icon({ name, class: more = '' }: { readonly name: string; readonly class?: string }): VNode {
  return <span class={`codicon codicon-${name} ${more}`} aria-hidden="true" />;
}
