/** What can be done now: buttons and keys; what cannot, says why; forms stand in dialogs; a newer version is shown beside the one seen. */

import { useEffect, useState } from "preact/hooks";
import type { ComponentType } from "preact";

import { count, pick, t } from "../i18n";
import { confirm, Dialog } from "../parts/dialog";
import { useKeys, type Key } from "../parts/keys";
import { Grade, statusName } from "../parts/marks";
import { toast } from "../parts/toasts";
import { Compare, Split } from "./duplicates";
import { DecideForm, DisputeForm, WhistleForm } from "./disputes";
import { AcceptForm, CloseForm, DeclineForm, GoalsForm, HandOverForm, LowerForm, NoteForm, OfferForm, StartForm, TriageForm, WaitForm } from "./forms";
import type { Incident, PossibleAct } from "./model";
import { AttachForm, MajorForm } from "./parts";
import { Do, type FormProps } from "./sending";
import { word, type Clash, type Desk } from "./state";
import { Write } from "./thread";
import { eventName } from "./timeline";
import { TaskForm } from "./work";

interface Deed {
  readonly act: string;
  readonly press: string;
  /** What is done at once, or the form that asks what it needs. */
  readonly form?: ComponentType<FormProps>;
}

const DEEDS: readonly Deed[] = [
  { act: "acknowledge", press: "a" },
  { act: "accept", press: "y", form: AcceptForm },
  { act: "decline", press: "x", form: DeclineForm },
  { act: "triage", press: "t", form: TriageForm },
  { act: "start", press: "s", form: StartForm },
  { act: "message", press: "m", form: Write },
  { act: "note", press: "n", form: NoteForm },
  { act: "task", press: "k", form: TaskForm },
  { act: "hand-over", press: "h", form: HandOverForm },
  { act: "offer", press: "o", form: OfferForm },
  { act: "regrade-up", press: "e" },
  { act: "regrade-down", press: "d", form: LowerForm },
  { act: "wait", press: "w", form: WaitForm },
  { act: "wake", press: "v" },
  { act: "stabilise", press: "b" },
  { act: "recover", press: "f" },
  { act: "check-goals", press: "l", form: GoalsForm },
  { act: "close", press: "c", form: CloseForm },
  { act: "reopen", press: "r" },
  { act: "dispute", press: "i", form: DisputeForm },
  { act: "split", press: "q", form: Split },
  { act: "attach", press: "j", form: AttachForm },
  { act: "detach", press: "z" },
  { act: "major", press: "M", form: MajorForm },
];
/** Forms that other parts of the screen open. */
const FORMS: Readonly<Record<string, ComponentType<FormProps>>> = {
  ...Object.fromEntries(DEEDS.filter((deed) => deed.form).map((deed) => [deed.act, deed.form as ComponentType<FormProps>])),
  whistle: WhistleForm,
  decide: DecideForm,
};
const ASKED_FIRST = new Set(["reopen", "stabilise", "recover", "detach"]);

interface Props {
  readonly desk: Desk;
  readonly incident: Incident;
  /** The form that is open: an act, a step of the dispute, or `compare:` and an incident. */
  readonly open: string;
  readonly onOpen: (form: string) => void;
}

/** The bar of acts with its keys. */
export function Acts({ desk, incident, open, onOpen }: Props) {
  const possible = new Map(incident.acts.map((one) => [one.act, one]));
  const deeds = DEEDS.filter((deed) => possible.has(deed.act) && (possible.get(deed.act)?.allowed || !isHidden(deed.act, possible)));
  const allowed = deeds.filter((deed) => possible.get(deed.act)?.allowed);
  const barred = deeds.filter((deed) => !possible.get(deed.act)?.allowed);
  const doIt = (deed: Deed): void => {
    if (desk.busy.value) return;
    const found = desk.shown.value?.acts.find((one) => one.act === deed.act);
    if (!found?.allowed) return toast(`${word("act", deed.act)}: ${why(found)}`);
    if (deed.form) onOpen(deed.act);
    else void atOnce(desk, deed.act);
  };
  useKeys(() => keysOf(desk, doIt));
  return (
    <section class="acts no-print" aria-label={t("incident.acts")}>
      <div class="row">
        {allowed.map((deed, at) => (
          <Do key={deed.act} desk={desk} look={at === 0 ? "first" : ""} press={deed.press} onDo={() => doIt(deed)}>
            {word("act", deed.act)} <kbd aria-hidden="true">{deed.press}</kbd>
          </Do>
        ))}
        <button type="button" class="bare" onClick={() => window.print()}>{t("incident.print")}</button>
      </div>
      <Undo desk={desk} incident={incident} />
      {barred.length > 0 && (
        <details>
          <summary class="soft">{t("incident.barred", { count: count(barred.length) })}</summary>
          <dl class="tight barred">{barred.map((deed) => <div key={deed.act}><dt>{word("act", deed.act)}</dt><dd>{why(possible.get(deed.act))}</dd></div>)}</dl>
        </details>
      )}
      {open && <FormDialog desk={desk} incident={incident} open={open} onOpen={onOpen} />}
      {desk.clash.value && <ClashDialog desk={desk} clash={desk.clash.value} />}
    </section>
  );
}

