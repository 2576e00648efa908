/** After a report was closed: not solved, and how it went. */

import { useRef, useState } from "preact/hooks";

import type { Problem } from "../../outbox/outbox";
import type { Outcome } from "../../shared/api";
import { Refused } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { newId } from "../report/sending";
import type { Answer } from "./answer";
import { rate, reopen } from "./asking";
import type { PartProps } from "./thread";

const WORDS_MOST = 2000;

/** What became of an act, for its own part of the screen. */
export function useAct(take: PartProps["take"]) {
  const [told, setTold] = useState<Problem | "offline" | "done">();
  const [isBusy, setBusy] = useState(false);
  const run = async (call: () => Promise<Outcome<Answer>>): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const outcome = await call();
    setBusy(false);
    setTold(outcome.is === "data" ? "done" : outcome.is === "problem" ? outcome.problem : "offline");
    if (outcome.is === "data") take(outcome);
  };
  return { told, isBusy, run };
}

/** What went wrong, if something did. */
export function Told({ told }: { told: ReturnType<typeof useAct>["told"] }) {
  if (told === "offline") return <p class="note warn" role="alert">{t("thread.act_offline")}</p>;
  return typeof told === "object" ? <Refused problem={told} /> : null;
}

/** "Not solved": the same report opens again. */
export function Unsolved({ mine, take }: PartProps) {
  const [text, setText] = useState("");
  const { told, isBusy, run } = useAct(take);
  // The same words tried again are the same call.
  const attempt = useRef<{ text: string; key: string } | null>(null);
  const send = (): void => {
    if (attempt.current?.text !== text) attempt.current = { text, key: newId() };
    const { key } = attempt.current;
    void run(() => reopen(mine.receipt, text.trim(), key));
  };
  return (
    <form class="card" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <h2>{t("thread.unsolved_title")}</h2>
      <div class="field">
        <label for="unsolved">{t("thread.unsolved_what")}</label>
        <textarea id="unsolved" rows={2} maxLength={WORDS_MOST} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </div>
      <button aria-disabled={isBusy}>{t("thread.unsolved_send")}</button>
      <Told told={told} />
    </form>
  );
}

interface Choice<T> {
  readonly value: T;
  readonly words: string;
}

function Choices<T>(props: { legend: string; name: string; of: readonly Choice<T>[]; chosen: T | undefined; choose: (value: T) => void }) {
  return (
    <fieldset>
      <legend>{props.legend}</legend>
      <div class="row">
        {props.of.map((one) => (
          <label class="check" key={one.words}>
            <input type="radio" name={props.name} checked={props.chosen === one.value} onChange={() => props.choose(one.value)} />
            {one.words}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** How it went: asked by Linli and not by the one who handled it. Everything may be left out. */
export function Rating({ mine, take }: PartProps) {
  const [contacted, setContacted] = useState<boolean>();
  const [resolved, setResolved] = useState<boolean>();
  const [satisfied, setSatisfied] = useState<number>();
  const [text, setText] = useState("");
  const { told, isBusy, run } = useAct(take);
  if (told === "done") return <p class="note" role="status">{t("rate.thanks")}</p>;
  const body = {
    ...(contacted !== undefined && { contacted }), ...(resolved !== undefined && { resolved }),
    ...(satisfied !== undefined && { satisfied }), ...(text.trim() && { text: text.trim() }),
  };
  const isEmpty = Object.keys(body).length === 0;
  const yesNo = [{ value: true, words: t("rate.yes") }, { value: false, words: t("rate.no") }];
  const degrees = ([5, 4, 3, 2, 1] as const).map((value) => ({ value: value as number, words: t(`rate.${value}`) }));
  return (
    <form class="card" onSubmit={(event) => { event.preventDefault(); if (!isEmpty) void run(() => rate(mine.receipt, body)); }}>
      <h2>{t("rate.title")}</h2>
      <p class="soft">{t("rate.hint")}</p>
      <Choices legend={t("rate.contacted")} name="contacted" of={yesNo} chosen={contacted} choose={setContacted} />
      <Choices legend={t("rate.resolved")} name="resolved" of={yesNo} chosen={resolved} choose={setResolved} />
      <Choices legend={t("rate.satisfied")} name="satisfied" of={degrees} chosen={satisfied} choose={setSatisfied} />
      <div class="field">
        <label for="rate-text">{t("rate.text")}</label>
        <textarea id="rate-text" rows={2} maxLength={WORDS_MOST} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </div>
      <button aria-disabled={isBusy || isEmpty}>{t("rate.send")}</button>
      <Told told={told} />
    </form>
  );
}
