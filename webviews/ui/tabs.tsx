import type { ComponentChildren, VNode } from 'preact';

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly title: string;
}

interface TabsProps<Id extends string> {
  readonly tabs: readonly Tab<Id>[];
  readonly active: Id;
  readonly onChange: (id: Id) => void;
  readonly label: string;
  readonly children: ComponentChildren;
}

/** Tabs with the active one's content. Own elements: the toolkit's panels keep every tab's content alive. */
export function Tabs<Id extends string>({ tabs, active, onChange, label, children }: TabsProps<Id>): VNode {
  function onKeyDown(event: KeyboardEvent): void {
    const at = tabs.findIndex((tab) => tab.id === active);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    onChange(next.id);
    document.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  }
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`tab-${tab.id}`}
            class="tab"
            aria-selected={tab.id === active}
            aria-controls="tab-content"
            tabIndex={tab.id === active ? 0 : -1}
            onClick={() => onChange(tab.id)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div class="tab-content" role="tabpanel" id="tab-content" aria-labelledby={`tab-${active}`}>
        {children}
      </div>
    </div>
  );
}
