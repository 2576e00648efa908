/** What the queue asks the server for: filters and order as they stand in the address, words that stand nowhere. */

import { signal } from "@preact/signals";

import type { Schemas } from "../api";
import { place } from "../router";

export type Listed = Required<Schemas["Listed"]>;
export type Alarm = Required<Schemas["Alarm"]>;
/** What has a default need not be said. */
export type Search = Partial<Schemas["IncidentsSearch"]>;

export const SORTS = ["risk", "urgency", "newest"] as const;
export const YES = ["mine", "my_bodies", "without_person", "late", "disputed", "major", "has_parts", "no_part"] as const;
export const FILTERS = ["status", "grade", "category", "area", "owner", "language", ...YES] as const;
/** The grade whose incidents are pinned above the list and so are not in it, unless they are asked for. */
export const ALARM_GRADE = 1;
const PINNED_ELSEWHERE = [2, 3, 4, 5];

/** What is searched for. It is in no address and is not kept: it may be the name of somebody. */
export const words = signal("");

/** The filters and the order of the address. */
export function filtersOf(query: URLSearchParams = place.value.query): Search {
  const many = (name: string): string[] | undefined => query.get(name)?.split(",").filter(Boolean);
  const found: Record<string, unknown> = {
    status: many("status"), grade: many("grade")?.map(Number), category: many("category"),
    area: query.get("area") ? Number(query.get("area")) : undefined, owner: query.get("owner") ?? undefined,
    language: query.get("language") ?? undefined, sort: SORTS.find((one) => one === query.get("sort")) ?? "risk",
  };
  for (const name of YES) if (query.get(name) === "true") found[name] = true;
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as unknown as Search;
}

/** What a call asks for: the filters, without what is pinned above. */
export function askedFor(filters: Search = filtersOf(), said: string = words.value): Search {
  const wanted = said.trim();
  if (wanted) return { ...filters, q: wanted };
  return filters.grade ? filters : { ...filters, grade: PINNED_ELSEWHERE };
}

/** The address's parameters of filters that were kept. */
export function queryOf(filters: Readonly<Record<string, unknown>>): Record<string, string | null> {
  return Object.fromEntries([...FILTERS, "sort"].map((name) => {
    const value = filters[name];
    if (value === undefined || value === false || value === "") return [name, null];
    return [name, Array.isArray(value) ? value.join(",") : String(value)];
  }));
}
