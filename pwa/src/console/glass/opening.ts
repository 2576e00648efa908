/** Openings as the server tells them. */

import { signal } from "@preact/signals";

import type { Page, Outcome, Schemas } from "../api";

export type Opening = Required<Schemas["Opening"]>;
export type Openings = Page<Opening> & { readonly waiting?: number };

/** Counts what was done to openings here, so that lists of them are fetched anew. */
export const changes = signal(0);

/** A page of openings of an answer whose fields the contract leaves open. */
export function pageOf(outcome: Outcome<Schemas["Openings"]>): Outcome<Openings> {
  if (outcome.is !== "data") return outcome;
  const { items, next_cursor: next, waiting } = outcome.data;
  return { ...outcome, data: { items: (items ?? []) as Opening[], next_cursor: next ?? null, waiting: waiting ?? 0 } };
}
