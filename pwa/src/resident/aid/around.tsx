/** Around you: what neighbours need and offer, by need and distance. The place is asked for by a tap and goes nowhere else. */

import { useRef, useState } from "preact/hooks";

import type { Problem } from "../../outbox/outbox";
import type { Outcome } from "../../shared/api";
import { categoriesOf, plainWords } from "../../shared/config";
import { Empty, Loading, Refused } from "../../shared/frame";
import { type Language, LANGUAGE_NAMES, pick, t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { go } from "../../shared/router";
import { newId } from "../report/sending";
import { keepAnswer } from "../reports/kept";
import { allKnown, type Known } from "../reports/mylist";
import { answer, look, type Page, type Wanted } from "./calls";
import type { Fix, Plea } from "./draft";
import { ageOf, answering, isMine, type Listing, ownFor, type Side, together } from "./match";
import { TIMES } from "./parts";
import { roughPlace } from "./place";
import { Says } from "./says";
import { reasoned } from "./told";

/** How the board stands on this screen. */
type Shown =
  | { readonly is: "idle" | "locating" | "no_place" | "loading" | "offline" }
  | { readonly is: "problem"; readonly problem: Problem }
  | { readonly is: "listed"; readonly items: readonly Listing[]; readonly next: string | null; readonly isMore?: "loading" | "failed" };

/** `write`: begin a request or an offer, where somebody wants to answer and has none yet. */
export function Around({ write }: { write: (change: Partial<Plea>) => void }) {
  const [shown, setShown] = useState<Shown>({ is: "idle" });
  const [wanted, setWanted] = useState<Wanted>({});
  const [known, setKnown] = useState<readonly Known[]>([]);
  const fix = useRef<Fix | undefined>(undefined);
  const turn = useRef(0);
  const ask = async (what: Wanted): Promise<void> => {
    if (!fix.current) return;
    const mine = ++turn.current;
    setShown({ is: "loading" });
    const outcome = await look(fix.current, what);
    // Whoever changes the filter meanwhile wants the later answer.
    if (mine === turn.current) setShown(shownBy(outcome));
  };
  const begin = async (): Promise<void> => {
    setShown({ is: "locating" });
    const [found, all] = await Promise.all([roughPlace(), allKnown().catch(() => [])]);
    fix.current = found;
    setKnown(all);
    if (fix.current) await ask(wanted);
    else setShown({ is: "no_place" });
  };
  const more = async (): Promise<void> => {
    if (shown.is !== "listed" || !shown.next || !fix.current) return;
    setShown({ ...shown, isMore: "loading" });
    const outcome = await look(fix.current, wanted, shown.next);
    setShown(outcome.is === "data"
      ? { is: "listed", items: together(shown.items, outcome.data.items), next: outcome.data.next_cursor }
      : { ...shown, isMore: "failed" });
  };
  const change = (what: Wanted): void => {
    setWanted(what);
    void ask(what);
  };
  const isOpen = shown.is !== "idle" && shown.is !== "locating" && shown.is !== "no_place";
  return (
    <section class="stack around" aria-labelledby="around">
      <h2 id="around">{t("aid.around")}</h2>
      {isOpen
        ? <Filters wanted={wanted} change={change} />
        : (
          <>
            <p class="soft">{t("near.around_hint")}</p>
            <button type="button" class="wide" aria-disabled={shown.is === "locating"} onClick={() => void begin()}><Icon name="place" />{t("near.around_look")}</button>
          </>
        )}
      <Results shown={shown} known={known} again={() => void ask(wanted)} more={() => void more()} write={write} />
    </section>
  );
}

function shownBy(outcome: Outcome<Page>): Shown {
  if (outcome.is === "data") return { is: "listed", items: outcome.data.items, next: outcome.data.next_cursor };
  return outcome.is === "problem" ? { is: "problem", problem: outcome.problem } : { is: "offline" };
}

const WAYS: readonly (Side | undefined)[] = [undefined, "request", "offer"];

function Filters({ wanted, change }: { wanted: Wanted; change: (wanted: Wanted) => void }) {
  return (
    <div class="tight">
      <fieldset>
        <legend class="unseen">{t("near.show")}</legend>
        <div class="row">
          {WAYS.map((way) => (
            <button key={way ?? "all"} type="button" aria-pressed={wanted.direction === way} class={wanted.direction === way ? "first" : ""}
              onClick={() => change({ ...wanted, direction: way })}>{t(`near.show_${way ?? "all"}`)}</button>
          ))}
        </div>
      </fieldset>
      <div class="field">
        <label for="need">{t("near.show_need")}</label>
        <select id="need" value={wanted.need ?? ""} onChange={(event) => change({ ...wanted, need: event.currentTarget.value || undefined })}>
          <option value="">{t("near.show_any")}</option>
          {categoriesOf("aid_request").filter((one) => one.on_board).map((one) => <option key={one.code} value={one.code}>{pick(one.plain)}</option>)}
        </select>
      </div>
    </div>
  );
}

interface ResultsProps {
  readonly shown: Shown;
  readonly known: readonly Known[];
  readonly again: () => void;
  readonly more: () => void;
  readonly write: (change: Partial<Plea>) => void;
}

function Results({ shown, known, again, more, write }: ResultsProps) {
  switch (shown.is) {
    case "idle":
      return null;
    case "locating":
      return <p role="status" class="soft">{t("aid.locating")}</p>;
    case "loading":
      return <Loading />;
    case "no_place":
      return <p class="note warn" role="alert">{t("near.around_no_place")}</p>;
    case "offline":
    case "problem":
      return (
        <>
          {shown.is === "problem" ? <Refused problem={shown.problem} /> : <p class="note warn" role="status">{t("near.around_offline")}</p>}
          <button type="button" onClick={again}>{t("again")}</button>
        </>
      );
    case "listed":
      if (shown.items.length === 0) return <Empty>{t("near.around_empty")}</Empty>;
      return (
        <>
          <p class="soft" role="status">{t("near.around_count", { count: shown.items.length })}</p>
          <ul class="plain stack">{shown.items.map((one) => <Entry key={one.id} listing={one} known={known} write={write} />)}</ul>
          {shown.isMore === "failed" && <p class="note warn" role="alert">{t("near.around_offline")}</p>}
          {shown.next && <button type="button" aria-disabled={shown.isMore === "loading"} onClick={more}>{t("near.around_more")}</button>}
        </>
      );
  }
}

/** One request or offer: need, about how far, about when, and what can be done about it. */
function Entry({ listing, known, write }: { listing: Listing } & Pick<ResultsProps, "known" | "write">) {
  const [receipt, setReceipt] = useState<{ code: string; id: string }>();
  const isRequest = listing.direction === "request";
  const begin = (): void => {
    const own = ownFor(listing, known);
    if (own) setReceipt({ code: own.receipt, id: own.clientId });
    else write({ direction: answering(listing), category: listing.need });
  };
  const age = ageOf(listing, Date.now());
  return (
    <li class="card">
      <p><span class="badge">{t(isRequest ? "near.is_needed" : "near.is_offered")}</span></p>
      <p><b>{plainWords(listing.need)}</b></p>
      <p>
        {t(`near.${listing.distance}`)}
        {listing.when?.days && <> · {t(TIMES[listing.when.days])}</>}
      </p>
      <Says says={listing.says} when={listing.when} />
      <p class="soft">
        {age ? t("near.listed", { ago: age }) : t("near.listed_today")} · {t("near.speaks", { language: LANGUAGE_NAMES[listing.language as Language] ?? listing.language })}
      </p>
      {isMine(listing, known)
        ? <p class="soft">{t("near.mine")}</p>
        : receipt
          ? <Reply listing={listing} own={receipt} close={() => setReceipt(undefined)} />
          : <button type="button" class="first" onClick={begin}>{t(isRequest ? "near.can_help" : "near.need_this")}</button>}
    </li>
  );
}

const WORDS_MOST = 2000;

/** Saying yes to an entry with my own report, and a few words that are shown when both have. */
function Reply({ listing, own, close }: { listing: Listing; own: { code: string; id: string }; close: () => void }) {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [told, setTold] = useState<Problem | "offline">();
  // The same words tried again are the same answer.
  const attempt = useRef({ text: "", key: newId() });
  const send = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    if (attempt.current.text !== text) attempt.current = { text, key: newId() };
    const outcome = await answer(own.code, listing.id, text.trim(), attempt.current.key);
    setBusy(false);
    if (outcome.is === "data") {
      await keepAnswer(own.id, outcome.data).catch(() => undefined);
      go(`/reports/${own.id}`);
    } else setTold(outcome.is === "problem" ? reasoned(outcome.problem) : "offline");
  };
  const id = `reply-${listing.id}`;
  return (
    <form class="field" method="dialog" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <label for={id}>{t("near.reply")}</label>
      <small id={`${id}-hint`}>{t("near.reply_hint")}</small>
      <textarea id={id} rows={2} maxLength={WORDS_MOST} autocomplete="off" aria-describedby={`${id}-hint`} value={text}
        onInput={(event) => setText(event.currentTarget.value)} />
      {told === "offline" && <p class="note warn" role="alert">{t("near.not_done")}</p>}
      {typeof told === "object" && <Refused problem={told} />}
      <div class="row">
        <button class="first" aria-disabled={isBusy}>{t("near.reply_send")}</button>
        <button type="button" onClick={close}>{t("near.reply_not")}</button>
      </div>
    </form>
  );
}
