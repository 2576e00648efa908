import { useEffect, useRef, useState } from "preact/hooks";

import { oneOfMine } from "../../outbox/mine";
import { acknowledged, goOn, hurry, look, type Mine, type Waiting, waiting } from "../../outbox/outbox";
import { read, write } from "../../shared/db";
import { CallFirst, Loading, Refused, Screen, statusWords } from "../../shared/frame";
import { t, when } from "../../shared/i18n";
import { place } from "../../shared/router";
import { beginIfFresh, left, toldOf } from "../report/lately";
import { useOnline } from "../report/online";
import { takeBack, type TakenBack, undoOf } from "../report/undo";

/** What became of a report, and no more than is true: it waits, it needs attention, or the server has it. */
export default function Sent() {
  const id = place.value.rest[0] ?? "";
  const { row, mine, isLooking } = useReport(id);
  const [taken, setTaken] = useState<TakenBack | "busy">();
  const undo = (): void => {
    setTaken("busy");
    void takeBack(id).then(setTaken, () => setTaken({ is: "problem", problem: { status: 0, code: "failed", title: "" } }));
  };
  const isGone = typeof taken === "object" && (taken.is === "unsent" || taken.is === "unsure" || taken.is === "withdrawn");
  return (
    <Screen title={isGone ? t("status.withdrawn") : titleOf(row, mine)}>
      {/* The heading has the focus and changes without a word: that it arrived is said here. */}
      <p class="unseen" role="status">{mine && !isGone && titleOf(row, mine)}</p>
      {taken && <Taken taken={taken} />}
      {isLooking && <Loading />}
      {!isLooking && !isGone && (
        <>
          {mine && (mine.status === "withdrawn" ? <p class="note">{t("sent.withdrawn")}</p> : <Told mine={mine} />)}
          {!mine && row?.state === "waiting" && <Waits row={row} />}
          {!mine && row?.state === "attention" && <NeedsAttention row={row} />}
          {!mine && !row && taken !== "busy" && <Unknown />}
          {taken !== "busy" && <Undo id={id} row={row} mine={mine} undo={undo} />}
        </>
      )}
      {isGone && <p><a class="button" href="/reports">{t("sent.reports")}</a></p>}
      {mine && !isGone && <Install id={id} />}
    </Screen>
  );
}

function titleOf(row: Waiting | undefined, mine: Mine | undefined): string {
  if (mine) return statusWords(mine.status);
  return row ? statusWords(row.state) : t("sent.title");
}

/** Where the report is now: on this phone, or with the server. */
function useReport(id: string): { row: Waiting | undefined; mine: Mine | undefined; isLooking: boolean } {
  const [found, setFound] = useState<{ mine: Mine | undefined; as: string }>();
  const row = waiting.value.find((one) => one.id === id);
  useEffect(() => {
    void look().then(() => beginIfFresh(id, waiting.value.find((one) => one.id === id)?.createdAt));
  }, [id]);
  const as = `${row?.state} ${acknowledged.value}`;
  useEffect(() => {
    const told = toldOf(id);
    const show = (mine?: Mine): void => setFound({ mine: mine ?? told, as });
    void look().then(() => oneOfMine(id)).then(show, () => show());
  }, [id, row?.state, acknowledged.value]);
  // What no longer waits was acknowledged or dropped: which of them is looked up before anything is said.
  return { row, mine: found?.mine, isLooking: !row && !found?.mine && found?.as !== as };
}

/** Not sent yet, and why. */
function Waits({ row }: { row: Waiting }) {
  const isOnline = useOnline();
  const tryNow = (): void => void hurry().catch(() => undefined).then(goOn);
  const why = isOnline ? (row.attempts ? t("sent.later", { time: when(row.nextAt) }) : t("sent.now")) : t("sent.offline");
  return (
    <>
      {row.urgent && <section class="note danger"><CallFirst /></section>}
      <div class="note" role="status"><p>{why}</p></div>
      {isOnline && row.attempts > 0 && <p><button type="button" onClick={tryNow}>{t("sent.try")}</button></p>}
    </>
  );
}

function NeedsAttention({ row }: { row: Waiting }) {
  return (
    <>
      {row.urgent && <section class="note danger"><CallFirst /></section>}
      {row.problem && <Refused problem={row.problem} />}
      <p>{t("sent.attention")}</p>
      <p><a class="button first wide" href={`/report?mend=${row.id}`}>{t("sent.mend")}</a></p>
    </>
  );
}

