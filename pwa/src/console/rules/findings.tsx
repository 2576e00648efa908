/** What is wrong with a draft, in words, at the place that it is about. */

import { count, pick, say, t } from "../i18n";
import type { Finding } from "./calls";

/** Findings, those that block first. `rule` and `clause` narrow them to one place. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  const ordered = [...findings].sort((one, other) => Number(other.severity === "blocks") - Number(one.severity === "blocks"));
  return (
    <ul class="plain stack">
      {ordered.map((one, index) => (
        <li key={`${one.kind}-${index}`} class={one.severity === "blocks" ? "note warn" : "note"}>
          <p><b>{one.severity === "blocks" ? t("rules.blocks") : t("rules.warns")}</b> {say(`rules.finding.${one.kind}`, one.kind)}</p>
          <p>{pick(one.message)}</p>
          {say(`rules.advice.${one.kind}`) && <p class="soft">{say(`rules.advice.${one.kind}`)}</p>}
        </li>
      ))}
    </ul>
  );
}

interface Spot {
  readonly rule?: string;
  readonly clause?: string;
}

/** The findings about one rule, and of one clause where it is named; "" are those about the rule as a whole. */
export function findingsAt(findings: readonly Finding[], rule: string, clause?: string): readonly Finding[] {
  return findings.filter((one) => {
    const spot = one.place as Spot;
    const isHere = spot.rule === rule || spot.rule?.split(".")[0] === rule || one.rules.some((name) => name.split(/[ .(]/)[0] === rule);
    return isHere && (clause === undefined || (spot.clause ?? "") === clause);
  });
}

/** One line that says how a draft stands. */
export function FoundSummary({ findings, canBeTaken }: { findings: readonly Finding[]; canBeTaken: boolean }) {
  const blocking = findings.filter((one) => one.severity === "blocks").length;
  const rest = findings.length - blocking;
  return (
    <p role="status" class={canBeTaken ? "note" : "note warn"}>
      {canBeTaken ? t("rules.found.none") : t("rules.found.blocking", { count: count(blocking) })}
      {rest > 0 && ` ${t("rules.found.warnings", { count: count(rest) })}`}
    </p>
  );
}
