/** Why it was routed so: each rule that had a part, with its layer, version and result, and those that did not apply. */

import { categoryName } from "../config";
import { count, pick, t } from "../i18n";
import { Moment } from "../parts/marks";
import type { Decision, Incident, Step } from "./model";
import { routeName, word } from "./state";

/** Every decision that the rules made of it, the latest first. */
export function Why({ incident }: { incident: Incident }) {
  return (
    <section class="card" aria-labelledby="why">
      <h2 id="why">{t("incident.why")}</h2>
      {incident.decisions.length === 0 && <p class="soft">{t("incident.why.none")}</p>}
      {[...incident.decisions].reverse().map((one, at) => <One key={one.at} incident={incident} decision={one} isFirst={at === 0} />)}
    </section>
  );
}

function One({ incident, decision, isFirst }: { incident: Incident; decision: Decision; isFirst: boolean }) {
  const { result, trace } = decision;
  const applied = trace.filter((step) => step.result !== "not_applied");
  const others = [...new Set(trace.filter((step) => step.result === "not_applied").map((step) => step.rule))];
  const parallel = result.parallel.map((route) => routeName(incident, route)).join(", ");
  const police = result.police.letters.length > 0
    ? t("incident.why.police", { letters: result.police.letters.map((letter) => `(${letter})`).join(", ") })
    : t("incident.why.no_police");
  return (
    <details open={isFirst}>
      <summary>{word("made", decision.kind)} · <Moment at={decision.at} /> <span class="soft">{t("incident.why.version", { version: decision.policy_version })}</span></summary>
      <div class="tight inset">
        <p>{t("incident.why.result", { category: categoryName(result.category) || t("incident.unsorted"), grade: result.grade, lead: routeName(incident, result.lead) })}</p>
        {parallel && <p>{t("incident.why.parallel", { parallel })}</p>}
        {result.fallback && result.fallback.length > 0 && <p>{t("incident.why.fallback", { routes: result.fallback.map((route) => routeName(incident, route)).join(" → ") })}</p>}
        <p>{police}</p>
        <Asked incident={incident} decision={decision} />
        <ol class="plain stack">{applied.map((step, at) => <Applied key={at} incident={incident} step={step} />)}</ol>
        {others.length > 0 && (
          <details>
            <summary class="soft">{t("incident.why.tried", { count: count(others.length) })}</summary>
            <ul class="plain tight soft">{others.map((rule) => <li key={rule}>{rule} · {pick(incident.names.rules[rule])}</li>)}</ul>
          </details>
        )}
      </div>
    </details>
  );
}

function Applied({ incident, step }: { incident: Incident; step: Step }) {
  return (
    <li class="tight">
      <b>{step.rule} {pick(incident.names.rules[step.rule])}</b>
      {step.why && <span>{pick(step.why)}</span>}
      <span class="soft">{t("incident.why.where", { layer: step.layer, lock: word("lock", step.lock), version: step.version, result: pick(incident.names.results[step.result]) || step.result })}</span>
    </li>
  );
}

const ASKED = ["reviews", "needs", "forbids", "offers"] as const;

/** What the rules ask for beside a route: reviews that begin, what has to be done, what must not be, what may be offered. */
function Asked({ incident, decision }: { incident: Incident; decision: Decision }) {
  const parts = ASKED.filter((part) => decision.result[part]?.length);
  if (parts.length === 0) return null;
  return (
    <dl class="tight asked">
      {parts.map((part) => (
        <div key={part}>
          <dt class="soft">{t(`incident.why.${part}`)}</dt>
          <dd>{decision.result[part]?.map((code) => pick(incident.names.words[code]) || code).join(" · ")}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Reviews that the rules began about this incident, by their codes. */
export function reviewsOf(incident: Incident): readonly string[] {
  return [...new Set(incident.decisions.flatMap((one) => one.result.reviews ?? []))];
}

/** Whether the rules found that a duty to report applies, for which there is no task yet. */
export function isDutyWithoutTask(incident: Incident): boolean {
  return incident.decisions.some((one) => one.result.duty) && !incident.tasks.some((task) => task.duty);
}
