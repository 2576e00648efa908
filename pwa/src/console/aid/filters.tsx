/** What the board and the plan are narrowed to; it stands in the address as ids and codes. */

import { useEffect, useState } from "preact/hooks";

import { api, ask } from "../api";
import { categories, categoryName } from "../config";
import { pick, t } from "../i18n";
import { FilterBar, OneFilter, YesFilter, type Option } from "../parts/filters";
import { place } from "../router";

export const NARROWING = ["direction", "need", "area", "waiting_h", "alone"] as const;

/** The bar. A plan is of both sides and has no side to choose. */
export function AidFilters({ sides }: { sides: boolean }) {
  const areas = useAreas();
  const needs = categories().filter((one) => one.code.startsWith("AID")).map((one) => ({ value: one.code, words: categoryName(one.code) }));
  return (
    <FilterBar names={sides ? NARROWING : NARROWING.filter((one) => one !== "direction")}>
      {sides && <OneFilter name="direction" label={t("aid.side")} all={t("aid.side.all")} options={["request", "offer"].map((value) => ({ value, words: t(`aid.side.${value}` as "aid.side.offer") }))} />}
      <OneFilter name="need" label={t("aid.need")} all={t("aid.need.all")} options={needs} />
      <OneFilter name="area" label={t("aid.area")} all={t("aid.area.all")} options={areas} />
      <OneFilter name="waiting_h" label={t("aid.waiting")} all={t("aid.waiting.all")} options={["24", "72"].map((value) => ({ value, words: t(`aid.waiting.${value}` as "aid.waiting.24") }))} />
      <YesFilter name="alone" label={t("aid.alone")} />
    </FilterBar>
  );
}

/** The filter of places alone. */
export function PlaceFilter() {
  return (
    <FilterBar names={["area"]}>
      <OneFilter name="area" label={t("aid.area")} all={t("aid.area.all")} options={useAreas()} />
    </FilterBar>
  );
}

/** What is chosen, as the server is asked. */
export function narrowed(): { direction?: "request" | "offer"; need?: string; area?: number; waiting_h?: number; alone?: boolean } {
  const query = place.value.query;
  const [direction, need, area, waiting] = ["direction", "need", "area", "waiting_h"].map((name) => query.get(name));
  return {
    ...((direction === "request" || direction === "offer") && { direction }), ...(need && { need }),
    ...(area && Number(area) > 0 && { area: Number(area) }), ...(waiting && Number(waiting) > 0 && { waiting_h: Number(waiting) }),
    ...(query.get("alone") === "true" && { alone: true }),
  };
}

/** The same without a side. */
export function narrowedPlan(): Omit<ReturnType<typeof narrowed>, "direction"> {
  const { direction: _, ...rest } = narrowed();
  return rest;
}

/** The place that is chosen. */
export function chosenArea(): { area?: number } {
  const { area } = narrowed();
  return area === undefined ? {} : { area };
}

/** The places to choose from, from the top down: the first 200 of them. */
function useAreas(): readonly Option[] {
  const [found, setFound] = useState<readonly Option[]>([]);
  useEffect(() => {
    void ask(api.GET("/api/v1/areas", { params: { query: { limit: 200 } } })).then((outcome) => {
      if (outcome.is !== "data") return; // without the list, everything that one sees is still shown
      setFound((outcome.data.items ?? []).map((one) => ({
        value: String(one.id), words: `${"– ".repeat(one.level ?? 0)}${pick(one.names as Record<string, string>) || one.name || ""}`,
      })));
    });
  }, []);
  return found;
}
