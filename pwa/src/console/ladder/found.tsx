/** A rehearsal as it would come: step by step for each clock, with what breaks said first. */

import type { Schemas } from "../api";
import { count, pick, say, span, t } from "../i18n";
import { saveCsv } from "../parts/csv";
import { dayAndClock, type Whole } from "../rosters/common";

export type Rehearsal = Whole<Schemas["Rehearsal"]>;
type Step = Rehearsal["steps"][number];
type Told = Step["told"][number];

/** The clocks in the order in which they matter to a reporter. */
const CLOCKS = ["acknowledge", "contact", "action", "update", "resolve"] as const;

/** What was found. */
export function Found({ found }: { found: Rehearsal }) {
  const arrival = found.steps.find((step) => step.rung === null);
  const clocks = CLOCKS.filter((clock) => found.steps.some((step) => step.clock === clock));
  return (
    <section class="stack" aria-labelledby="found">
      <h2 id="found">{t("ladder.found", { area: found.area ? pick(found.area.names) || found.area.name : t("ladder.outside"), time: dayAndClock(found.at, found.timezone), zone: found.timezone })}</h2>
      <div role="status" class={`note ${found.broken > 0 ? "warn" : ""}`}>
        <p><b>{found.broken > 0 ? t("ladder.broken", { count: found.broken, all: found.steps.length }) : t("ladder.holds", { all: found.steps.length })}</b></p>
        {found.weak > 0 && <p>{t("ladder.weak", { count: found.weak })}</p>}
        <p>{t("ladder.nobody_told")}</p>
      </div>
      {arrival && <ol class="plain"><StepView step={arrival} found={found} /></ol>}
      {clocks.map((clock) => (
        <details key={clock} open={clock === "acknowledge"} class="stack">
          <summary class="button">{t("ladder.clock", { clock: t(`ladder.clock.${clock}`), count: found.steps.filter((step) => step.clock === clock && step.failures.some((one) => one.breaks)).length })}</summary>
          <ol class="plain stack rungs">{found.steps.filter((step) => step.clock === clock).map((step) => <StepView key={`${clock} ${step.rung}`} step={step} found={found} />)}</ol>
        </details>
      ))}
      <p><button type="button" onClick={() => save(found)}>{t("csv")}</button></p>
    </section>
  );
}

function StepView({ step, found }: { step: Step; found: Rehearsal }) {
  const isBroken = step.failures.some((one) => one.breaks);
  const after = (Date.parse(step.at) - Date.parse(found.at)) / 1000;
  return (
    <li class={`card rung ${isBroken ? "rung-broken" : step.failures.length > 0 ? "rung-weak" : ""}`}>
      <p><b>{step.rung === null ? t("ladder.arrives") : t("ladder.rung", { rung: count(step.rung), what: pick(step.label) })}</b></p>
      <p class="soft">{dayAndClock(step.at, found.timezone)}{after > 0 && ` · ${t("ladder.after", { span: span(after) })}`}</p>
      {step.desk && <p>{pick(step.desk.names)}</p>}
      <ul class="plain tight">{step.told.filter((told) => told.state !== "not_sent").map((told, at) => <li key={at}>{who(told, step)} · {say(`ladder.channel.${told.channel}`, told.channel)}{told.state === "held" && ` · ${t("ladder.held", { time: dayAndClock(told.due_at, found.timezone) })}`}</li>)}</ul>
      {step.failures.map((one, at) => <p key={at} class={one.breaks ? "wrong" : ""}>{!one.breaks && <span aria-hidden="true">! </span>}{pick(one.text)}</p>)}
      {step.reporter_told && <p class="soft">{t("ladder.reporter")}</p>}
      {step.is_handed && <p class="soft">{t("ladder.handed")}</p>}
      <p class="soft">{t("ladder.owner", { owner: [pick(step.owner.names), step.owner.person].filter(Boolean).join(", ") })}</p>
    </li>
  );
}

function who(told: Told, step: Step): string {
  if (!told.person_id) return t("ladder.the_desk", { desk: pick(step.desk?.names) || t("ladder.desk") });
  return told.name ?? t("ladder.somebody");
}

function save(found: Rehearsal): void {
  const rows = found.steps.flatMap((step) => (step.told.length > 0 ? step.told : [undefined]).map((told) => ({ step, told })));
  saveCsv("linli-ladder", [
    { title: t("ladder.csv.at"), value: ({ step }) => step.at },
    { title: t("ladder.csv.clock"), value: ({ step }) => step.clock ?? "" },
    { title: t("ladder.csv.rung"), value: ({ step }) => step.rung ?? 0 },
    { title: t("ladder.csv.who"), value: ({ step, told }) => (told ? who(told, step) : "") },
    { title: t("ladder.csv.channel"), value: ({ told }) => told?.channel ?? "" },
    { title: t("ladder.csv.state"), value: ({ told }) => told?.state ?? "" },
    { title: t("ladder.csv.failure"), value: ({ step }) => step.failures.map((one) => pick(one.text)).join(" ") },
  ], rows);
}
