/** The tree of places: one area with its chain above, those below it, and their outlines. */

import { api, ask } from "../api";
import { say, t } from "../i18n";
import { useList } from "../parts/list";
import { Moment } from "../parts/marks";
import { Pages, Table, type Column } from "../parts/table";
import { named, pageOf, Show, useLoaded, whole, type Area } from "../rosters/common";
import { may } from "../session";
import { SketchView } from "./sketch";

const COLUMNS = (): readonly Column<Area>[] => [
  { key: "name", title: t("areas.name"), cell: (one) => <a href={`/console/areas/${one.id}`}>{named(one)}</a> },
  { key: "division", title: t("areas.division"), cell: (one) => one.division },
  { key: "zone", title: t("areas.zone"), cell: (one) => one.timezone ?? t("areas.zone.above") },
  { key: "density", title: t("areas.density"), cell: (one) => say(`areas.density.${one.density}`, one.density) },
];

/** Areas below `id`; without it the widest. */
export function Below({ id }: { id: number | undefined }) {
  const list = useList<Area>((cursor) => pageOf(ask(api.GET("/api/v1/areas", {
    params: { query: { ...(cursor && { cursor }), ...(id === undefined ? { level: 0 } : { parent: id }) } },
  }))), [id]);
  const sketch = useLoaded(() => whole(ask(api.GET("/api/v1/areas/sketch", { params: { query: id === undefined ? {} : { area: id } } }))), [id]);
  return (
    <div class="beside">
      <section class="stack" aria-labelledby="below">
        <h2 id="below">{t(id === undefined ? "areas.widest" : "areas.below")}</h2>
        <Pages list={list} empty={t(id === undefined ? "areas.none" : "areas.nothing_below")}>
          {(areas) => <Table caption={t("areas.below")} columns={COLUMNS()} rows={areas} keyOf={(one) => String(one.id)} />}
        </Pages>
      </section>
      <Show of={sketch}>{(found) => <SketchView sketch={found} label={t("areas.sketch", { count: found.shapes.length })} />}</Show>
    </div>
  );
}

/** One area. */
export function AreaPage({ id }: { id: number }) {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/areas/{area_id}", { params: { path: { area_id: id } } }))), [id]);
  return (
    <Show of={loaded}>
      {(area) => (
        <div class="stack">
          <nav aria-label={t("areas.chain")}>
            <ol class="plain row chain">
              <li><a href="/console/areas">{t("areas.title")}</a></li>
              {area.chain.map((one) => <li key={one.id}>{one.id === area.id ? <b aria-current="page">{named(one)}</b> : <a href={`/console/areas/${one.id}`}>{named(one)}</a>}</li>)}
            </ol>
          </nav>
          {area.retired_at && <p class="note warn">{t("areas.retired")} <Moment at={area.retired_at} /></p>}
          <p>{[area.division, area.timezone, say(`areas.density.${area.density}`, area.density), area.source].filter(Boolean).join(" · ")}</p>
          <p class="row">
            {may("rosters.write") && <a class="button" href={`/console/ladder?area=${area.id}`}>{t("areas.ladder")}</a>}
            <a class="button" href={`/console/organisations?view=matrix&area=${area.id}`}>{t("areas.matrix")}</a>
          </p>
          <Below id={id} />
          <details>
            <summary class="button">{t("areas.shapes", { count: area.shapes.length })}</summary>
            <ul>{area.shapes.map((shape) => <li key={shape.valid_from}><Moment at={shape.valid_from} /> – {shape.valid_to ? <Moment at={shape.valid_to} /> : t("areas.shapes.now")}</li>)}</ul>
          </details>
        </div>
      )}
    </Show>
  );
}
