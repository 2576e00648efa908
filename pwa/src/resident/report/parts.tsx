/** The parts of the report's screen that need scripts; they come after the form itself. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Problem } from "../../outbox/outbox";
import { categoriesOf, config, plainWords } from "../../shared/config";
import { Offline, Refused } from "../../shared/frame";
import { ago, t } from "../../shared/i18n";
import type { TextKey } from "../texts/en";
import type { Desk } from "./desk";
import { Dialog } from "./dialog";
import { Pictures } from "./pictures";
import { Pin } from "./pin";
import { useOnline } from "./online";
import { ageOf, type Spot } from "./place";
import { grouped } from "./tiles";

export { sitDown } from "./desk";

const ASK_AGAIN_MS = 15_000;

/** What has to be said before the form: what was begun, what the server refused, why it was not sent. */
export function Notes({ desk }: { desk: Desk }) {
  const isOnline = useOnline();
  // What could wait on the screen alone goes as soon as there is a network.
  const canOnlyWait = desk.unsent.value?.is === "no-key";
  useEffect(() => {
    if (!canOnlyWait) return;
    if (isOnline) void desk.send();
    const timer = setInterval(() => void desk.send(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isOnline, canOnlyWait]);
  return (
    <>
      {!isOnline && config.value.keys.envelope && <Offline />}
      {desk.waitsForLeave.value && <Former desk={desk} />}
      {desk.refused.value && <Mending desk={desk} />}
      {desk.unsent.value && <NotSent desk={desk} />}
      {desk.wrong.value.other && <p class="note warn" role="alert">{desk.wrong.value.other}</p>}
    </>
  );
}

function Former({ desk }: { desk: Desk }) {
  return (
    <div class="note" role="status">
      <p>{t("report.former")}</p>
      <div class="row">
        <button type="button" onClick={() => desk.waitsForLeave.value && desk.show(desk.waitsForLeave.value)}>{t("report.former_show")}</button>
        <button type="button" class="bare" onClick={() => void desk.discardFormer()}>{t("report.discard")}</button>
      </div>
    </div>
  );
}

/** Other help that the server names with a refusal. */
const HELP: Readonly<Record<string, TextKey>> = {
  talk_to_coordinator: "report.help_talk",
  ask_for_information: "report.help_ask",
};

function Help({ problem }: { problem: Problem }) {
  const offers = (problem.help ?? []).filter((code) => code in HELP);
  if (offers.length === 0) return null;
  return (
    <div class="note">
      <p>{t("report.help")}</p>
      <ul>{offers.map((code) => <li key={code}>{t(HELP[code] as TextKey)}</li>)}</ul>
      <p><a class="button" href="/help">{t("report.help_more")}</a></p>
    </div>
  );
}

function Mending({ desk }: { desk: Desk }) {
  const problem = desk.refused.value;
  if (!problem) return null;
  return (
    <>
      <Refused problem={problem} />
      {!problem.sent && <p class="note">{t("report.mend_empty")}</p>}
      <Help problem={problem} />
      <p class="soft">{t("report.mend_kept")}</p>
    </>
  );
}

const WHY = {
  "no-key": "report.no_key", "not-kept": "report.not_kept", offline: "report.no_answer", twice: "report.twice",
} as const;

function NotSent({ desk }: { desk: Desk }) {
  const box = useRef<HTMLDivElement>(null);
  const unsent = desk.unsent.value;
  useEffect(() => box.current?.focus(), [unsent]);
  if (!unsent) return null;
  const straight = unsent.is !== "problem" && unsent.is !== "twice";
  return (
    <div class="note warn" ref={box} tabIndex={-1} role="alert">
      {unsent.is === "problem" ? <><Refused problem={unsent.problem} /><Help problem={unsent.problem} /></> : <p>{t(WHY[unsent.is])}</p>}
      {straight && <button type="button" onClick={() => void desk.send(true)}>{t("report.straight")}</button>}
    </div>
  );
}

/** What was found and taken: photos and the place. */
export function Found({ desk }: { desk: Desk }) {
  return (
    <>
      <Pictures album={desk.album} />
      <Status desk={desk} />
      <Held desk={desk} />
      <Place desk={desk} />
    </>
  );
}

/** Photos of a report that is mended: they were sealed before, so only their number is known. */
function Held({ desk }: { desk: Desk }) {
  const count = desk.album.held.value.length;
  if (count === 0) return null;
  return (
    <div class="row">
      <span>{t("report.held", { count })}</span>
      <button type="button" onClick={() => (desk.album.held.value = [])}>{t("report.remove")}</button>
    </div>
  );
}

/** What is going on, said in one place. */
function Status({ desk }: { desk: Desk }) {
  const spot = desk.spot.value;
  return (
    <p role="status">
      {desk.album.shrinking.value > 0 && <>{t("report.shrinking")} </>}
      {desk.looking.value && !spot && <>{t("report.looking")} </>}
      {spot && <PlaceWords spot={spot} />}
    </p>
  );
}

const NO_PLACE = { denied: "report.place_denied", unavailable: "report.place_unavailable", timeout: "report.place_timeout" } as const;

/** The place as it stands: how exact, how old, and what can be done with it. */
function Place({ desk }: { desk: Desk }) {
  const [isMoving, setMoving] = useState(false);
  const spot = desk.spot.value;
  const none = desk.noPlace.value;
  return (
    <>
      {none && (
        <div class="note warn" role="alert">
          <p>{t(NO_PLACE[none])}</p>
          <button type="button" onClick={() => desk.findPlace()}>{t("again")}</button>
        </div>
      )}
      {spot && (
        <>
          <div class="row">
            <button type="button" aria-expanded={isMoving} onClick={() => setMoving(!isMoving)}>{t("report.move")}</button>
            <button type="button" onClick={() => desk.removePlace()}>{t("report.place_remove")}</button>
          </div>
          {isMoving && <Pin desk={desk} spot={spot} />}
        </>
      )}
    </>
  );
}

const LOOK_AGAIN_MS = 15_000;

function PlaceWords({ spot }: { spot: Spot }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const age = ageOf(spot, performance.now(), Date.now());
  const found = age === undefined ? t("report.place_earlier") : ago(-age, 0);
  return <>{t("report.place_found", { metres: Math.round(spot.accuracy_m), age: found })}</>;
}

/** The two questions that stand in front of the form. */
export function Dialogs({ desk }: { desk: Desk }) {
  if (desk.dialog.value === "topics") return <Topics desk={desk} />;
  if (desk.dialog.value === "discard") return <Discard desk={desk} />;
  return null;
}

function Topics({ desk }: { desk: Desk }) {
  const kind = desk.before?.kind ?? "concern";
  const chosen = desk.words.value.category;
  return (
    <Dialog title={t("report.topic")} onClose={() => (desk.dialog.value = "")}>
      {grouped(categoriesOf(kind === "aid_offer" ? "aid_request" : kind)).map(({ group, topics }) => (
        <fieldset key={group}>
          <legend>{t(`report.group_${group}`)}</legend>
          {topics.map(({ code }) => (
            <button key={code} type="button" class="wide" aria-pressed={code === chosen} onClick={() => desk.chooseTopic(code)}>
              {plainWords(code)}
            </button>
          ))}
        </fieldset>
      ))}
      <a class="button wide" href="/sos">{t("report.topic_sos")}</a>
      <button type="button" onClick={() => (desk.dialog.value = "")}>{t("back")}</button>
    </Dialog>
  );
}

function Discard({ desk }: { desk: Desk }) {
  return (
    <Dialog title={t("report.discard_ask")} onClose={() => (desk.dialog.value = "")}>
      <p>{t("report.discard_hint")}</p>
      <div class="row">
        <button type="button" onClick={() => (desk.dialog.value = "")}>{t("report.discard_no")}</button>
        <button type="button" onClick={() => void desk.discard()}>{t("report.discard_yes")}</button>
      </div>
    </Dialog>
  );
}
