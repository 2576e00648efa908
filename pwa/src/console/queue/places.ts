/** Areas and bodies by name, fetched once: for rows and filters. */

import { signal } from "@preact/signals";

import { api, ask } from "../api";
import { pick } from "../i18n";
import type { Option } from "../parts/filters";

interface Named {
  readonly id: string;
  readonly names: Readonly<Record<string, unknown>>;
  readonly name: string;
}

const areas = signal<readonly Named[]>([]);
const bodies = signal<readonly Named[]>([]);
let isAsked = false;

/** The most pages that are read: a filter of more than a thousand entries is no filter. */
const PAGES_MOST = 5;

/** Fetch them, the first time. Never rejects; where it fails, ids stand instead of names and the next screen tries again. */
export async function learnPlaces(): Promise<void> {
  if (isAsked) return;
  isAsked = true;
  const [places, organisations] = await Promise.all([
    all((cursor) => ask(api.GET("/api/v1/areas", { params: { query: { limit: 200, ...(cursor && { cursor }) } } }))),
    all((cursor) => ask(api.GET("/api/v1/organisations", { params: { query: { limit: 200, ...(cursor && { cursor }) } } }))),
  ]);
  areas.value = places;
  bodies.value = organisations;
  isAsked = places.length > 0;
}

type Answer = { is: string; data?: { items?: readonly unknown[]; next_cursor?: string | null } };

async function all(fetchPage: (cursor: string | undefined) => Promise<Answer>): Promise<readonly Named[]> {
  const found: Named[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MOST; page++) {
    const outcome = await fetchPage(cursor);
    if (outcome.is !== "data") break;
    found.push(...((outcome.data?.items ?? []) as readonly (Named & { id: string | number })[]).map((one) => ({ ...one, id: String(one.id) })));
    cursor = outcome.data?.next_cursor ?? undefined;
    if (!cursor) break;
  }
  return found;
}

/** The name of an area; nothing for none. */
export function areaName(id: number | null | undefined): string {
  if (id === null || id === undefined) return "";
  const found = areas.value.find((one) => one.id === String(id));
  return found ? pick(found.names) || found.name : "";
}

/** The areas to choose from, in the reader's order. */
export function areaOptions(): readonly Option[] {
  return optionsOf(areas.value);
}

/** The bodies to choose from. */
export function bodyOptions(): readonly Option[] {
  return optionsOf(bodies.value);
}

function optionsOf(named: readonly Named[]): readonly Option[] {
  return named.map((one) => ({ value: one.id, words: pick(one.names) || one.name })).toSorted((a, b) => a.words.localeCompare(b.words));
}
