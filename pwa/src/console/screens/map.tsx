/** The map of incidents with a list beside it that says the same. The drawing comes by itself, after the list. */

import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { categories, categoryName } from "../config";
import { count, language, pick, say, t } from "../i18n";
import { subscribe } from "../live";
import type { Box, MapDrawing } from "../map/draw";
import { around, isWithin, NO_AREAS, readAreas, readCells, readIncidents, type Cell, type Incidents, type Outlines, type Point } from "../map/read";
import { chosenOf, FilterBar, ManyFilter, YesFilter } from "../parts/filters";
import { Countdown, Grade, statusName } from "../parts/marks";
import { Empty, Failed, Loading, Screen } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { place } from "../router";
import { me } from "../session";
import { theme } from "../theme";
import "../style/map.css";

const PAGE = 50;
/** Changes come in bursts; the map is read anew once after each. */
const SETTLE_MS = 1500;
/** Borders are asked for when a movement has ended, not at every step of it. */
const MOVE_MS = 250;

const box = signal<Box | undefined>(undefined);

/** The screen. */
export default function MapScreen() {
  const incidents = useSignal<Incidents | undefined>(undefined);
  const failure = useSignal<Parameters<typeof Failed>[0]["outcome"] | undefined>(undefined);
  const cells = useSignal<readonly Cell[]>([]);
  const areas = useSignal<Outlines>(NO_AREAS);
  const chosen = useSignal<string | undefined>(undefined);
  const grades = chosenOf("grade").join();
  const kinds = chosenOf("category").join();
  const isOff = (name: string): boolean => place.value.query.get(name) === "true";

  const read = useMemo(() => latest(async (isLatest) => {
    const outcome = await readIncidents({ ...(grades && { grade: grades.split(",").map(Number) }), ...(kinds && { category: kinds.split(",") }) });
    if (!isLatest()) return;
    failure.value = outcome.is === "data" ? undefined : outcome;
    if (outcome.is === "data") incidents.value = outcome.data;
  }), [grades, kinds]);
  useEffect(() => {
    void read();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void read();
      }, SETTLE_MS);
    };
    const stop = subscribe({ onEvents: soon, onReset: soon });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [read]);

  const seen = box.value;
  const seesPeople = me.value?.permissions.includes("people.read") ?? false;
  useEffect(() => {
    if (!seen) return undefined;
    let isGone = false;
    const timer = setTimeout(async () => {
      const [borders, duty] = await Promise.all([readAreas(seen), seesPeople ? readCells(seen) : []]);
      if (isGone) return;
      if (borders) areas.value = borders;
      cells.value = duty;
    }, MOVE_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [seen, seesPeople]);

  const all = incidents.value?.items ?? [];
  const shown = { points: all, cells: isOff("no-duty") ? [] : cells.value, areas: isOff("no-areas") ? NO_AREAS : areas.value, chosen: chosen.value };
  const listed = isOff("everywhere") || !seen ? all : all.filter((one) => isWithin(one, seen));
  const drawing = useRef<MapDrawing>(undefined);
  return (
    <Screen title={t("map.title")}>
      <FilterBar names={["grade", "category"]}>
        <ManyFilter name="grade" label={t("map.grade")} options={[1, 2, 3, 4, 5].map((grade) => ({ value: String(grade), words: `${t("grade", { grade })} ${say(`grade.${grade}`)}` }))} />
        <ManyFilter name="category" label={t("map.category")} options={categories().map((one) => ({ value: one.code, words: pick(one.label) }))} />
      </FilterBar>
      {failure.value && <Failed outcome={failure.value} again={() => void read()} />}
      <Ground key={`${language.value} ${theme.value}`} shown={shown} drawing={drawing} whole={incidents.value && around(all)} onChoose={(id) => (chosen.value = id)} />
      <div class="row">
        <HideFilter name="no-areas" label={t("map.areas")} />
        {seesPeople && <HideFilter name="no-duty" label={t("map.responders")} />}
        <HideFilter name="everywhere" label={t("map.within")} />
      </div>
      {!incidents.value && !failure.value && <Loading />}
      {incidents.value && (
        <section class="stack" aria-labelledby="map-list">
          <h2 id="map-list">{t("map.list")} <span class="soft" role="status">{t("map.count", { count: count(listed.length), all: count(all.length) })}</span></h2>
          {incidents.value.truncated && <p class="note">{t("map.truncated")}</p>}
          <Listed rows={listed} chosen={chosen.value} isPart={all.length > 0} onSee={(one) => {
            chosen.value = one.id;
            drawing.current?.see(one);
          }} canSee={() => drawing.current !== undefined} />
          {incidents.value.without_place > 0 && <p class="soft"><a href="/console">{t("map.nowhere", { count: count(incidents.value.without_place) })}</a></p>}
        </section>
      )}
      {seesPeople && !isOff("no-duty") && <OnDuty cells={cells.value} />}
      <Legend />
    </Screen>
  );
}

/** Runs one after another's back: what was asked for last counts. */
function latest(work: (isLatest: () => boolean) => Promise<void>): () => Promise<void> {
  let turn = 0;
  return () => {
    const mine = ++turn;
    return work(() => mine === turn);
  };
}

/** A layer that is shown unless it is turned off. */
function HideFilter({ name, label }: { name: string; label: string }) {
  return <YesFilter name={name} label={label} isOnWithout />;
}

function Ground({ shown, drawing, whole, onChoose }: {
  shown: Parameters<MapDrawing["show"]>[0]; drawing: { current: MapDrawing | undefined }; whole: Box | undefined; onChoose: (id: string) => void;
}) {
  const ground = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "there" | "none">("loading");
  const hasFitted = useRef(false);
  useEffect(() => {
    let isGone = false;
    void import("../map/draw")
      .then(({ draw }) => {
        if (isGone || !ground.current) return;
        drawing.current = draw(ground.current, { map: t("map.label"), language: language.value }, { onMove: (to) => (box.value = to), onChoose });
        setState("there");
      })
      .catch(() => setState("none"));
    return () => {
      isGone = true;
      drawing.current?.remove();
      drawing.current = undefined;
    };
  }, []);
  useEffect(() => drawing.current?.show(shown));
  useEffect(() => {
    if (state !== "there" || !whole || hasFitted.current) return;
    hasFitted.current = true;
    drawing.current?.fit(whole);
  }, [state, whole]);
  if (state === "none") return <p class="note" role="status">{t("map.none")}</p>;
  return (
    <div class="map">
      <div class="map-ground" ref={ground} />
      {state === "loading" && <p class="map-wait soft" role="status">{t("map.loading")}</p>}
      {state === "there" && (
        <div class="map-tools">
          <button type="button" class="square" aria-label={t("map.in")} onClick={() => drawing.current?.zoom(1)}>+</button>
          <button type="button" class="square" aria-label={t("map.out")} onClick={() => drawing.current?.zoom(-1)}>−</button>
          {whole && <button type="button" onClick={() => drawing.current?.fit(whole)}>{t("map.all")}</button>}
        </div>
      )}
    </div>
  );
}

function Listed({ rows, chosen, isPart, onSee, canSee }: {
  rows: readonly Point[]; chosen: string | undefined; isPart: boolean; onSee: (one: Point) => void; canSee: () => boolean;
}) {
  const [most, setMost] = useState(PAGE);
  if (rows.length === 0) return <Empty>{isPart ? t("map.empty.part") : t("map.empty")}</Empty>;
  // Who was chosen on the map stands first: the list is where one reads on.
  const ordered = chosen && rows.some((one) => one.id === chosen) ? [...rows].sort((a, b) => Number(b.id === chosen) - Number(a.id === chosen)) : rows;
  const columns: readonly Column<Point>[] = [
    { key: "number", title: t("map.number"), cell: (one) => <a href={`/console/incidents/${one.id}`}>{t("number", { number: one.number })}</a> },
    { key: "grade", title: t("map.grade"), cell: (one) => <Grade grade={one.grade} /> },
    { key: "category", title: t("map.category"), cell: (one) => categoryName(one.category) || t("map.unsorted") },
    { key: "status", title: t("map.status"), cell: (one) => statusName(one.status) },
    { key: "due", title: t("map.due"), cell: (one) => one.due_at && <Countdown due={one.due_at} /> },
    { key: "see", title: t("map.title"), cell: (one) => canSee() && <button type="button" class="bare" aria-label={`${t("map.see")}: ${t("number", { number: one.number })}`} onClick={() => onSee(one)}>{t("map.see")}</button> },
  ];
  return (
    <>
      <Table caption={t("map.caption")} columns={columns} rows={ordered.slice(0, most)} keyOf={(one) => one.id} rowClass={(one) => (one.id === chosen ? "chosen" : "")} />
      {rows.length > most && <p class="row"><button type="button" onClick={() => setMost(most + PAGE)}>{t("more")}</button></p>}
    </>
  );
}

function OnDuty({ cells }: { cells: readonly Cell[] }) {
  const columns: readonly Column<Cell>[] = [
    { key: "district", title: t("map.cells.district"), cell: (one) => `${one.lat.toFixed(2)}, ${one.lon.toFixed(2)}` },
    { key: "count", title: t("map.cells.count"), numeric: true, cell: (one) => count(one.count) },
    { key: "bodies", title: t("map.cells.bodies"), cell: (one) => one.bodies.map((body) => `${pick(body.label)} ${count(body.count ?? 0)}`).join(" · ") },
  ];
  return (
    <section class="stack" aria-labelledby="map-duty">
      <h2 id="map-duty">{t("map.cells")}</h2>
      <p class="soft">{t("map.cells.words")}</p>
      {cells.length === 0 ? <Empty>{t("map.cells.none")}</Empty> : <Table caption={t("map.cells")} columns={columns} rows={cells} keyOf={(one) => one.cell} />}
    </section>
  );
}

function Legend() {
  return (
    <details>
      <summary>{t("map.legend")}</summary>
      <ul class="plain tight">
        {[1, 2, 3, 4, 5].map((grade) => <li key={grade}><Grade grade={grade} /></li>)}
        <li>{t("map.legend.cluster")}</li>
        <li>{t("map.legend.cell")}</li>
      </ul>
    </details>
  );
}
