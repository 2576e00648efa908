/** The bar above a list by which it is narrowed; what is chosen stands in the address as ids and codes. */

import type { ComponentChildren } from "preact";

import { count, t } from "../i18n";
import { place, setQuery } from "../router";

/** The values of a filter in the address. */
export function chosenOf(name: string): readonly string[] {
  return place.value.query.get(name)?.split(",").filter(Boolean) ?? [];
}

/** The bar itself; `names` are the filters that its button takes away together. */
export function FilterBar({ names, children }: { names: readonly string[]; children: ComponentChildren }) {
  const isNarrowed = names.some((name) => place.value.query.has(name));
  const clear = (): void => setQuery(Object.fromEntries(names.map((name) => [name, null])));
  return (
    <div class="filters" role="group" aria-label={t("filters")}>
      {children}
      {isNarrowed && <button type="button" class="bare" onClick={clear}>{t("filters.clear")}</button>}
    </div>
  );
}

export interface Option {
  readonly value: string;
  readonly words: string;
}

/** Any number of values of one filter. */
export function ManyFilter({ name, label, options }: { name: string; label: string; options: readonly Option[] }) {
  const chosen = chosenOf(name);
  const turn = (value: string, on: boolean): void => {
    const values = options.map((one) => one.value).filter((one) => (one === value ? on : chosen.includes(one)));
    setQuery({ [name]: values.join(",") });
  };
  return (
    <details class="filter" onKeyDown={closeOnEscape} onFocusOut={closeOnLeave}>
      <summary class="button">{label}{chosen.length > 0 && <span class="badge">{count(chosen.length)}</span>}</summary>
      <div class="filter-box">
        <fieldset>
          <legend class="unseen">{label}</legend>
          {options.map((one) => (
            <label key={one.value} class="check">
              <input type="checkbox" checked={chosen.includes(one.value)} onChange={(event) => turn(one.value, event.currentTarget.checked)} />
              <span>{one.words}</span>
            </label>
          ))}
        </fieldset>
      </div>
    </details>
  );
}

/** One value of a filter, or all. */
export function OneFilter({ name, label, options, all }: { name: string; label: string; options: readonly Option[]; all?: string }) {
  return (
    <label class="filter-one">
      <span class="soft">{label}</span>
      <select value={place.value.query.get(name) ?? ""} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
        <option value="">{all ?? t("filters.all")}</option>
        {options.map((one) => <option key={one.value} value={one.value}>{one.words}</option>)}
      </select>
    </label>
  );
}

/** A filter that is on or off; `isOnWithout`: what its name in the address says is that it is off. */
export function YesFilter({ name, label, isOnWithout = false }: { name: string; label: string; isOnWithout?: boolean }) {
  const isSaid = place.value.query.get(name) === "true";
  return (
    <button type="button" class="toggle" aria-pressed={isSaid !== isOnWithout} onClick={() => setQuery({ [name]: isSaid ? null : "true" })}>{label}</button>
  );
}

function closeOnEscape(event: KeyboardEvent & { currentTarget: HTMLDetailsElement }): void {
  if (event.key !== "Escape" || !event.currentTarget.open) return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary")?.focus();
}

function closeOnLeave(event: FocusEvent & { currentTarget: HTMLDetailsElement }): void {
  const to = event.relatedTarget as Node | null;
  if (to && !event.currentTarget.contains(to)) event.currentTarget.open = false;
}
