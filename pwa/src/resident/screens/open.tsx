import type { TargetedInputEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { allMine, remember } from "../../outbox/mine";
import type { Mine, Problem } from "../../outbox/outbox";
import { config } from "../../shared/config";
import { Refused, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { go } from "../../shared/router";
import type { Answer } from "../reports/answer";
import { cursorIn, inFours } from "../reports/code";

/** The report as it is shown, fetched when there is one to show. */
type Part = typeof import("../reports/thread").Thread;

/** A report that was opened by its code; `byCode` because the code does not tell asking for help from offering it. */
interface Opened extends Mine {
  readonly byCode: true;
}

/** Open a report with its code, on any phone. The code never goes into the address. */
export default function Open() {
  const [found, setFound] = useState<Found>();
  useEffect(() => document.querySelector<HTMLElement>("h1")?.focus(), [found]);
  if (!found) return <Screen title={t("open.title")} back="/reports"><CodeForm show={setFound} /></Screen>;
  return (
    <Screen title={t("thread.title")}>
      <p class="note">{t("open.borrowed")}</p>
      <p><button type="button" class="first" onClick={() => setFound(undefined)}>{t("open.close")}</button></p>
      <found.Part mine={found.mine} first={found.answer} isRemembered={false} />
    </Screen>
  );
}

function opened(answer: Answer, receipt: string): Opened {
  const kind = config.value.categories.find((one) => one.code === answer.incident.category)?.kind ?? "concern";
  const { id, status, received_at, incident, owner } = answer;
  return {
    id, status, received_at, incident, owner, receipt, kind, clientId: id, title: "", byCode: true,
    next_update_by: answer.next_update_by ?? received_at,
  };
}

interface Found {
  readonly mine: Opened;
  readonly answer: Answer;
  readonly Part: Part;
}

function CodeForm({ show }: { show: (found: Found) => void }) {
  const [isToBeKept, setToBeKept] = useState(false);
  const [code, setCode] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [told, setTold] = useState<Problem | "offline" | "not_kept">();
  const submit = async (): Promise<void> => {
    if (!code || isBusy) return;
    setBusy(true);
    const [asking, thread] = await Promise.all([import("../reports/asking"), import("../reports/thread")]).catch(() => []);
    const outcome = asking ? await asking.askReceipt(code) : ({ is: "offline" } as const);
    setBusy(false);
    if (outcome.is !== "data") return setTold(outcome.is === "problem" ? outcome.problem : "offline");
    const mine = opened(outcome.data, code);
    const address = await addressOf(mine, isToBeKept).catch(() => setTold("not_kept"));
    if (address) return go(address, { replace: true });
    if (thread && !isToBeKept) show({ mine, answer: outcome.data, Part: thread.Thread });
  };
  return (
    // "dialog" goes nowhere by itself: before the page lives, nothing typed can get into an address.
    <form class="stack" method="dialog" autocomplete="off" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <CodeField code={code} setCode={setCode} />
      <label class="check">
        <input type="checkbox" checked={isToBeKept} onChange={(event) => setToBeKept(event.currentTarget.checked)} />
        <span>{t("open.remember")}<br /><small>{t("open.remember_hint")}</small></span>
      </label>
      <button class="first" aria-disabled={isBusy || !code}>{t("open.open")}</button>
      {told === "offline" && <p class="note warn" role="alert">{t("open.offline")}</p>}
      {told === "not_kept" && <p class="note warn" role="alert">{t("open.not_kept")}</p>}
      {typeof told === "object" && <Refused problem={told} />}
      <p class="soft">{t("open.lost")}</p>
    </form>
  );
}

/** Where a report is kept on this phone: from before, or because the person wants it now. */
async function addressOf(mine: Opened, isToBeKept: boolean): Promise<string | undefined> {
  const before = (await allMine().catch(() => [])).find((one) => one.id === mine.id);
  if (!before && isToBeKept) await remember(mine);
  return before || isToBeKept ? `/reports/${(before ?? mine).clientId}` : undefined;
}

/** The code in groups of four while it is typed. It has no name, so that no form can put it into an address. */
function CodeField({ code, setCode }: { code: string; setCode: (code: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const cursor = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (cursor.current !== undefined) field.current?.setSelectionRange(cursor.current, cursor.current);
    cursor.current = undefined;
  });
  const typed = (event: TargetedInputEvent<HTMLInputElement>): void => {
    const { value, selectionStart } = event.currentTarget;
    if (event.isComposing) return setCode(value);
    cursor.current = cursorIn(value, selectionStart ?? value.length);
    setCode(inFours(value));
  };
  return (
    <div class="field">
      <label for="code">{t("open.code")}</label>
      <small id="code-hint">{t("open.code_hint")}</small>
      <input id="code" dir="ltr" ref={field} value={code} onInput={typed} aria-describedby="code-hint" autocomplete="off"
        autocapitalize="characters" spellcheck={false} maxLength={40} />
    </div>
  );
}
