/** The queue: alarms pinned with their clocks, then what is most at risk of being late. Live, and complete by keyboard. */

import "../queue/queue.css";

import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";

import { api, ask, newKey, once } from "../api";
import { count, t } from "../i18n";
import { subscribe } from "../live";
import { useKeys } from "../parts/keys";
import { Screen } from "../parts/states";
import { Pages } from "../parts/table";
import { toast } from "../parts/toasts";
import { usePresence } from "../presence";
import { askedFor, FILTERS, filtersOf, words, type Listed } from "../queue/asking";
import { Bar } from "../queue/bar";
import { Deciding } from "../queue/deciding";
import { Lane, Rows } from "../queue/list";
import { learnPlaces } from "../queue/places";
import { Refusals, type Result } from "../queue/refusals";
import { makeQueue, type Queue as Store } from "../queue/store";
import { learnViews, use } from "../queue/views";
import { go, place } from "../router";
import { may } from "../session";

// Asked for while the page still learns who is there: the first rows wait for it.
let early: ReturnType<typeof learnViews> | undefined = learnViews();

/** The screen; without filters in its address it begins with the person's own view. */
export default function Queue() {
  const [isReady, setReady] = useState(place.value.query.size > 0);
  useEffect(() => {
    void learnPlaces();
    const asked = early ?? learnViews();
    early = undefined;
    // Whoever had to sign in first was told nothing yet.
    void asked.then((found) => (found === null ? learnViews() : found)).then((first) => {
      if (first && place.value.query.size === 0) use(first);
      setReady(true);
    });
  }, []);
  const asked = JSON.stringify(askedFor(filtersOf(place.value.query), words.value));
  const queue = useMemo(() => (isReady ? makeQueue(JSON.parse(asked) as ReturnType<typeof askedFor>) : undefined), [asked, isReady]);
  return (
    <Screen title={t("queue.title")}>
      <Bar />
      {queue && <Listing key={asked} queue={queue} />}
    </Screen>
  );
}

function Listing({ queue }: { queue: Store }) {
  const marked = useMemo(() => signal<ReadonlySet<string>>(new Set()), [queue]);
  const [refused, setRefused] = useState<{ failed: readonly Result[]; rows: readonly Listed[] } | undefined>();
  const [deciding, setDeciding] = useState<{ deed: "triage" | "regrade"; rows: readonly Listed[] } | undefined>();
  const others = usePresence(() => [...queue.alarms.value, ...(queue.list.rows.value ?? [])].map((one) => one.id));
  useEffect(() => {
    void queue.reload();
    return subscribe({ onEvents: queue.hear, onReset: () => void queue.reload() });
  }, [queue]);

  const find = (id: string | undefined): Listed | undefined => queue.list.rows.value?.find((one) => one.id === id) ?? queue.alarms.value.find((one) => one.id === id);
  const mark = (id: string, isRange: boolean): void => {
    marked.value = markedWith(marked.value, id, isRange, (queue.list.rows.value ?? []).map((one) => one.id));
  };
  const act = (deed: "triage" | "regrade"): void => {
    const ids = deed === "triage" && marked.value.size > 0 ? [...marked.value] : [currentId() ?? ""];
    const rows = ids.map(find).filter((one) => one !== undefined);
    if (rows.length > 0 && may(deed === "triage" ? "incidents.triage" : "incidents.work")) setDeciding({ deed, rows });
  };
  const closed = (left: readonly string[]): void => {
    const wasMany = (deciding?.rows.length ?? 0) > 1;
    setDeciding(undefined);
    if (wasMany) marked.value = new Set(left);
  };
  const seen = async (one: Listed | undefined): Promise<void> => {
    const rows = [...marked.value].map(find).filter((row) => row !== undefined);
    const failed = await acknowledge(queue, marked.value, one);
    if (!failed) return;
    // What is done is marked no longer; what was refused stays so, to go on with it.
    marked.value = new Set(failed.map((result) => result.id));
    setRefused(failed.length > 0 ? { failed, rows } : undefined);
  };
  useKeys(() => [
    { press: "j", does: t("queue.key.down"), act: () => step(1) },
    { press: "k", does: t("queue.key.up"), act: () => step(-1) },
    { press: "Enter", does: t("queue.key.open"), act: () => open() },
    { press: "a", does: t("queue.acknowledge"), act: () => void seen(find(currentId())) },
    { press: "t", does: t("queue.triage.do"), act: () => act("triage") },
    { press: "e", does: t("queue.regrade.do"), act: () => act("regrade") },
    { press: "x", does: t("queue.key.mark"), act: () => mark(currentId() ?? "", false) },
    { press: "X", does: t("queue.key.mark_range"), act: () => mark(currentId() ?? "", true) },
    { press: "n", does: t("queue.key.fresh"), act: () => void queue.reload() },
    { press: "/", does: t("queue.search"), act: () => document.getElementById("queue-search")?.focus() },
  ]);
  const isNarrowed = words.value !== "" || FILTERS.some((name) => place.value.query.has(name));
  return (
    <div class="stack">
      <Lane alarms={queue.alarms.value} others={others.value} onAcknowledge={(one) => void acknowledge(queue, new Set(), one)} />
      <div role="status">
        {queue.fresh.value.size > 0 && (
          <button type="button" class="fresh" onClick={() => void queue.reload()}>{t("queue.fresh", { count: count(queue.fresh.value.size) })}</button>
        )}
      </div>
      {marked.value.size > 0 && (
        <div class="row marked-bar">
          <b>{t("queue.marked", { count: count(marked.value.size) })}</b>
          {may("incidents.triage") && <button type="button" class="first" onClick={() => act("triage")}>{t("queue.triage.do")}</button>}
          {may("incidents.triage") && <button type="button" onClick={() => void seen(undefined)}>{t("queue.acknowledge")}</button>}
          <button type="button" class="bare" onClick={() => (marked.value = new Set())}>{t("queue.unmark")}</button>
        </div>
      )}
      <Pages list={queue.list} empty={<p>{t(isNarrowed ? "queue.none_found" : "queue.empty")}</p>}>
        {(rows) => <Rows rows={rows} others={others.value} marked={marked.value} onMark={mark} />}
      </Pages>
      {refused && <Refusals title={t("queue.refused.seen", { count: refused.failed.length })} results={refused.failed} rows={refused.rows} onClose={() => setRefused(undefined)} />}
      {deciding && <Deciding key={deciding.rows.map((one) => one.id).join()} {...deciding} queue={queue} onClose={closed} />}
    </div>
  );
}

