/** Who leads what where: the mandates as one table, with gaps and overlaps named. */

import { api, ask, type Schemas } from "../api";
import { pick, say, t } from "../i18n";
import { FilterBar, OneFilter, YesFilter } from "../parts/filters";
import { WideTable, type Column } from "../parts/table";
import { place, setQuery } from "../router";
import { AreaField, named, Show, useLoaded, whole, type Whole } from "../rosters/common";

type Matrix = Whole<Schemas["Matrix"]>;
type Row = Matrix["rows"][number];
type Cell = Row["cells"][number];
const PHASES = ["warn", "respond", "recover"] as const;
const SHOWN = new Set(["gap", "overlap", "no_deputy"]);
const SIGNS: Readonly<Record<string, string>> = { gap: "✕", overlap: "⇄", no_deputy: "!", fine: "✓", desk: "–" };

/** The view. */
export function MatrixView() {
  const query = place.value.query;
  const [area, phase] = [query.get("area") ?? "", (query.get("phase") ?? "respond") as (typeof PHASES)[number]];
  const isNarrow = query.get("questions") === "true";
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/mandates/matrix", { params: { query: { phase, ...(area && { area: Number(area) }) } } }))), [area, phase]);
  return (
    <div class="stack">
      <p>{t("organisations.matrix.words")}</p>
      <div class="row top-aligned"><AreaField label={t("organisations.area")} value={area} onValue={(value) => setQuery({ area: value })} none={t("organisations.everywhere")} /></div>
      <FilterBar names={["phase", "questions"]}>
        <OneFilter name="phase" label={t("organisations.phase")} all={t("organisations.phase.respond")} options={PHASES.filter((one) => one !== "respond").map((value) => ({ value, words: t(`organisations.phase.${value}`) }))} />
        <YesFilter name="questions" label={t("organisations.matrix.questions")} />
        <a class="button" download href="/api/v1/mandates.csv">{t("csv")}</a>
      </FilterBar>
      <Show of={loaded}>{(matrix) => <Found matrix={matrix} isNarrow={isNarrow} />}</Show>
    </div>
  );
}

function Found({ matrix, isNarrow }: { matrix: Matrix; isNarrow: boolean }) {
  const rows = matrix.rows.filter((row) => !isNarrow || row.cells.some((cell) => SHOWN.has(cell.verdict)));
  const columns: readonly Column<Row>[] = [
    { key: "category", title: t("organisations.what"), cell: (row) => <span class="tight"><b>{pick(row.label)}</b><small>{row.category} · {row.route}</small></span> },
    ...matrix.areas.map((area, at) => ({ key: String(area.id), title: named(area), cell: (row: Row) => row.cells[at] && <CellView cell={row.cells[at]} /> })),
  ];
  return (
    <>
      <p role="status"><b>{t("organisations.matrix.counts", { gaps: matrix.gaps, overlaps: matrix.overlaps, alone: matrix.without_deputy })}</b></p>
      {matrix.more_areas > 0 && <p class="note">{t("organisations.matrix.more", { count: matrix.more_areas })}</p>}
      {rows.length === 0 ? <p class="card">{t("organisations.matrix.fine")}</p> : (
        <WideTable caption={t("organisations.matrix")} columns={columns} rows={rows} keyOf={(row) => row.category} />
      )}
    </>
  );
}

function CellView({ cell }: { cell: Cell }) {
  const leads = cell.holders.filter((one) => one.role === "lead");
  const others = cell.holders.filter((one) => one.role !== "lead");
  return (
    <span class={`tight verdict verdict-${cell.verdict}`}>
      <span><span aria-hidden="true">{SIGNS[cell.verdict]} </span>{leads.length > 0 ? leads.map((one) => pick(one.names)).join(", ") : say(`organisations.verdict.${cell.verdict}`)}</span>
      {SHOWN.has(cell.verdict) && <small>{pick(cell.text)}</small>}
      {others.length > 0 && <small>{others.map((one) => `${say(`organisations.role.${one.role}`, one.role)}: ${pick(one.names)}`).join(" · ")}</small>}
    </span>
  );
}
