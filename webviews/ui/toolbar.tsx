import type { ComponentChildren, VNode } from 'preact';

/** The row of controls above a page's content; wraps when narrow. */
export function Toolbar({ label, children }: { readonly label: string; readonly children: ComponentChildren }): VNode {
  return (
    <div class="toolbar" role="toolbar" aria-label={label}>
      {children}
    </div>
  );
}

/** Pushes what follows to the far end of a toolbar. */
export function ToolbarGap(): VNode {
  return <span class="toolbar-gap" />;
}