/** The server has it: the numbers first where somebody may be in danger, then the code, who has it and by when. */
function Told({ mine }: { mine: Mine }) {
  return (
    <>
      {mine.emergency && (
        <section class="note danger">
          <p><b>{mine.emergency.advice}</b></p>
          <p><a class="call" href={`tel:${mine.emergency.number.replaceAll(/[^+\d]/g, "")}`}><b dir="ltr">{mine.emergency.number}</b></a></p>
        </section>
      )}
      <Code mine={mine} />
      <section class="card">
        <h2>{t("sent.owner")}</h2>
        <p>{t("sent.owner_words", { owner: mine.owner.label })}</p>
        <h2>{t("sent.next")}</h2>
        <p>{t("sent.next_words", { time: when(mine.next_update_by) })}</p>
      </section>
    </>
  );
}

function Code({ mine }: { mine: Mine }) {
  const [copied, setCopied] = useState<"sent.copied" | "sent.not_copied">();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(mine.receipt);
      setCopied("sent.copied");
    } catch {
      setCopied("sent.not_copied");
    }
  };
  return (
    <section class="card">
      <h2><small>{t("sent.code")}</small><br /><span translate={false} dir="ltr">{mine.receipt}</span></h2>
      <p>{t(toldOf(mine.clientId) ? "sent.code_only" : "sent.code_hint")}</p>
      <p class="row">
        <button type="button" onClick={() => void copy()}>{t("sent.copy")}</button>
        <span role="status">{copied && t(copied)}</span>
      </p>
    </section>
  );
}

const TICK_MS = 500;

/** Undo for a moment, then the way to the report. The keyboard stays where it was. */
function Undo(props: { id: string; row: Waiting | undefined; mine: Mine | undefined; undo: () => void }) {
  const { id, row, mine } = props;
  const [, tick] = useState(0);
  const button = useRef<HTMLButtonElement>(null);
  const link = useRef<HTMLAnchorElement>(null);
  const hadFocus = useRef(false);
  const leftMs = left(id);
  const can = undoOf({ waits: row?.state === "waiting", mine }, leftMs);
  useEffect(() => {
    if (can === "none") return;
    const timer = setInterval(() => {
      hadFocus.current = document.activeElement === button.current;
      tick((count) => count + 1);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [can]);
  useEffect(() => {
    if (can === "none" && hadFocus.current) link.current?.focus();
  }, [can]);
  if (can === "none") return mine ? <p><a class="button" ref={link} href={`/reports/${id}`}>{t("sent.open")}</a></p> : null;
  return (
    <p>
      <button type="button" ref={button} onClick={props.undo}>
        {leftMs > 0 ? t("sent.undo") : t("sent.undo_waiting")}
        {leftMs > 0 && <span aria-hidden="true"> {t("sent.undo_left", { seconds: Math.ceil(leftMs / 1000) })}</span>}
      </button>
    </p>
  );
}

const TAKEN = { unsent: "sent.unsent", unsure: "sent.unsure", withdrawn: "sent.withdrawn", offline: "sent.undo_offline" } as const;

function Taken({ taken }: { taken: TakenBack | "busy" }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [taken]);
  return (
    <div class="note" ref={box} tabIndex={-1} role="status">
      {taken === "busy" && <p>{t("sent.undoing")}</p>}
      {taken !== "busy" && (taken.is === "problem" ? <Refused problem={taken.problem} /> : <p>{t(TAKEN[taken.is])}</p>)}
    </div>
  );
}

function Unknown() {
  return (
    <>
      <p class="note" role="status">{t("sent.unknown")}</p>
      <p><a class="button first" href="/open">{t("sent.unknown_open")}</a></p>
    </>
  );
}

const OFFERED = "install-offered";

/** Once, after the first report that was sent, and never again. */
function Install({ id }: { id: string }) {
  const [isFirst, setFirst] = useState(false);
  useEffect(() => {
    void read<string>(OFFERED).then(async (offered) => {
      setFirst(offered === undefined || offered === id);
      if (offered === undefined) await write(OFFERED, id);
    }).catch(() => undefined);
  }, [id]);
  return isFirst ? <p><a class="button bare" href="/install">{t("sent.install")}</a></p> : null;
}
