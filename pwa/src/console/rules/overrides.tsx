/** Rules that may be wrong: where people decide otherwise than a rule did. Counts under five are not told. */

import { useEffect, useState } from "preact/hooks";

import { api, ask, type Outcome } from "../api";
import { count, say, t } from "../i18n";
import { Empty, Failed, Loading, Screen } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { place, setQuery } from "../router";
import type { Overrides } from "./calls";
import { AreaChoice, Sub } from "./sub";

type Row = Overrides["items"][number];
const DAYS = ["7", "30", "90", "365"];

const COLUMNS = (least: number): readonly Column<Row>[] => [
  { key: "rule", title: t("rules.rule"), cell: (one) => <a href={`/console/rules/rule/${one.rule}`}>{one.rule}</a> },
  { key: "kind", title: t("rules.settles"), cell: (one) => say(`rules.settles.${one.kind}`) },
  { key: "layer", title: t("rules.layer"), cell: (one) => `${one.layer} · ${t("rules.version", { number: one.version })}` },
  { key: "share", title: t("rules.otherwise"), numeric: true, cell: (one) => `${count(one.overridden)} / ${count(one.decided)} (${count(one.share_percent)} %)` },
  { key: "how", title: t("rules.how.otherwise"), cell: (one) => (
    <>{(["regraded", "rerouted", "declined"] as const).map((name) => <span key={name}>{say(`rules.over.${name}`)}: {one[name] === null ? t("rules.under", { least }) : count(one[name] ?? 0)}<br /></span>)}</>
  ) },
  { key: "wrong", title: t("rules.judged"), cell: (one) => (one.may_be_wrong ? <b class="wrong">{t("rules.may.be.wrong")}</b> : t("rules.seems.right")) },
  { key: "incidents", title: t("rules.incidents"), cell: (one) => <>{one.incidents.map((each) => <span key={each.id}><a href={`/console/incidents/${each.id}`}>{t("number", { number: each.number })}</a> </span>)}</> },
];

/** The page. */
export function OverridesPage() {
  const query = place.value.query;
  const days = Number(query.get("days") ?? "30");
  const area = query.has("area") ? Number(query.get("area")) : undefined;
  const [outcome, setOutcome] = useState<Outcome<Overrides>>();
  const load = async (): Promise<void> => {
    setOutcome((await ask(api.GET("/api/v1/policy/overrides", { params: { query: { days, ...(area !== undefined && { area }) } } }))) as Outcome<Overrides>);
  };
  useEffect(() => void load(), [days, area]);
  return (
    <Screen title={t("rules.overrides")}>
      <Sub />
      <p>{t("rules.overrides.words")}</p>
      <div class="filters" role="group" aria-label={t("filters")}>
        <AreaChoice value={area} all={t("filters.all")} onValue={(next) => setQuery({ area: next === undefined ? null : String(next) })} />
        <label class="filter-one">
          <span class="soft">{t("rules.sim.days")}</span>
          <select value={String(days)} onChange={(event) => setQuery({ days: event.currentTarget.value })}>{DAYS.map((one) => <option key={one} value={one}>{one}</option>)}</select>
        </label>
      </div>
      {!outcome && <Loading />}
      {outcome && outcome.is !== "data" && <Failed outcome={outcome} again={() => void load()} />}
      {outcome?.is === "data" && <p class="soft">{t("rules.considered", { count: count(outcome.data.considered), least: outcome.data.hidden_under })}</p>}
      {outcome?.is === "data" && (outcome.data.items.length === 0
        ? <Empty>{t("rules.overrides.none")}</Empty>
        : <Table caption={t("rules.overrides")} columns={COLUMNS(outcome.data.hidden_under)} rows={outcome.data.items} keyOf={(one) => `${one.rule}-${one.version}-${one.layer}-${one.kind}`} />)}
    </Screen>
  );
}
