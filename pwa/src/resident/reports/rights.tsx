/** What is kept of a report, with whom it was shared, and what its resident can ask: see, correct, object, erase. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { components } from "../../generated/contract";
import type { Problem } from "../../outbox/outbox";
import { api, ask as call, type Outcome } from "../../shared/api";
import { Loading, Refused } from "../../shared/frame";
import { t, when } from "../../shared/i18n";
import { newId } from "../report/sending";
import { Confirm } from "./confirm";
import type { PartProps } from "./thread";

type Rights = components["schemas"]["Rights"];
type Asked = Rights["requests"][number];
type Kind = components["schemas"]["Ask"]["kind"];
interface Shared { readonly at: string; readonly with: string; readonly what: readonly string[]; readonly words: string }

const WITHIN_MS = 20_000;
const WORDS_MOST = 5000;
const KINDS = ["see", "correct", "object"] as const satisfies readonly Kind[];

function shown(receipt: string, key?: string) {
  const headers = { Authorization: `Receipt ${receipt}`, ...(key && { "Idempotency-Key": key }) };
  return { headers, signal: AbortSignal.timeout(WITHIN_MS) };
}

/** How the calls of this part go, and what they told last. */
function useRights(receipt: string) {
  const [rights, setRights] = useState<Rights>();
  const [told, setTold] = useState<Problem | "offline" | "done">();
  const [isBusy, setBusy] = useState(false);
  const run = async (made: () => Promise<Outcome<Rights>>, isAct = true): Promise<boolean> => {
    if (isBusy) return false;
    setBusy(true);
    const outcome = await made();
    setBusy(false);
    if (outcome.is === "data") setRights(outcome.data);
    setTold(outcome.is === "problem" ? outcome.problem : outcome.is === "offline" ? "offline" : isAct ? "done" : undefined);
    return outcome.is === "data";
  };
  const look = (): void => void run(() => call(api.GET("/api/v1/receipt/rights", shown(receipt))) as Promise<Outcome<Rights>>, false);
  useEffect(look, [receipt]);
  return { rights, told, isBusy, run, look };
}

/** The whole part; its report is looked at anew after something changed. */
export default function RightsPart({ mine, changed }: Pick<PartProps, "mine"> & { changed: () => void }) {
  const { rights, told, isBusy, run, look } = useRights(mine.receipt);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const act = async (made: () => Promise<Outcome<Rights>>): Promise<boolean> => {
    const isDone = await run(made);
    if (isDone) changed();
    return isDone;
  };
  const send = (body: components["schemas"]["Ask"], key?: string) =>
    act(() => call(api.POST("/api/v1/receipt/rights", { ...shown(mine.receipt, key), body })) as Promise<Outcome<Rights>>);
  const step = (one: Asked, name: "appeal" | "take-back") => act(() => moved(mine.receipt, one.id, name));
  return (
    <section class="card stack" aria-labelledby="rights">
      <h2 id="rights" tabIndex={-1} ref={heading}>{t("rights.title")}</h2>
      <p class="soft">{t("rights.intro")}</p>
      {told === "offline" && <p class="note warn" role="alert">{t("rights.offline")} <button type="button" onClick={look}>{t("again")}</button></p>}
      {told === "done" && <p class="note" role="status">{t("rights.done")}</p>}
      {typeof told === "object" && <Refused problem={told} />}
      {!rights && told === undefined && <Loading />}
      {rights && <Kept rights={rights} />}
      {rights && <SharedWith all={rights.shared as unknown as readonly Shared[]} />}
      {rights && rights.requests.length > 0 && <Requests all={rights.requests} step={step} />}
      {rights && !rights.erased_at && <Ask isBusy={isBusy} send={send} />}
      {rights && !rights.erased_at && <Erase rights={rights} erase={() => void send({ kind: "erase" })} />}
      {rights && <Copy receipt={mine.receipt} />}
    </section>
  );
}

function moved(receipt: string, id: string, name: "appeal" | "take-back"): Promise<Outcome<Rights>> {
  const params = { path: { request_id: id } };
  const made = name === "appeal"
    ? api.POST("/api/v1/receipt/rights/{request_id}/appeal", { ...shown(receipt), params, body: {} })
    : api.POST("/api/v1/receipt/rights/{request_id}/take-back", { ...shown(receipt), params });
  return call(made) as Promise<Outcome<Rights>>;
}

function Kept({ rights }: { rights: Rights }) {
  const until = (one: Rights["kept"][number]): string =>
    one.gone ? t("rights.gone") : one.until ? t("rights.until", { when: when(one.until) }) : t("rights.days", { days: one.days });
  return (
    <div class="tight">
      {rights.erased_at && <p class="note">{t("rights.erased", { when: when(rights.erased_at) })}</p>}
      <h3>{t("rights.kept")}</h3>
      <ul class="plain tight">
        {rights.kept.map((one) => <li key={one.code}>{one.words} <small>{until(one)}</small></li>)}
      </ul>
    </div>
  );
}

