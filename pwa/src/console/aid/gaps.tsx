/** Needs and help by need domain and place: what is open, what is offered, and where nobody has said anything. */

import { api, ask, type Schemas } from "../api";
import { count, say, t } from "../i18n";
import { Table, type Column } from "../parts/table";
import { Show, useLoaded, whole, type Whole } from "../rosters/common";
import { chosenArea, PlaceFilter } from "./filters";

type Gaps = Whole<Schemas["Gaps"]>;
type Row = Gaps["rows"][number];
type Cell = Row["domains"][number];

/** The board of gaps for the places right below the one that is chosen. */
export function GapBoard() {
  const asked = chosenArea();
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/aid/gaps", { params: { query: asked } }))), [asked.area]);
  return (
    <div class="stack">
      <PlaceFilter />
      <Show of={loaded}>{(found) => <Shown gaps={found as Gaps} />}</Show>
    </div>
  );
}

function Shown({ gaps }: { gaps: Gaps }) {
  const first = gaps.rows[0];
  if (!first) return <p class="card soft">{t("aid.gaps.none")}</p>;
  const columns: readonly Column<Row>[] = [
    { key: "place", title: t("aid.gaps.place"), cell: (row) => <b>{row.label}</b> },
    ...first.domains.map((domain, at): Column<Row> => ({
      key: domain.domain, title: domain.label, cell: (row) => <One cell={row.domains[at] as Cell} least={gaps.least} />,
    })),
  ];
  return (
    <>
      <p>{t("aid.gaps.words", { least: count(gaps.least) })}</p>
      <div class="aid-wide"><Table caption={t("aid.gaps")} columns={columns} rows={gaps.rows} keyOf={(row) => String(row.area_id)} /></div>
      <p class="soft">{t("aid.gaps.legend")}</p>
    </>
  );
}

/** The state in words with its sign, and the counts that may be shown. */
function One({ cell, least }: { cell: Cell; least: number }) {
  const told = (value: number | null): string => (value === null ? t("aid.gaps.few", { least: count(least) }) : count(value));
  return (
    <div>
      <span class={`aid-gap aid-gap-${cell.state}`}>{say(`aid.gaps.state.${cell.state}`, cell.words)}</span>
      {cell.state !== "unknown" && <div class="soft">{t("aid.gaps.open", { count: told(cell.open) })} · {t("aid.gaps.offered", { count: told(cell.offered) })}</div>}
    </div>
  );
}
