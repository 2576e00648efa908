/** Changes of rules, newest first. */

import { api, ask } from "../api";
import { useEffect } from "preact/hooks";

import { say, t } from "../i18n";
import { subscribe } from "../live";
import { chosenOf, FilterBar, ManyFilter, YesFilter } from "../parts/filters";
import { useList } from "../parts/list";
import { Moment } from "../parts/marks";
import { Screen } from "../parts/states";
import { Pages, Table, type Column } from "../parts/table";
import { place, setQuery } from "../router";
import { may } from "../session";
import { areaName, paged, type Change } from "./calls";
import { personWords } from "./steps";
import { AreaChoice, Sub } from "./sub";

const STATES = ["draft", "linted", "simulated", "proposed", "scheduled", "effective", "superseded", "rolled_back", "withdrawn"] as const;

const COLUMNS = (): readonly Column<Change>[] => [
  { key: "title", title: t("rules.draft.title"), cell: (one) => <a href={`/console/rules/changes/${one.id}`}>{one.title}</a> },
  { key: "state", title: t("rules.state"), cell: (one) => <span class="badge">{say(`rules.state.${one.state}`, one.state)}</span> },
  { key: "area", title: t("rules.area"), cell: (one) => areaName(one.area_id) ?? t("rules.everywhere") },
  { key: "by", title: t("rules.author"), cell: (one) => personWords(one.author) },
  { key: "at", title: t("rules.changed.at"), cell: (one) => <Moment at={one.changed_at} /> },
];

/** The page. */
export function ChangesPage() {
  const query = place.value.query;
  const area = query.has("area") ? Number(query.get("area")) : undefined;
  const states = chosenOf("state");
  const isOpen = query.get("open") === "true";
  const list = useList<Change>(async (cursor) => {
    const asked = { ...(cursor && { cursor }), ...(area !== undefined && { area }), ...(states.length > 0 && { state: [...states] }), ...(isOpen && { open: true }) };
    return paged<Change>(await ask(api.GET("/api/v1/policy/changes", { params: { query: asked as never } })));
  }, [area, states.join(), isOpen]);
  useEffect(() => subscribe({ onReset: () => void list.reload(), onEvents: (events) => {
    if (events.some((one) => one.type.startsWith("Policy"))) void list.reload();
  } }), [list]);
  return (
    <Screen title={t("rules.changes")} beside={may("policy.write") && <a class="button first" href={`/console/rules/new${area ? `?area=${area}` : ""}`}>{t("rules.new")}</a>}>
      <Sub />
      <FilterBar names={["area", "state", "open"]}>
        <AreaChoice value={area} all={t("filters.all")} onValue={(next) => setQuery({ area: next === undefined ? null : String(next) })} />
        <ManyFilter name="state" label={t("rules.state")} options={STATES.map((one) => ({ value: one, words: say(`rules.state.${one}`) }))} />
        <YesFilter name="open" label={t("rules.open")} />
      </FilterBar>
      <Pages list={list} empty={<p>{t("rules.changes.none")}</p>}>
        {(rows) => <Table caption={t("rules.changes")} columns={COLUMNS()} rows={rows} keyOf={(one) => one.id} />}
      </Pages>
    </Screen>
  );
}
