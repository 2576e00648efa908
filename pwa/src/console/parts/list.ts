/** A list that comes by pages, with everything that a screen has to say about it. */

import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { Outcome, Page, Problem } from "../api";

export interface List<Row> {
  /** The rows so far; undefined until the first page is there. */
  readonly rows: Signal<readonly Row[] | undefined>;
  readonly isLoading: Signal<boolean>;
  readonly failure: Signal<{ is: "problem"; problem: Problem } | { is: "offline" } | undefined>;
  readonly hasMore: Signal<boolean>;
  /** Fetch the next page behind those that are there. */
  readonly more: () => Promise<void>;
  /** Fetch the first page anew. */
  readonly reload: () => Promise<void>;
}

type Fetch<Row> = (cursor: string | undefined) => Promise<Outcome<Page<Row>>>;

/** A list that is fetched when it is first shown, and anew whenever one of `deps` (filters, order) changes. */
export function useList<Row>(fetchPage: Fetch<Row>, deps: readonly unknown[]): List<Row> {
  const list = useMemo(() => makeList(fetchPage), deps);
  useEffect(() => void list.reload(), [list]);
  return list;
}

/** A list outside of a screen's life. */
export function makeList<Row>(fetchPage: Fetch<Row>): List<Row> {
  const rows = signal<readonly Row[] | undefined>(undefined);
  const isLoading = signal(false);
  const failure = signal<List<Row>["failure"]["value"]>(undefined);
  const hasMore = signal(false);
  let cursor: string | undefined;
  let turn = 0;
  const load = async (from: string | undefined): Promise<void> => {
    const mine = ++turn;
    isLoading.value = true;
    const outcome = await fetchPage(from);
    if (mine !== turn) return; // what was asked for later counts
    isLoading.value = false;
    failure.value = outcome.is === "data" ? undefined : outcome;
    if (outcome.is !== "data") return;
    rows.value = from ? [...(rows.value ?? []), ...outcome.data.items] : outcome.data.items;
    cursor = outcome.data.next_cursor ?? undefined;
    hasMore.value = cursor !== undefined;
  };
  return { rows, isLoading, failure, hasMore, more: () => load(cursor), reload: () => load(undefined) };
}
