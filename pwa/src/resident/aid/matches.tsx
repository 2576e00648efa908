/** In a report: whether it is on the board, and each contact with a neighbour with all that can be done about it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Problem } from "../../outbox/outbox";
import type { Outcome } from "../../shared/api";
import { plainWords } from "../../shared/config";
import { Refused } from "../../shared/frame";
import { type Language, LANGUAGE_NAMES, need, t, when } from "../../shared/i18n";
import { newId } from "../report/sending";
import type { Answer } from "../reports/answer";
import { Confirm } from "../reports/confirm";
import type { PartProps } from "../reports/thread";
import { spoken } from "../reports/words";
import { rate, say, type Said, sayStill, takeOff, type Went, worry, write } from "./calls";
import type { Match, OnBoard, Written } from "./match";
import { Says } from "./says";
import { reasoned } from "./told";

const WORDS_MOST = 2000;

/** The part of a report that concerns neighbours. */
export default function Neighbours(part: PartProps) {
  useEffect(() => void need("near").catch(() => undefined), []);
  const { aid, matches = [] } = part.answer;
  return (
    <section class="stack" aria-labelledby="neighbours">
      <h2 id="neighbours">{t("near.neighbours")}</h2>
      {aid && <Board {...part} aid={aid} />}
      {matches.map((match) => <Contact key={match.id} part={part} match={match} />)}
    </section>
  );
}

/** What became of a call, for its own part of the screen. */
function useCall(take: PartProps["take"]) {
  const [told, setTold] = useState<Problem | "offline">();
  const [isBusy, setBusy] = useState(false);
  const run = async (call: () => Promise<Outcome<Answer>>): Promise<boolean> => {
    if (isBusy) return false;
    setBusy(true);
    const outcome = await call();
    setBusy(false);
    setTold(outcome.is === "data" ? undefined : outcome.is === "problem" ? reasoned(outcome.problem) : "offline");
    if (outcome.is === "data") take(outcome);
    return outcome.is === "data";
  };
  return { told, isBusy, run };
}

function Wrong({ told }: { told: Problem | "offline" | undefined }) {
  if (told === "offline") return <p class="note warn" role="alert">{t("near.not_done")}</p>;
  return told ? <Refused problem={told} /> : null;
}

function Board({ mine, take, aid }: PartProps & { aid: OnBoard }) {
  const { told, run } = useCall(take);
  const answer = (still: boolean) => () => void run(() => sayStill(mine.receipt, still));
  const asks = aid.asks && (
    <>
      <p><b>{t("near.asks", { when: when(aid.until ?? "") })}</b></p>
      <div class="row">
        <button type="button" class="first" onClick={answer(true)}>{t("near.still_yes")}</button>
        <Confirm label={t("near.still_no")} yes={t("near.still_no")} onYes={answer(false)}><p>{t("near.failed_ask")}</p></Confirm>
      </div>
    </>
  );
  if (!aid.on_board) {
    return (
      <div class="note">
        <p>{aid.words ?? t("near.off_board")}</p>
        <Says says={aid.says} when={aid.when} />
        {asks}
        {aid.still && aid.reason === "expired" && <button type="button" onClick={answer(true)}>{t("near.still_again")}</button>}
        <Wrong told={told} />
      </div>
    );
  }
  return (
    <div class="note">
      <p>{t("near.on_board", { when: when(aid.until ?? "") })}</p>
      <Says says={aid.says} when={aid.when} />
      {asks}
      <Confirm label={t("near.take_off")} yes={t("near.take_off_yes")} onYes={() => void run(() => takeOff(mine.receipt))}><p>{t("near.take_off_ask")}</p></Confirm>
      <Wrong told={told} />
    </div>
  );
}

/** One contact: how it stands, what was written, and the ways to go on or out. */
function Contact({ part, match }: { part: PartProps; match: Match }) {
  const { told, isBusy, run } = useCall(part.take);
  const can = (what: string): boolean => match.allowed.includes(what);
  const go = (said: Said) => () => void run(() => say(part.mine.receipt, match.id, said));
  return (
    <article class="card" aria-label={t("near.contact_of", { when: when(match.at) })}>
      <p><b>{plainWords(match.need)}</b> <small>{when(match.at)}</small></p>
      <Says says={match.theirs?.says} when={match.theirs?.when} />
      <p>{t(match.proposed ? "near.suggested" : match.answered_by_me ? "near.you_answered" : match.side === "request" ? "near.answered_help" : "near.answered_need")}</p>
      <p role="status"><span class="badge">{match.state_words}</span></p>
      <p class="soft">{t("near.speaks", { language: LANGUAGE_NAMES[match.language as Language] ?? match.language })}</p>
      {match.state === "accepted_by_one" && <p class="soft">{t(match.accepted_by_me ? "near.their_turn" : "near.your_turn")}</p>}
      {can("accept") && match.side === "request" && <p class="soft">{t("near.accept_place")}</p>}
      {match.asks_how && <p class="note">{t("near.asks_how")}</p>}
      <Seen match={match} />
      <Advice match={match} />
      {match.state === "in_progress" && match.done_by_other && !match.done_by_me && <p class="note">{t("near.they_say_done")}</p>}
      <Words messages={match.messages} isShared={match.accepted_by_me && match.accepted_by_other} />
      {can("messages") && <Write part={part} match={match} />}
      <div class="row">
        {can("accept") && <Act isBusy={isBusy} isFirst act={go("accept")}>{t("near.accept")}</Act>}
        {can("decline") && <Act isBusy={isBusy} act={go("decline")}>{t("near.decline")}</Act>}
        {can("done") && <Act isBusy={isBusy} act={go("done")}>{t("near.done")}</Act>}
        {can("failed") && <Confirm label={t("near.failed")} yes={t("near.failed")} onYes={go("failed")}><p>{t("near.failed_ask")}</p></Confirm>}
        {can("share") && <Confirm label={t("near.share")} yes={t("near.share")} onYes={go("share")}><p>{t("near.share_ask")}</p></Confirm>}
        {can("unshare") && <Act isBusy={isBusy} act={go("unshare")}>{t("near.unshare")}</Act>}
        {can("cancel") && <Confirm label={t("near.cancel")} yes={t("near.cancel")} onYes={go("cancel")}><p>{t("near.cancel_ask")}</p></Confirm>}
      </div>
      {can("rating") && <Rating isBusy={isBusy} act={(went) => void run(() => rate(part.mine.receipt, match.id, went))} />}
      {can("worry") && <Worry part={part} match={match} />}
      <Wrong told={told} />
    </article>
  );
}