function SharedWith({ all }: { all: readonly Shared[] }) {
  return (
    <div class="tight">
      <h3>{t("rights.shared")}</h3>
      {all.length === 0 && <p class="soft">{t("rights.shared_none")}</p>}
      <ul class="plain tight">
        {all.map((one) => <li key={one.at + one.with}><small>{when(one.at)}</small> <b>{one.with}</b>: {one.what.join(", ")}. {one.words}</li>)}
      </ul>
    </div>
  );
}

function Requests({ all, step }: { all: readonly Asked[]; step: (one: Asked, name: "appeal" | "take-back") => void }) {
  return (
    <div class="tight">
      <h3>{t("rights.requests")}</h3>
      <ul class="plain stack">
        {all.map((one) => (
          <li class="note tight" key={one.id}>
            <p><b>{one.kind === "erase" ? t("rights.erase") : t(`rights.${one.kind as (typeof KINDS)[number]}`)}</b> <small>{when(one.opened_at)}</small></p>
            {typeof one.asked === "string" && <p class="said">{one.asked}</p>}
            <p>{one.state_words} {one.reason_words}</p>
            {!one.answered_at && one.allowed.length > 0 && <p>{t("rights.due", { when: when(one.due_at) })}</p>}
            {typeof one.answer === "string" && <p class="said">{t("rights.answer", { words: one.answer })}</p>}
            <div class="row">
              {one.allowed.includes("appeal") && <button type="button" onClick={() => step(one, "appeal")}>{t("rights.appeal")}</button>}
              {one.allowed.includes("take_back") && <button type="button" onClick={() => step(one, "take-back")}>{t("rights.take_back")}</button>}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Ask({ isBusy, send }: { isBusy: boolean; send: (body: components["schemas"]["Ask"], key?: string) => Promise<boolean> }) {
  const [kind, setKind] = useState<(typeof KINDS)[number]>("see");
  const [words, setWords] = useState("");
  const [text, setText] = useState("");
  // The same request tried again is the same call.
  const attempt = useRef({ said: "", key: "" });
  const submit = async (): Promise<void> => {
    const corrected = kind === "correct" && text.trim() ? { text: text.trim() } : {};
    const body = { kind, ...(words.trim() && { words: words.trim() }), ...corrected };
    const said = JSON.stringify(body);
    if (attempt.current.said !== said) attempt.current = { said, key: newId() };
    if (!(await send(body, attempt.current.key))) return;
    attempt.current = { said: "", key: "" };
    setWords("");
    setText("");
  };
  return (
    <details>
      <summary>{t("rights.ask")}</summary>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <fieldset>
          <legend>{t("rights.kind")}</legend>
          {KINDS.map((one) => (
            <label class="check" key={one}>
              <input type="radio" name="right" checked={kind === one} onChange={() => setKind(one)} />
              {t(`rights.${one}`)}
            </label>
          ))}
        </fieldset>
        <div class="field">
          <label for="right-words">{t("rights.words")}</label>
          <textarea id="right-words" rows={3} maxLength={WORDS_MOST} autocomplete="off" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        </div>
        {kind === "correct" && (
          <div class="field">
            <label for="right-text">{t("rights.right_words")}</label>
            <textarea id="right-text" rows={3} maxLength={WORDS_MOST} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </div>
        )}
        <p class="soft">{t("rights.promise")}</p>
        <button aria-disabled={isBusy}>{t("rights.send")}</button>
      </form>
    </details>
  );
}

function Erase({ rights, erase }: { rights: Rights; erase: () => void }) {
  const { at_once: isAtOnce, because, stays } = rights.erasing;
  return (
    <Confirm label={t("rights.erase")} yes={t(isAtOnce ? "rights.erase_yes" : "rights.erase_ask")} onYes={erase}>
      <p><b>{t(isAtOnce ? "rights.erase_now" : "rights.erase_first")}</b></p>
      {because.length > 0 && <ul>{because.map((one) => <li key={one.code}>{one.words}</li>)}</ul>}
      <p>{t("rights.stays")}</p>
      <ul>{stays.map((one) => <li key={one.code}>{one.words}</li>)}</ul>
    </Confirm>
  );
}

function Copy({ receipt }: { receipt: string }) {
  const [told, setTold] = useState<Problem | "offline">();
  const download = async (): Promise<void> => {
    const outcome = await call(api.GET("/api/v1/receipt/copy", shown(receipt)));
    setTold(outcome.is === "problem" ? outcome.problem : outcome.is === "offline" ? "offline" : undefined);
    if (outcome.is !== "data") return;
    const address = URL.createObjectURL(new Blob([JSON.stringify(outcome.data, null, 1)], { type: "application/json" }));
    // A neutral name: the file may lie where others look.
    const link = Object.assign(document.createElement("a"), { href: address, download: "copy.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  return (
    <div class="tight">
      <button type="button" onClick={() => void download()}>{t("rights.copy")}</button>
      <p class="soft">{t("rights.copy_hint")}</p>
      {told === "offline" && <p class="note warn" role="alert">{t("rights.offline")}</p>}
      {typeof told === "object" && <Refused problem={told} />}
    </div>
  );
}
