/**
 * The rows of the queue and how they stay true: those that are shown are brought up to date where they stand, those that
 * are new wait until somebody wants them, and nothing moves under the pointer.
 */

import { signal, type Signal } from "@preact/signals";

import { api, ask, type Outcome, type Page, type Schemas } from "../api";
import type { LiveEvent } from "../live";
import { makeList, type List } from "../parts/list";
import { ALARM_GRADE, type Alarm, type Listed, type Search } from "./asking";

/** As many ids as the server takes in one call. */
const IDS_MOST = 200;
/** How long further events are waited for, so that a burst is one question. */
const GATHER_MS = 60;
/** Events by which an incident comes to a list; others only change what is in it. */
const BEGINS = new Set(["IncidentOpened", "IncidentReopened", "IncidentSplit"]);

export interface Queue {
  readonly list: List<Listed>;
  readonly alarms: Signal<readonly Alarm[]>;
  /** Incidents that fit the filters and are not shown yet. */
  readonly fresh: Signal<ReadonlySet<string>>;
  readonly hear: (events: readonly LiveEvent[]) => void;
  /** Load everything anew, the new ones among them. */
  readonly reload: () => Promise<void>;
  /** Take an incident as a call answered it. */
  readonly take: (incident: Listed) => void;
  /** Ask for incidents as they are now, also closed ones. */
  readonly refresh: (ids: readonly string[]) => Promise<readonly Listed[]>;
}

/** The queue for what `query` asks. */
export function makeQueue(query: Search): Queue {
  const list = makeList<Listed>((cursor) => search({ ...query, ...(cursor && { cursor }) }));
  const alarms = signal<readonly Alarm[]>([]);
  const fresh = signal<ReadonlySet<string>>(new Set());
  const touched = new Set<string>();
  const begun = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;

  const take = (incident: Listed): void => {
    const known = list.rows.value?.find((row) => row.id === incident.id);
    if (known && known.version <= incident.version) {
      list.rows.value = list.rows.value?.map((row) => (row.id === incident.id ? incident : row));
    }
    const alarm = alarms.value.find((one) => one.id === incident.id);
    if (alarm || (incident.grade === ALARM_GRADE && !incident.closed_at)) void loadAlarms();
  };
  const loadAlarms = async (): Promise<void> => {
    const outcome = await ask(api.GET("/api/v1/incidents/alarms"));
    if (outcome.is === "data") alarms.value = (outcome.data.items ?? []) as Alarm[];
  };
  const refresh = async (ids: readonly string[]): Promise<readonly Listed[]> => {
    const outcome = await search({ ids: [...ids], limit: IDS_MOST });
    if (outcome.is !== "data") return [];
    const found = new Map(outcome.data.items.map((one) => [one.id, one]));
    const rows = list.rows.value;
    if (rows?.some((row) => found.has(row.id))) {
      list.rows.value = rows.map((row) => {
        const now = found.get(row.id);
        return now && now.version >= row.version ? now : row;
      });
    }
    const pinned = new Set(alarms.value.map((one) => one.id));
    if (outcome.data.items.some((one) => pinned.has(one.id) || (one.grade === ALARM_GRADE && !one.closed_at))) await loadAlarms();
    return outcome.data.items;
  };
  /** Which of these the list would show: those that have begun, or any where the list is whole. */
  const look = async (ids: readonly string[]): Promise<void> => {
    const shown = new Set(list.rows.value?.map((row) => row.id));
    const unknown = ids.filter((id) => !shown.has(id) && !fresh.value.has(id) && (begun.has(id) || !list.hasMore.value));
    if (unknown.length === 0) return;
    const outcome = await search({ ...query, ids: unknown, limit: IDS_MOST });
    if (outcome.is !== "data") return;
    // Those that were asked for by id are found when they are closed, too; the list does not show them.
    const open = outcome.data.items.filter((one) => !one.closed_at || query.status);
    const still = new Set(list.rows.value?.map((row) => row.id));
    fresh.value = new Set([...fresh.value, ...open.map((one) => one.id).filter((id) => !still.has(id))]);
  };
  const work = async (): Promise<void> => {
    timer = undefined;
    if (isBusy) return;
    isBusy = true;
    while (touched.size > 0) {
      const ids = [...touched].slice(0, IDS_MOST);
      for (const id of ids) touched.delete(id);
      await refresh(ids);
      await look(ids);
      for (const id of ids) begun.delete(id);
    }
    isBusy = false;
  };
  return {
    list, alarms, fresh, take, refresh,
    hear: (events) => {
      for (const event of events) {
        touched.add(event.incident_id);
        if (BEGINS.has(event.type)) begun.add(event.incident_id);
      }
      if (!isBusy) timer ??= setTimeout(() => void work(), GATHER_MS);
    },
    reload: async () => {
      fresh.value = new Set();
      await Promise.all([list.reload(), loadAlarms()]);
    },
  };
}

async function search(body: Search): Promise<Outcome<Page<Listed>>> {
  const outcome = await ask(api.POST("/api/v1/incidents/search", { body: body as Schemas["IncidentsSearch"] }));
  if (outcome.is !== "data") return outcome;
  return { ...outcome, data: { items: (outcome.data.items ?? []) as Listed[], next_cursor: outcome.data.next_cursor ?? null } };
}