/** What is seen of the other once both agreed: where, and how to reach each other. */
function Seen({ match: { place, contact, shares_by_me, shares_by_other, waits_for_second } }: { match: Match }) {
  return (
    <>
      {waits_for_second && <p class="note" role="status">{t("near.second")}</p>}
      {place && (
        <p class="note">
          <b>{t("near.place")}</b> {place.landmark}{" "}
          {place.lat !== undefined && <a href={`geo:${place.lat},${place.lon}`}>{t("near.on_map")}</a>}
        </p>
      )}
      {contact
        ? (
          <p class="note">
            <b>{t("near.contact")}</b> {contact.name}{" "}
            {contact.phone && <a href={`tel:${contact.phone.replace(/[^+\d]/g, "")}`}>{contact.phone}</a>}{" "}
            {contact.email && <a href={`mailto:${contact.email}`}>{contact.email}</a>}
          </p>
        )
        : shares_by_me ? <p class="soft">{t("near.share_wait")}</p> : shares_by_other && <p class="soft">{t("near.share_theirs")}</p>}
    </>
  );
}

/** What to mind at a first meeting. */
function Advice({ match: { id, advice = [] } }: { match: Match }) {
  if (advice.length === 0) return null;
  return (
    <details>
      <summary>{t("near.advice")}</summary>
      <ul aria-label={t("near.advice")} id={`advice-${id}`}>{advice.map((words) => <li key={words}>{words}</li>)}</ul>
    </details>
  );
}

const WENT: readonly Went[] = ["well", "so_so", "badly"];

/** How it went: three words, read by nobody else but where it went badly. */
function Rating({ isBusy, act }: { isBusy: boolean; act: (went: Went) => void }) {
  return (
    <fieldset>
      <legend>{t("near.went")}</legend>
      <div class="row">{WENT.map((went) => <Act key={went} isBusy={isBusy} act={() => act(went)}>{t(`near.went_${went}`)}</Act>)}</div>
    </fieldset>
  );
}

function Act(props: { isBusy: boolean; isFirst?: boolean; act: () => void; children: ComponentChildren }) {
  return <button type="button" class={props.isFirst ? "first" : ""} aria-disabled={props.isBusy} onClick={props.act}>{props.children}</button>;
}

function Words({ messages, isShared }: { messages: readonly Written[]; isShared: boolean }) {
  if (messages.length === 0) return null;
  return (
    <>
      {!isShared && <p class="soft">{t("near.words_wait")}</p>}
      <ol class="plain tight" aria-live="polite">
        {messages.map((one) => (
          <li key={one.id} class={one.from === "me" ? "card" : "note"}>
            <p><b>{t(one.from === "me" ? "near.me" : "near.neighbour")}</b> <small>{when(one.at)}</small></p>
            <p class="said">{spoken(one.words)}</p>
          </li>
        ))}
      </ol>
    </>
  );
}

function Write({ part, match }: { part: PartProps; match: Match }) {
  const [text, setText] = useState("");
  const { told, isBusy, run } = useCall(part.take);
  // The same words tried again are the same message.
  const attempt = useRef({ text: "", key: "" });
  const send = async (): Promise<void> => {
    const words = text.trim();
    if (!words) return;
    if (attempt.current.text !== words) attempt.current = { text: words, key: newId() };
    const isSent = await run(() => write(part.mine.receipt, match.id, words, attempt.current.key));
    if (!isSent) return;
    attempt.current = { text: "", key: "" };
    setText("");
  };
  const id = `write-${match.id}`;
  return (
    <form class="field" method="dialog" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <label for={id}>{t("near.write")}</label>
      <small id={`${id}-hint`}>{t("near.write_hint")}</small>
      <textarea id={id} rows={2} maxLength={WORDS_MOST} autocomplete="off" aria-describedby={`${id}-hint`} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button class="first" aria-disabled={isBusy || !text.trim()}>{t("near.write_send")}</button>
      <Wrong told={told} />
    </form>
  );
}

/** Something feels wrong: it stops at once, and a coordinator looks. */
function Worry({ part, match }: { part: PartProps; match: Match }) {
  const [text, setText] = useState("");
  const key = useRef(newId());
  const { told, run } = useCall(part.take);
  return (
    <div class="tight">
      <Confirm label={t("near.worry")} yes={t("near.worry_yes")} onYes={() => void run(() => worry(part.mine.receipt, match.id, text.trim(), key.current))}>
        <p>{t("near.worry_ask")}</p>
        <label class="tight">
          {t("near.worry_what")}
          <textarea rows={2} maxLength={WORDS_MOST} autocomplete="off" value={text} onInput={(event) => { setText(event.currentTarget.value); key.current = newId(); }} />
        </label>
      </Confirm>
      <Wrong told={told} />
    </div>
  );
}
