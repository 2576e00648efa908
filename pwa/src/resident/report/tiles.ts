/** Which topics stand on the first six tiles, and how all of them are grouped. */

import type { Category } from "../../shared/config";

/** What most people come with, and what must not wait. Needs and dangers first, never who somebody is (R21). */
const USEFUL = new Set(["CN01", "CN02", "CN03", "CN04", "CN12", "CN13"]);
const TILES = 6;

/** Six topics in the server's order: the useful ones, filled up with the first others. */
export function sixOf(all: readonly Category[]): readonly Category[] {
  const useful = all.filter((one) => USEFUL.has(one.code));
  const others = all.filter((one) => !USEFUL.has(one.code));
  const chosen = new Set([...useful, ...others].slice(0, TILES));
  return all.filter((one) => chosen.has(one));
}

/** The groups of all topics, in the order in which they are shown. */
export const GROUPS = ["places", "people", "doings", "rights", "more"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<string, Group>> = {
  CN01: "places", CN02: "places", CN03: "places", CN08: "places", CN09: "places", CN10: "places",
  CN12: "people", CN13: "people", CN14: "people",
  CN04: "doings", CN05: "doings", CN06: "doings", CN07: "doings", CN11: "doings",
  CN15: "rights", CN16: "rights",
};

/** All topics by group; one that is new to this page stands in the last. Empty groups are left out. */
export function grouped(all: readonly Category[]): readonly { readonly group: Group; readonly topics: readonly Category[] }[] {
  return GROUPS.map((group) => ({
    group,
    topics: all.filter((one) => (GROUP_OF[one.code] ?? "more") === group),
  })).filter(({ topics }) => topics.length > 0);
}
