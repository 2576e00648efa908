/** Measures: a chart, the same as a table, the same as a file, and the gist in a sentence. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { api, ask, type Outcome } from "../api";
import { pick, t } from "../i18n";
import { FilterBar, OneFilter } from "../parts/filters";
import { Failed, Loading, Screen } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { place, setQuery } from "../router";
import { address, NAMES, queryOf, type Measure, type Name } from "../measures/asked";
import type { ChartProps } from "../measures/chart";
import { gistOf } from "../measures/gist";
import { MeasureTable } from "../measures/table";
import "../measures/measures.css";

/** The screen. */
export default function Measures() {
  const name = (NAMES.find((one) => one === place.value.query.get("measure")) ?? "times") as Name;
  const areas = useAreas();
  return (
    <Screen title={t("measures.title")}>
      <div class="stack">
        <FilterBar names={["since", "until", "area"]}>
          <Day name="since" label={t("measures.since")} />
          <Day name="until" label={t("measures.until")} />
          <OneFilter name="area" label={t("measures.area")} all={t("measures.area.all")} options={areas} />
        </FilterBar>
        <Tabs label={t("measures.which")} chosen={name} onChoose={(measure) => setQuery({ measure })}
          tabs={NAMES.map((key) => ({ key, title: t(`measures.${key}`), content: () => <One key={key} name={key} /> }))} />
      </div>
    </Screen>
  );
}

function Day({ name, label }: { name: string; label: string }) {
  return (
    <label class="filter-one">
      <span class="soft">{label}</span>
      <input type="date" value={place.value.query.get(name) ?? ""} onChange={(event) => setQuery({ [name]: event.currentTarget.value })} />
    </label>
  );
}

/** The places to choose from, from the top down: the first 200 of them. */
function useAreas(): readonly { value: string; words: string }[] {
  const [found, setFound] = useState<readonly { value: string; words: string }[]>([]);
  useEffect(() => {
    void ask(api.GET("/api/v1/areas", { params: { query: { limit: 200 } } })).then((outcome) => {
      if (outcome.is !== "data") return; // without the list, everything that one sees is still counted
      setFound((outcome.data.items ?? []).map((one) => ({
        value: String(one.id), words: `${"– ".repeat(one.level ?? 0)}${pick(one.names as Record<string, string>) || one.name || ""}`,
      })));
    });
  }, []);
  return found;
}

/** One measure: what was asked stands in the address, so that it can be sent on. */
function One({ name }: { name: Name }) {
  const [outcome, setOutcome] = useState<Outcome<Measure> | undefined>();
  const query = queryOf(name, place.value.query);
  const asked = new URLSearchParams(query as Record<string, string>).toString();
  const load = async (isWanted: () => boolean = () => true): Promise<void> => {
    const found = await ask(api.GET("/api/v1/measures/{name}", { params: { path: { name }, query } }));
    if (isWanted()) setOutcome(found as Outcome<Measure>);
  };
  useEffect(() => {
    let isWanted = true;
    void load(() => isWanted);
    return () => {
      isWanted = false;
    };
  }, [name, asked]);
  return (
    <div class="stack">
      {name === "times" && (
        <div class="filters">
          <Choice name="of" label={t("measures.of")} values={["acknowledge", "contact", "close"]} />
          <Choice name="by" label={t("measures.by")} values={["grade", "area", "language", "hour"]} />
        </div>
      )}
      {name === "fairness" && (
        <div class="filters">
          <Choice name="of" label={t("measures.of")} values={["acknowledge", "contact", "close"]} />
          <Choice name="by" label={t("measures.by")} values={["area", "language"]} />
        </div>
      )}
      {!outcome && <Loading />}
      {outcome && outcome.is !== "data" && <Failed outcome={outcome} again={() => void load()} />}
      {outcome?.is === "data" && <Shown measure={outcome.data} file={address(name, asked)} />}
    </div>
  );
}

function Choice<K extends "of" | "by">({ name, label, values }: { name: K; label: string; values: readonly string[] }) {
  const standing = name === "of" ? "acknowledge" : (values[0] ?? "");
  return (
    <label class="filter-one">
      <span class="soft">{label}</span>
      <select value={values.find((value) => value === place.value.query.get(name)) ?? standing} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
        {values.map((value) => <option key={value} value={value}>{t(`measures.${name}.${value}` as "measures.of.close")}</option>)}
      </select>
    </label>
  );
}

function Shown({ measure, file }: { measure: Measure; file: string }) {
  const Chart = useChart();
  if (measure.rows.length === 0) return <p class="card soft">{t("measures.empty")}</p>;
  return (
    <>
      <p class="measure-gist" role="status">{gistOf(measure)}</p>
      <div class="measure-chart">{Chart && <Chart measure={measure} />}</div>
      <MeasureTable measure={measure} />
      <p><a class="button" href={file} download>{t("measures.csv")}</a></p>
      <p class="soft">{t(`measures.about.${measure.name}`)} {t("measures.note", { least: measure.least, zone: measure.zone })}</p>
    </>
  );
}

/** The chart comes after the numbers: they do not wait for it, and without it nothing is lost. */
function useChart(): ComponentType<ChartProps> | undefined {
  const [found, setFound] = useState<{ Chart: ComponentType<ChartProps> } | undefined>();
  useEffect(() => {
    void import("../measures/chart").then(({ Chart }) => setFound({ Chart })).catch(() => undefined);
  }, []);
  return found?.Chart;
}