let anchor = "";

/** What is marked when one is marked or unmarked; with `isRange` all from the one before to it. */
function markedWith(before: ReadonlySet<string>, id: string, isRange: boolean, order: readonly string[]): ReadonlySet<string> {
  if (!order.includes(id)) return before;
  const after = new Set(before);
  const [from, to] = [order.indexOf(anchor), order.indexOf(id)].toSorted((a, b) => a - b) as [number, number];
  if (isRange && from >= 0) for (const one of order.slice(from, to + 1)) after.add(one);
  else if (!after.delete(id)) after.add(id);
  anchor = id;
  return after;
}

function links(): readonly HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("[data-row] a[href]")];
}

/** The incident that the keyboard is at; the first one where it is at none. */
function currentId(): string | undefined {
  const row = document.activeElement?.closest<HTMLElement>("[data-row]") ?? document.querySelector<HTMLElement>("[data-row]");
  return row?.dataset["row"];
}

function step(by: number): void {
  const all = links();
  const at = all.findIndex((link) => link.closest("[data-row]") === document.activeElement?.closest("[data-row]"));
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  all[next]?.focus();
}

function open(): void {
  const id = currentId();
  if (id) go(`/console/incidents/${id}`);
}

/** Say "seen" for one incident, or for all that are marked; of several, those that were refused come back. */
async function acknowledge(queue: Store, marked: ReadonlySet<string>, one: Listed | undefined): Promise<readonly Result[] | void> {
  const ids = marked.size > 0 ? [...marked] : one ? [one.id] : [];
  if (ids.length === 0) return;
  if (ids.length === 1 && one) {
    const outcome = await ask(api.POST("/api/v1/incidents/{incident_id}/acknowledge", { params: { path: { incident_id: one.id } }, ...once(newKey()) }));
    if (outcome.is === "data") queue.take(outcome.data as Listed);
    return toast(outcome.is === "data" ? t("queue.acknowledged", { number: one.number }) : outcome.is === "problem" ? `${outcome.problem.title} ${outcome.problem.detail ?? ""}` : t("offline"));
  }
  const outcome = await ask(api.POST("/api/v1/incidents/bulk", { body: { act: "acknowledge", items: ids.map((id) => ({ id })) }, ...once(newKey()) }));
  if (outcome.is !== "data") return toast(outcome.is === "problem" ? outcome.problem.title : t("offline"));
  const results = outcome.data.items ?? [];
  for (const result of results) if (result.incident) queue.take(result.incident as Listed);
  const failed = (results as readonly Result[]).filter((result) => result.problem);
  toast(t("queue.acknowledged_many", { count: results.length - failed.length, failed: failed.length }));
  if (failed.length > 0) await queue.refresh(failed.map((result) => result.id));
  return failed;
}
