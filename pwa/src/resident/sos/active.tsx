/** An alarm that is on: whether it arrived, who has it, where I am, what is happening, and how it ends. */

import { useEffect } from "preact/hooks";

import { calls } from "../../shared/config";
import { Refused } from "../../shared/frame";
import { ago, t, when } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { alarm, hurry, isKept, keepSilent, refusal, silent, tries } from "./alarm";
import { End } from "./end";
import { clock, follow, heardAt, isCutOff, thread } from "./follow";
import { Happening } from "./happening";
import { Place } from "./place";

export function Active() {
  useEffect(follow, []);
  const told = alarm.value?.told;
  return (
    <>
      {told ? <Delivered /> : <Undelivered />}
      {told && <Happening />}
      <Place />
      <End />
      <label class="check">
        <input type="checkbox" checked={silent.value} onChange={(event) => keepSilent(event.currentTarget.checked)} />
        {t("alarm.silent")}
      </label>
    </>
  );
}

/** The server has not said that it has it. So it is not delivered, and nothing here claims more. */
function Undelivered() {
  return (
    <section class="note danger">
      <p class="large" role="alert"><b>{t("sos.undelivered", { number: calls()[0]?.number ?? "" })}</b></p>
      <p>{tries.value > 0 ? t("alarm.tries", { count: tries.value }) : t("alarm.going")}</p>
      <p>{t(isKept.value ? "alarm.kept" : "alarm.not_kept")}</p>
      {refusal.value && <Refused problem={refusal.value} />}
      <button type="button" onClick={hurry}>{t("again")}</button>
    </section>
  );
}

interface Step {
  readonly at: string | null;
  readonly words: string;
}

function Delivered() {
  const told = alarm.value?.told;
  const now = thread.value;
  const next = now ? now.next_update_by : told?.next_update_by;
  const first = now?.emergency ?? told?.emergency;
  return (
    <section class="card" aria-labelledby="arrived">
      <div role="status">
        <h2 id="arrived">{t("sos.delivered", { owner: now?.owner?.label ?? told?.owner.label ?? "" })}</h2>
      </div>
      {first?.advice && <p>{first.advice} <b>{first.number}</b></p>}
      <div role="status">
        <Steps steps={(now?.deliveries ?? []) as unknown as Step[]} />
      </div>
      {next && <p>{t("alarm.next", { when: when(next) })}</p>}
      {isCutOff.value && clock.value >= 0 && (
        <p class="note warn">{t("alarm.cut_off", { ago: ago(heardAt.value || told?.received_at || Date.now()) })}</p>
      )}
      {now?.timeline && now.timeline.length > 0 && (
        <details>
          <summary>{t("alarm.timeline")}</summary>
          <Steps steps={now.timeline as unknown as Step[]} />
        </details>
      )}
    </section>
  );
}

/** What is proven and what is not yet, in the server's own words. */
function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ul class="plain tight">
      {steps.map((step) => (
        <li key={step.words + step.at} class={step.at ? "proof" : "proof soft"}>
          <Icon name={step.at ? "check" : "clock"} />
          <span>{step.words} {step.at && <small>{when(step.at)}</small>}</span>
        </li>
      ))}
    </ul>
  );
}
