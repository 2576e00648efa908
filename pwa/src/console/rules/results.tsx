/** Each case that would be handled otherwise: before, after, and the rule that makes the difference. */

import { useState } from "preact/hooks";

import { api, ask } from "../api";
import { pick, t } from "../i18n";
import { useList } from "../parts/list";
import { Moment } from "../parts/marks";
import { Pages, Table, type Column } from "../parts/table";
import { paged, type Result, type Run } from "./calls";
import { OneOf } from "./choices";
import { differing, partName, partWords } from "./outcome-words";

/** The results of a simulation by pages, all of them or those in which one part differs, and as CSV. */
export function Results({ run }: { run: Run }) {
  const [part, setPart] = useState("");
  const list = useList<Result>(async (cursor) => {
    const query = { limit: 50, ...(cursor && { cursor }), ...(part && { changed: part }) };
    return paged<Result>(await ask(api.GET("/api/v1/policy/simulations/{simulation_id}/results", { params: { path: { simulation_id: run.id }, query: query as never } })));
  }, [run.id, part, run.done]);
  const parts = [...new Set(Object.keys(run.counts).map((one) => one.replace(/^grade_.*/, "grade")))];
  return (
    <>
      <div class="row">
        <OneOf label={t("rules.sim.part")} none={t("rules.sim.part.all")} value={part} onValue={setPart} values={parts.map((one) => ({ code: one, label: { en: partName(one), zh: partName(one) } }))} />
        <a class="button" href={`/api/v1/policy/simulations/${run.id}/results.csv`} download="simulation.csv">{t("csv")}</a>
      </div>
      <Pages list={list} empty={<p>{t("rules.sim.none.part")}</p>}>
        {(rows) => <Table caption={t("rules.sim.cases")} columns={COLUMNS()} rows={rows} keyOf={(one) => String(one.seq)} />}
      </Pages>
    </>
  );
}

function COLUMNS(): readonly Column<Result>[] {
  return [
    { key: "number", title: t("rules.sim.case"), cell: (one) => <CaseName one={one} /> },
    { key: "change", title: t("rules.sim.otherwise"), cell: (one) => <div class="tight">{one.changed.map((part) => <Part key={part} part={part} one={one} />)}</div> },
    { key: "why", title: t("rules.sim.why"), cell: (one) => (
      <div class="tight">{one.rules.map((step, index) => <span key={index}><b>{step.rule}</b> {pick(step.why)}</span>)}</div>
    ) },
  ];
}

function CaseName({ one }: { one: Result }) {
  if (!one.incident_id) return <>{t("rules.sim.line.of", { number: one.number })}</>;
  return <span><a href={`/console/incidents/${one.incident_id}`}>{t("number", { number: one.number })}</a>{one.at && <><br /><small><Moment at={one.at} /></small></>}</span>;
}

function Part({ part, one }: { part: string; one: Result }) {
  const [before, after] = differing(part, one.before[part], one.after[part]);
  return <span>{partName(part)}: <del>{partWords(part, before)}</del> → <ins>{partWords(part, after)}</ins></span>;
}
