/** Tabs: arrows move between them, and only the chosen one is in the way of the Tab key. */

import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

export interface Tab {
  readonly key: string;
  readonly title: ComponentChildren;
  readonly content: () => ComponentChildren;
}

/** Several views of one thing, of which one is shown. */
export function Tabs({ label, tabs, chosen, onChoose }: { label: string; tabs: readonly Tab[]; chosen: string; onChoose: (key: string) => void }) {
  const id = useId();
  const row = useRef<HTMLDivElement>(null);
  const at = Math.max(0, tabs.findIndex((tab) => tab.key === chosen));
  const move = (event: KeyboardEvent): void => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    onChoose(tabs[next]?.key ?? "");
    row.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div class="stack">
      <div class="tabs" role="tablist" aria-label={label} ref={row} onKeyDown={move}>
        {tabs.map((tab, index) => (
          <button key={tab.key} type="button" role="tab" id={`${id}-${tab.key}`} aria-selected={index === at} aria-controls={`${id}-panel`}
            tabIndex={index === at ? 0 : -1} onClick={() => onChoose(tab.key)}>{tab.title}</button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tabs[at]?.key}`} tabIndex={0}>{tabs[at]?.content()}</div>
    </div>
  );
}