/** What is of no use to say "no" to: answering where nobody asks, parting what was never joined. */
function isHidden(act: string, possible: ReadonlyMap<string, PossibleAct>): boolean {
  return ["accept", "decline", "split", "wake", "detach"].includes(act) && possible.get(act)?.allowed === false;
}

/** Why an act is barred: of the state of things in this screen's own words, else in the server's. */
export function why(found: PossibleAct | undefined): string {
  if (!found?.barred) return "";
  const { code, params, words } = found.barred;
  if (code === "not-in-this-state") return t("incident.not_in_this_state", { state: statusName(String(params["state"])) });
  return pick(words);
}

async function atOnce(desk: Desk, act: string): Promise<void> {
  const incident = desk.shown.value;
  if (!incident) return;
  if (ASKED_FIRST.has(act) && !(await confirm({ title: word("act", act), words: word("ask", act), yes: word("act", act) }))) return;
  if (act === "regrade-up") return desk.now("regrade", { grade: incident.grade - 1 }, t("incident.regraded"));
  return desk.now(act);
}

function keysOf(desk: Desk, doIt: (deed: Deed) => void): readonly Key[] {
  const acts = DEEDS.map((deed) => ({ press: deed.press, does: word("act", deed.act), act: () => doIt(deed) }));
  return [...acts,
    { press: "u", does: t("incident.undo.key"), act: () => undo(desk) },
    { press: "p", does: t("incident.print"), act: () => window.print() },
  ];
}

function undo(desk: Desk): void {
  const found = desk.shown.value?.undo;
  if (found?.allowed) void desk.now("undo", {}, t("incident.undone"));
  else toast(pick(found?.barred?.words));
}

/** What one did last and may still take back, for as long as one may. */
function Undo({ desk, incident }: { desk: Desk; incident: Incident }) {
  const [isOver, setOver] = useState(false);
  const { allowed, until, fact } = incident.undo;
  useEffect(() => {
    setOver(false);
    if (!allowed || !until) return;
    const timer = setTimeout(() => setOver(true), Math.max(0, Date.parse(until) - Date.now()));
    return () => clearTimeout(timer);
  }, [until, allowed]);
  if (!allowed || isOver || !fact) return null;
  const last = incident.timeline.find((event) => event.type === fact);
  return <p class="row"><Do desk={desk} press="u" onDo={() => undo(desk)}>{t("incident.undo", { what: last ? eventName(incident, last) : fact })} <kbd aria-hidden="true">u</kbd></Do></p>;
}

function FormDialog({ desk, incident, open, onOpen }: Props) {
  const shut = (): void => onOpen("");
  if (open.startsWith("compare:")) {
    return <Dialog title={t("incident.compare.title")} onClose={shut} wide><Compare desk={desk} incident={incident} other={open.slice("compare:".length)} onDone={shut} /></Dialog>;
  }
  const Found = FORMS[open];
  if (!Found) return null;
  const cost = costOf(incident.acts.find((one) => one.act === open));
  const title = open === "whistle" || open === "decide" ? word("dispute_move", open) : word("act", open);
  return (
    <Dialog title={title} onClose={shut}>
      {cost && <p class="soft">{cost}</p>}
      <Found desk={desk} incident={incident} onDone={shut} />
    </Dialog>
  );
}

/** What it costs to undo an act. */
function costOf(found: PossibleAct | undefined): string {
  if (!found) return "";
  if (found.undone.how === "within") return t("incident.undone.within", { seconds: found.undone.seconds ?? 60 });
  if (found.undone.how === "act") return t("incident.undone.by", { act: word("act", found.undone.act ?? "") });
  return t("incident.undone.never");
}

/** Somebody was faster: what was seen and what stands there now, side by side; it is done all the same or left. */
function ClashDialog({ desk, clash }: { desk: Desk; clash: Clash }) {
  const now = desk.shown.value;
  const shut = (): void => void (desk.clash.value = undefined);
  if (!now) return null;
  const since = now.timeline.slice(clash.seen.timeline.length);
  return (
    <Dialog title={t("incident.clash")} onClose={shut} wide>
      <p>{t("incident.clash.words")}</p>
      <div class="beside">
        <Version incident={clash.seen} title={t("incident.clash.seen")} />
        <Version incident={now} title={t("incident.clash.now")} />
      </div>
      <h3>{t("incident.clash.since")}</h3>
      <ul class="tight">{since.map((event) => <li key={event.stream_seq}>{eventName(now, event)}</li>)}</ul>
      <p class="row end">
        <button type="button" class="first" onClick={shut}>{t("incident.clash.leave")}</button>
        <button type="button" onClick={() => (shut(), clash.again())}>{t("incident.clash.again")}</button>
      </p>
    </Dialog>
  );
}

function Version({ incident, title }: { incident: Incident; title: string }) {
  return (
    <section class="card" aria-label={title}>
      <h3>{title}</h3>
      <p><Grade grade={incident.grade} /></p>
      <p>{statusName(incident.status)}</p>
      <p>{pick(incident.owner.label)}</p>
      <p class="soft">{t("incident.clash.counts", { notes: count(incident.notes.length), messages: count(incident.messages.length), version: incident.version })}</p>
    </section>
  );
}
