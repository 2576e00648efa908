/** Matching many at once: a plan is made, looked at, pairs are taken out, and only then proposed. */

import { useState } from "preact/hooks";

import { api, ask, newKey, once, type Schemas } from "../api";
import { count, t } from "../i18n";
import { confirm } from "../parts/dialog";
import { CheckField } from "../parts/fields";
import { Loading } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { toast } from "../parts/toasts";
import type { Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { AidFilters, narrowedPlan } from "./filters";
import { Described } from "./said";
import { Barred, Reasons } from "./suggestions";

type Plan = Whole<Schemas["Plan"]>;
type Pair = Plan["pairs"][number];
type Confirmed = Whole<Schemas["Confirmed"]>;

/** The form, the plan, and what came of it. */
export function PlanMany() {
  const [plan, setPlan] = useState<Plan | undefined>();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [came, setCame] = useState<Confirmed | undefined>();
  const [isBusy, setBusy] = useState(false);
  const { hear, words } = useSaid();
  const make = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setPlan(undefined);
    setCame(undefined);
    const outcome = await ask(api.POST("/api/v1/aid/plans", { body: { alone: false, ...narrowedPlan() } }));
    setBusy(false);
    if (!hear(outcome)) return;
    setLeft(new Set());
    setPlan(outcome.data as Plan);
  };
  const chosen = plan?.pairs.filter((one) => !left.has(one.request.id)) ?? [];
  const put = async (): Promise<void> => {
    if (isBusy || !(await confirm({ title: t("aid.plan.sure", { count: count(chosen.length) }), words: t("aid.propose.words"), yes: t("aid.propose.yes") }))) return;
    setBusy(true);
    const all: Confirmed["pairs"] = [];
    // By as many as one call takes; what was done stays done when a later one fails.
    for (let at = 0; at < chosen.length; at += AT_ONCE) {
      const pairs = chosen.slice(at, at + AT_ONCE).map((one) => ({ request: one.request.id, offer: one.listing.id }));
      const outcome = await ask(api.POST("/api/v1/aid/plans/confirmed", { body: { pairs }, ...once(newKey()) }));
      if (!hear(outcome)) break;
      all.push(...(outcome.data as Confirmed).pairs);
    }
    setBusy(false);
    setCame({ pairs: all });
    setPlan(undefined);
    const done = all.filter((one) => one.match).length;
    toast(t("aid.plan.done", { count: count(done), refused: count(all.length - done) }));
  };
  const turn = (id: string, on: boolean): void => {
    const next = new Set(left);
    if (on) next.delete(id);
    else next.add(id);
    setLeft(next);
  };
  return (
    <div class="stack">
      <p>{t("aid.plan.words")}</p>
      <AidFilters sides={false} />
      <p><button type="button" class={plan ? "" : "first"} aria-disabled={isBusy} onClick={() => void make()}>{t("aid.plan.make")}</button></p>
      {words}
      {isBusy && <Loading />}
      {came && <Came came={came} />}
      {plan && <Looked plan={plan} left={left} onTurn={turn} />}
      {plan && chosen.length > 0 && <p><button type="button" class="first" aria-disabled={isBusy} onClick={() => void put()}>{t("aid.plan.confirm", { count: count(chosen.length) })}</button></p>}
    </div>
  );
}

const AT_ONCE = 200;

function Looked({ plan, left, onTurn }: { plan: Plan; left: ReadonlySet<string>; onTurn: (id: string, on: boolean) => void }) {
  const columns: readonly Column<Pair>[] = [
    { key: "take", title: t("aid.plan.take"), cell: (one) => (
      <CheckField label={<span class="unseen">{t("aid.plan.take.of", { request: one.request.incident.number, offer: one.listing.incident.number })}</span>}
        checked={!left.has(one.request.id)} onChecked={(on) => onTurn(one.request.id, on)} />
    ) },
    { key: "request", title: t("aid.plan.request"), cell: (one) => <Described listing={one.request} /> },
    { key: "offer", title: t("aid.plan.offer"), cell: (one) => <Described listing={one.listing} /> },
    { key: "why", title: t("aid.reasons"), cell: (one) => <Reasons of={one.reasons} /> },
    { key: "score", title: t("aid.score"), numeric: true, cell: (one) => t("aid.score.of", { percent: count(Math.round(one.score * 100)) }) },
  ];
  const open: readonly Column<Plan["open"][number]>[] = [
    { key: "request", title: t("aid.plan.request"), cell: (one) => <Described listing={one.listing} /> },
    { key: "why", title: t("aid.why_not"), cell: (one) => (one.barred.length > 0 ? <Barred of={one.barred} /> : t("aid.plan.open.none")) },
  ];
  return (
    <>
      <p role="status">{plan.pairs.length === 0 ? t("aid.plan.none") : t("aid.plan.found", { count: count(plan.pairs.length), open: count(plan.open.length) })}</p>
      {plan.more && <p class="note">{t("aid.plan.more")}</p>}
      {plan.pairs.length > 0 && <Table caption={t("aid.plan.pairs")} columns={columns} rows={plan.pairs} keyOf={(one) => one.request.id} />}
      {plan.open.length > 0 && (
        <details class="stack" open={plan.pairs.length === 0}>
          <summary>{t("aid.plan.open")} ({count(plan.open.length)})</summary>
          <Table caption={t("aid.plan.open")} columns={open} rows={plan.open} keyOf={(one) => one.listing.id} />
        </details>
      )}
    </>
  );
}

function Came({ came }: { came: Confirmed }) {
  const refused = came.pairs.filter((one) => one.problem);
  const done = came.pairs.length - refused.length;
  return (
    <div class={`note ${refused.length > 0 ? "warn" : ""}`} role="status">
      <p>{t("aid.plan.done", { count: count(done), refused: count(refused.length) })}</p>
      {refused.length > 0 && <ul class="aid-reasons">{refused.map((one) => <li key={`${one.request} ${one.offer}`}>{String((one.problem as Record<string, unknown>)["detail"] ?? (one.problem as Record<string, unknown>)["title"] ?? "")}</li>)}</ul>}
    </div>
  );
}
