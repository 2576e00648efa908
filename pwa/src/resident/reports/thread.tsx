/** One report as its resident sees it: how it stands, what was said, what can be done. */

import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Mine, Problem } from "../../outbox/outbox";
import type { Outcome } from "../../shared/api";
import { byServer } from "../../shared/clock";
import { Loading, Refused } from "../../shared/frame";
import { ago, language, t, when } from "../../shared/i18n";
import { type Answer, can, isLate, isOver, sentenceOf } from "./answer";
import { askReceipt } from "./asking";
import { Conversation } from "./conversation";
import { CallNow, Looked, Proofs, Timeline } from "./facts";
import { keepAnswer, keptAnswer, markLooked } from "./kept";
import { More } from "./more";
import { allKnown } from "./mylist";
import { sendNotes } from "./notes";
import { useNews } from "./poll";
import { Rating, Unsolved } from "./afterwards";
import { nameOf } from "./words";

const EVERY_MS = 15_000;

/** What is known now, and whether the server could be reached for it. */
interface Shown {
  readonly answer?: Answer;
  readonly at?: number;
  readonly isOffline?: boolean;
  readonly problem?: Problem;
}

/** What the parts of a report need: the report, its last answer, and how to take a newer one. */
export interface PartProps {
  readonly mine: Mine;
  readonly answer: Answer;
  readonly isRemembered: boolean;
  readonly take: (outcome: Outcome<Answer>) => void;
}

/** `isRemembered`: this phone keeps the report; otherwise nothing of it is written down. */
export function Thread({ mine, isRemembered, first }: { mine: Mine; isRemembered: boolean; first?: Answer }) {
  const [shown, setShown] = useState<Shown>(first ? { answer: first, at: Date.now() } : {});
  const take = (outcome: Outcome<Answer>): void => {
    if (outcome.is === "data") setShown({ answer: outcome.data, at: Date.now() });
    else setShown((known) => ({ ...known, isOffline: outcome.is === "offline", ...(outcome.is === "problem" && { problem: outcome.problem }) }));
  };
  const look = async (): Promise<void> => {
    if (isRemembered) await sendNotes().catch(() => 0);
    take(await askReceipt(mine.receipt));
  };
  useEffect(() => {
    if (!isRemembered) return;
    void keptAnswer(mine.clientId).then((kept) => kept && setShown((known) => (known.answer ? known : { ...known, ...kept })));
  }, [mine.clientId]);
  useNews(mine.receipt, EVERY_MS, () => void look());
  useNewLanguage(() => void look());
  useKept(mine, isRemembered, shown);
  return <Parts mine={mine} isRemembered={isRemembered} shown={shown} take={take} />;
}

/** The server's words come in the language that was asked for: ask again when it changes. */
function useNewLanguage(look: () => void): void {
  const spoken = useRef(language.value);
  useEffect(() => {
    if (spoken.current !== language.value) look();
    spoken.current = language.value;
  }, [language.value]);
}

/** What came is kept for offline, and what is on the screen counts as looked at. */
function useKept(mine: Mine, isRemembered: boolean, { answer, at }: Shown): void {
  useEffect(() => {
    if (!answer || !isRemembered) return;
    const isSeen = document.visibilityState === "visible";
    void keepAnswer(mine.clientId, answer, at)
      .then(() => (isSeen ? markLooked(mine.clientId, answer) : undefined))
      .then(allKnown)
      .catch(() => undefined);
  }, [answer]);
}

function Parts({ mine, isRemembered, shown, take }: { mine: Mine; isRemembered: boolean; shown: Shown; take: PartProps["take"] }) {
  const { answer, problem } = shown;
  if (!answer) {
    return (
      <>
        {problem ? <Refused problem={problem} /> : shown.isOffline ? <NotAsked mine={mine} /> : <Loading />}
        <More mine={mine} isRemembered={isRemembered} take={take} />
      </>
    );
  }
  const part: PartProps = { mine, answer, isRemembered, take };
  return (
    <>
      {answer.emergency && !isOver(answer) && <CallNow emergency={answer.emergency} />}
      <Standing {...part} shown={shown} />
      {problem && <Refused problem={problem} />}
      <Neighbours {...part} />
      <Conversation {...part} />
      {can(answer, "reopen") && <Unsolved {...part} />}
      {can(answer, "feedback") && <Rating {...part} />}
      {!isOver(answer) && <Proofs proofs={answer.deliveries} />}
      <Timeline steps={answer.timeline} />
      {answer.looked && <Looked looks={answer.looked} />}
      <More {...part} />
    </>
  );
}

/** The board and contacts with neighbours, whose part of the page comes where there are any. */
function Neighbours(part: PartProps) {
  const [Found, setFound] = useState<{ Part: ComponentType<PartProps> }>();
  const isConcerned = Boolean(part.answer.aid || part.answer.matches?.length);
  useEffect(() => {
    if (isConcerned) void import("../aid/matches").then((found) => setFound({ Part: found.default }), () => undefined);
  }, [isConcerned]);
  return Found && isConcerned ? <Found.Part {...part} /> : null;
}

/** Never asked and no network: only what the acknowledgement told is known. */
function NotAsked({ mine }: { mine: Mine }) {
  return (
    <div class="note warn" role="status">
      <p>{t("stand.acknowledged", { when: when(mine.received_at), owner: mine.owner.label })}</p>
      <p>{t("thread.offline")}</p>
    </div>
  );
}

/** One true sentence, who has it, and by when the next word comes. */
function Standing({ mine, answer, shown }: PartProps & { shown: Shown }) {
  const due = answer.next_update_by;
  return (
    <section class="card" aria-label={t("thread.standing")}>
      <p class="soft">{nameOf(mine.kind, answer.incident.category, "byCode" in mine)}</p>
      <p role="status"><b>{t(sentenceOf(answer))}</b></p>
      {answer.status !== "withdrawn" && <p>{t("thread.owner", { owner: answer.owner.label })}</p>}
      {due && !isOver(answer) && <p>{t(isLate(answer, byServer()) ? "thread.late" : "thread.next", { when: when(due) })}</p>}
      {shown.isOffline && shown.at && <p class="note warn" role="status">{t("thread.as_of", { ago: ago(shown.at) })}</p>}
    </section>
  );
}
