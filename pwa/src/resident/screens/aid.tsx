import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Problem } from "../../outbox/outbox";
import { config } from "../../shared/config";
import { CallFirst, Loading, Refused, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { go } from "../../shared/router";
import { BLANK, lackOf, type Plea } from "../aid/draft";
import { Board, Details, ForWhom, Way, What, When, Where } from "../aid/parts";
import { send } from "../aid/send";
import { newId } from "../report/sending";

/** Help between neighbours: looking around, asking and offering; neighbours or a coordinator bring the two together. */
export default function Aid() {
  const [begun, begin] = useState<Partial<Plea>>();
  return (
    <Screen title={t("aid.title")}>
      <p class="soft">{t("aid.danger")} <a href="/sos">{t("aid.sos")}</a></p>
      <Around write={begin} />
      <Form key={`${begun?.direction}-${begun?.category}`} begun={begun} />
      <section class="note" aria-labelledby="how">
        <h2 id="how">{t("aid.how")}</h2>
        <p>{t("aid.how_1")}</p>
        <p>{t("aid.how_2")}</p>
      </section>
      <section class="note warn" aria-labelledby="safe">
        <h2 id="safe">{t("aid.safe")}</h2>
        <ul>
          <li>{t("aid.safe_money")}</li>
          <li>{t("aid.safe_meet")}</li>
          <li>{t("aid.safe_home")}</li>
          <li>{t("aid.safe_stop")}</li>
        </ul>
      </section>
      <section class="stack" aria-labelledby="own">
        <h2 id="own">{t("aid.own")}</h2>
        <Own />
      </section>
      <CallFirst />
    </Screen>
  );
}

/** What is around: it asks for nothing before somebody taps. */
function Around(props: { write: (change: Partial<Plea>) => void }) {
  const [Found, setFound] = useState<{ Part: ComponentType<typeof props> }>();
  useEffect(() => void import("../aid/around").then((part) => setFound({ Part: part.Around }), () => undefined), []);
  return Found ? <Found.Part {...props} /> : <section class="around" aria-label={t("aid.around")}><Loading /></section>;
}

/** My own: below the form, so that its part of the page comes after it. */
function Own() {
  const [Found, setFound] = useState<{ Part: ComponentType }>();
  useEffect(() => void import("../aid/own").then((part) => setFound({ Part: part.default })), []);
  return Found ? <Found.Part /> : <Loading />;
}

type Told = "category" | "consent" | "hours" | "no_key" | "not_kept" | Problem;

/** `begun`: what somebody wants to answer on the board with, and has not written yet. */
function Form({ begun }: { begun?: Partial<Plea> | undefined }) {
  const [plea, setPlea] = useState<Plea>({ ...BLANK, ...begun });
  const [told, setTold] = useState<Told>();
  const [isBusy, setBusy] = useState(false);
  const attempt = useRef<{ plea: Plea; id: string } | null>(null);
  const said = useRef<HTMLDivElement>(null);
  const first = useRef<HTMLParagraphElement>(null);
  useEffect(() => told && said.current?.focus(), [told]);
  useEffect(() => first.current?.focus(), []);
  const change = (change: Partial<Plea>): void => {
    setTold(undefined);
    setPlea((now) => ({ ...now, ...change }));
  };
  const submit = async (): Promise<void> => {
    const lack = lackOf(plea);
    if (lack || isBusy) return setTold(lack);
    setBusy(true);
    // The same request tried again is the same one.
    if (attempt.current?.plea !== plea) attempt.current = { plea, id: newId() };
    const { id } = attempt.current;
    const unsent = await send(plea, id);
    setBusy(false);
    if (!unsent) go(`/sent/${id}`);
    else setTold(unsent.is === "problem" ? unsent.problem : unsent.is === "no-key" ? "no_key" : "not_kept");
  };
  const part = { plea, change };
  return (
    // "dialog" goes nowhere by itself: before the page lives, nothing typed can get into an address.
    <form class="stack" method="dialog" autocomplete="off" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <h2>{t("aid.write")}</h2>
      {begun && <p class="note" tabIndex={-1} ref={first}>{t(begun.direction === "aid_offer" ? "aid.offer_first" : "aid.ask_first")}</p>}
      <Way {...part} />
      <What {...part} isLacking={told === "category"} />
      <div class="field">
        <label for="note">{t("aid.note")}</label>
        <small id="note-hint">{t("aid.note_hint")}</small>
        <textarea id="note" rows={3} maxLength={config.value.limits.text - 200} aria-describedby="note-hint" autocomplete="off"
          value={plea.note} onInput={(event) => change({ note: event.currentTarget.value })} />
      </div>
      <When {...part} />
      {plea.direction === "aid_request" && <ForWhom {...part} isLacking={told === "consent"} />}
      <Where {...part} />
      <Board {...part} />
      <Details {...part} />
      <p class="soft">{t("aid.contact")}</p>
      <div class="send tight">
        {told && (
          <div id="lack" tabIndex={-1} ref={said}>
            {typeof told === "object" ? <Refused problem={told} /> : <p class="note warn" role="alert">{t(`aid.lack_${told}`)}</p>}
          </div>
        )}
        <button class="first wide" aria-disabled={isBusy}>{t(plea.direction === "aid_offer" ? "aid.send_offer" : "aid.send")}</button>
      </div>
    </form>
  );
}
