/** The board: every open request and offer that one may see, shown to neighbours or not, the longest waiting first. */

import { api, ask } from "../api";
import { count, t } from "../i18n";
import { useList } from "../parts/list";
import { Pages, Table, type Column } from "../parts/table";
import { place } from "../router";
import { pageOf } from "../rosters/common";
import { AidFilters, narrowed } from "./filters";
import { Described, waits, waitsFor, type Listing } from "./said";

/** The list with its filters. */
export function Board() {
  const asked = narrowed();
  const said = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)])).toString();
  const list = useList<Listing>((cursor) => pageOf(ask(api.GET("/api/v1/aid/board", { params: { query: { ...asked, ...(cursor && { cursor }) } } }))), [said]);
  return (
    <div class="stack">
      <AidFilters sides />
      <Pages list={list} empty={t("aid.none")}>
        {(rows) => <Table caption={t("aid.board")} columns={columns()} rows={rows} keyOf={(one) => one.id} />}
      </Pages>
      <p><a class="button" href={`/api/v1/aid/board.csv${said ? `?${said}` : ""}`} download>{t("csv")}</a></p>
    </div>
  );
}

function columns(): readonly Column<Listing>[] {
  return [
    { key: "side", title: t("aid.side"), cell: (one) => t(`aid.side.${one.direction}` as "aid.side.offer") },
    { key: "what", title: t("aid.says"), cell: (one) => <Described listing={one} /> },
    { key: "seen", title: t("aid.seen"), cell: (one) => t(one.on_board ? "aid.seen.neighbours" : "aid.seen.desk") },
    { key: "waits", title: t("aid.since"), cell: (one) => <span class={one.direction === "request" && isLong(one) ? "late" : ""}>{waits(one)}</span> },
    { key: "matches", title: t("aid.matches"), numeric: true, cell: (one) => count(one.pending ?? 0) },
    { key: "find", title: t("aid.step"), cell: (one) => <a class="button" href={`/console/aid/${one.id}${kept()}`}>{t("aid.find")}<span class="unseen"> {t("number", { number: one.incident.number })}</span></a> },
  ];
}

/** A request that waits for a day is a coordinator's (R19). */
function isLong(one: Listing): boolean {
  return waitsFor(one) > 86_400;
}

/** The filters go along, so that the way back leads to the same rows. */
function kept(): string {
  const said = place.value.query.toString();
  return said ? `?${said}` : "";
}
