/** What is proven of a report, what happened so far, and whom to call first. */

import { t, when } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import type { TextKey } from "../texts/en";
import type { Emergency, Look, Proof, Step } from "./answer";

const LINES: Record<string, TextKey> = {
  emergency: "call.emergency", police: "call.police", fire: "call.fire", ambulance: "call.ambulance", text: "thread.line_text",
  self_harm: "thread.line_self_harm", domestic_abuse: "thread.line_domestic_abuse", child: "thread.line_child",
};

function Number({ words, number }: { words: string; number: string }) {
  return <a class="call" href={`tel:${number.replaceAll(" ", "")}`}><span>{words}</span> <b dir="ltr">{number}</b></a>;
}

/** The number that the server named for this report, before everything else (INV-13). */
export function CallNow({ emergency }: { emergency: Emergency }) {
  const others = (emergency.helplines ?? []).filter((line) => line.number !== emergency.number);
  return (
    <section class="note danger" aria-label={t("call.label")}>
      <p><Number words={t("call.emergency")} number={emergency.number} /></p>
      <p>{emergency.advice}</p>
      {others.length > 0 && (
        <ul class="plain row">
          {others.map((line) => <li key={line.service}><Number words={t(LINES[line.service] ?? "thread.line_other")} number={line.number} /></li>)}
        </ul>
      )}
    </section>
  );
}

/** Told, seen, coming, arrived: each only as far as it is proven, in words and not by the tick alone. */
export function Proofs({ proofs }: { proofs: readonly Proof[] }) {
  return (
    <section class="tight" aria-labelledby="proofs">
      <h2 id="proofs">{t("thread.proofs")}</h2>
      <ul class="plain tight">
        {proofs.map((proof) => (
          <li key={proof.what} class={proof.at ? "proof" : "proof soft"}>
            <Icon name={proof.at ? "check" : "clock"} />
            <span>{proof.words} {proof.at && <small>{when(proof.at)}</small>}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What happened so far, the oldest first. */
export function Timeline({ steps }: { steps: readonly Step[] }) {
  return (
    <section class="tight" aria-labelledby="timeline">
      <h2 id="timeline">{t("thread.timeline")}</h2>
      <ol class="plain tight">
        {steps.map((step) => <li key={step.at + step.what}><small>{when(step.at)}</small> {step.words}</li>)}
      </ol>
    </section>
  );
}

/** Who looked at the report, when and why. */
export function Looked({ looks }: { looks: readonly Look[] }) {
  return (
    <details class="card">
      <summary>{t("thread.looked", { count: looks.length })}</summary>
      <p class="soft">{t("thread.looked_hint")}</p>
      <ul class="plain tight">
        {looks.map((look) => <li key={look.at + look.words}><small>{when(look.at)}</small> {look.words}</li>)}
      </ul>
    </details>
  );
}
