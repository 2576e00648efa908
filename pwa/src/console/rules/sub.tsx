/** The parts of the workbench, and the place whose rules are looked at. */

import { language, t } from "../i18n";
import { place } from "../router";
import { may } from "../session";
import { areaAsked, areas } from "./calls";
import type { TextKey } from "../texts";

/** Links to the parts of the workbench; the place goes along. */
export function Sub() {
  const parts: readonly (readonly [string, TextKey])[] = [
    ["", "rules.sub.place"], ["changes", "rules.sub.changes"], ...(may("policy.write") ? [["import", "rules.sub.import"] as const] : []), ["overrides", "rules.sub.overrides"],
  ];
  const here = place.value.rest[0] ?? "";
  const query = place.value.query.has("area") ? `?area=${areaAsked()}` : "";
  return (
    <nav aria-label={t("rules.sub")} class="sub">
      {parts.map(([path, words]) => (
        <a key={path} href={`/console/rules${path && `/${path}`}${query}`} {...((here === path || (path === "" && here === "rule")) && { "aria-current": "page" as const })}>{t(words)}</a>
      ))}
    </nav>
  );
}

/** Which place; 0 is everywhere. `all`: words for no place in particular, where that can be chosen. */
export function AreaChoice({ value, onValue, all }: { value: number | undefined; onValue: (area: number | undefined) => void; all?: string }) {
  const named = (one: { names: Record<string, string>; name: string }): string => one.names[language.value === "zh" ? "zh" : "en"] ?? one.name;
  return (
    <label class="filter-one">
      <span class="soft">{t("rules.area")}</span>
      <select value={value === undefined ? "" : String(value)} onChange={(event) => onValue(event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value))}>
        {all !== undefined && <option value="">{all}</option>}
        <option value="0">{t("rules.everywhere")}</option>
        {areas.value.map((one) => <option key={one.id} value={one.id}>{"\u2003".repeat(one.level)}{named(one)}</option>)}
      </select>
    </label>
  );
}
