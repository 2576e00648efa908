/** One turn: added into a gap, changed, taken out, offered to a colleague, and handed over with a note. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Outcome, type Problem } from "../api";
import { t } from "../i18n";
import { confirm, Dialog } from "../parts/dialog";
import { CheckField, Form, FormProblem, SelectField, TextField, WordsField, wrongWith } from "../parts/fields";
import type { Option } from "../parts/filters";
import { Offline } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { toast } from "../parts/toasts";
import { may } from "../session";
import { clockAt, dayAndClock, localOf, named, pageOf, useLoaded } from "./common";
import type { DeskWeek, WeekShift } from "./week";

const RANKS = ["0", "1"] as const;

/** What a form said last: a refusal, no answer, or nothing. */
export function useSaid() {
  const [said, setSaid] = useState<{ problem?: Problem; offline?: true }>({});
  const hear = <T,>(outcome: Outcome<T>): outcome is Extract<Outcome<T>, { is: "data" }> => {
    setSaid(outcome.is === "problem" ? { problem: outcome.problem } : outcome.is === "offline" ? { offline: true } : {});
    return outcome.is === "data";
  };
  const words = said.offline ? <Offline /> : <FormProblem problem={said.problem} />;
  return { hear, words, problem: said.problem };
}

/** The people of a desk's body, as a choice. */
function useColleagues(week: DeskWeek): readonly Option[] {
  const loaded = useLoaded(() => pageOf(ask(api.GET("/api/v1/people", { params: { query: { organisation: week.desk.organisation_id, limit: 200 } } }))), [week.desk.organisation_id]);
  return (loaded.data.value?.items ?? []).map((one) => ({ value: one.id, words: one.name ?? one.id }));
}

interface Draft {
  readonly person_id: string;
  readonly rank: string;
  readonly local_from: string;
  readonly local_to: string;
}

function TurnFields({ draft, onDraft, people, problem, zone }: {
  draft: Draft; onDraft: (change: (former: Draft) => Draft) => void; people: readonly Option[]; problem: Problem | undefined; zone: string;
}) {
  const set = (name: keyof Draft) => (value: string) => onDraft((former) => ({ ...former, [name]: value }));
  const hint = t("rosters.zone", { zone });
  return (
    <>
      <SelectField label={t("rosters.who")} value={draft.person_id} onValue={set("person_id")} options={people} none={t("rosters.choose")} error={wrongWith(problem, "person_id")} />
      <SelectField label={t("rosters.rank")} value={draft.rank} onValue={set("rank")} options={RANKS.map((value) => ({ value, words: t(value === "0" ? "rosters.rank.first" : "rosters.rank.deputy") }))} />
      <TextField label={t("rosters.from")} hint={hint} type="datetime-local" value={draft.local_from} onValue={set("local_from")} error={wrongWith(problem, "local_from")} />
      <TextField label={t("rosters.to")} hint={hint} type="datetime-local" value={draft.local_to} onValue={set("local_to")} error={wrongWith(problem, "local_to")} />
    </>
  );
}

/** A new turn at a desk; `gap` is what it is to fill. */
export function AddTurn({ week, gap, onClose }: { week: DeskWeek; gap: DeskWeek["gaps"][number] | undefined; onClose: (changed: boolean) => void }) {
  const zone = week.timezone;
  const people = useColleagues(week);
  const [draft, setDraft] = useState<Draft>({
    person_id: "", rank: "0", local_from: gap ? localOf(gap.from, zone) : `${week.days[0]?.date}T08:00`, local_to: gap ? localOf(gap.to, zone) : `${week.days[0]?.date}T16:00`,
  });
  const { hear, words, problem } = useSaid();
  const send = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/shifts", { body: { ...draft, rank: Number(draft.rank), desk_id: week.desk.id } }));
    if (!hear(outcome)) return;
    const id = outcome.data.id ?? "";
    toast(t("rosters.added"), () => takeBack(id, onClose));
    onClose(true);
  };
  return (
    <Dialog title={t("rosters.add.to", { desk: named(week.desk) })} onClose={() => onClose(false)}>
      <Form onSend={send}>
        {words}
        <TurnFields draft={draft} onDraft={setDraft} people={people} problem={problem} zone={zone} />
        <div class="row end">
          <button type="button" onClick={() => onClose(false)}>{t("cancel")}</button>
          <button type="submit" class="first">{t("rosters.add")}</button>
        </div>
      </Form>
    </Dialog>
  );
}

async function takeBack(id: string, onClose: (changed: boolean) => void): Promise<void> {
  const outcome = await ask(api.POST("/api/v1/shifts/{shift_id}/withdraw", { params: { path: { shift_id: id } } }));
  toast(outcome.is === "data" ? t("rosters.withdrawn") : outcome.is === "problem" ? outcome.problem.title : t("offline"));
  onClose(true);
}

/** A turn that is there, with all that can be done about it. */
export function TurnDialog({ week, shift, onClose }: { week: DeskWeek; shift: WeekShift; onClose: (changed: boolean) => void }) {
  const [tab, setTab] = useState(may("rosters.write") ? "change" : "swap");
  const tabs = [
    ...(may("rosters.write") ? [{ key: "change", title: t("rosters.change"), content: () => <Change week={week} shift={shift} onClose={onClose} /> }] : []),
    { key: "swap", title: t("rosters.swap"), content: () => <Swap week={week} shift={shift} onClose={onClose} /> },
    { key: "note", title: t("rosters.note"), content: () => <Note week={week} shift={shift} onClose={onClose} /> },
  ];
  return (
    <Dialog title={`${shift.name ?? t("rosters.somebody")}, ${dayAndClock(shift.from, week.timezone)}–${clockAt(shift.to, week.timezone)}`} onClose={() => onClose(false)}>
      <p class="soft">{named(week.desk)} · {t("rosters.zone", { zone: week.timezone })}</p>
      <Tabs label={t("rosters.turn")} tabs={tabs} chosen={tab} onChoose={setTab} />
    </Dialog>
  );
}

interface OfTurn {
  readonly week: DeskWeek;
  readonly shift: WeekShift;
  readonly onClose: (changed: boolean) => void;
}

function Change({ week, shift, onClose }: OfTurn) {
  const zone = week.timezone;
  const before: Draft = { person_id: shift.person_id, rank: String(shift.rank), local_from: localOf(shift.from, zone), local_to: localOf(shift.to, zone) };
  const [draft, setDraft] = useState<Draft>(before);
  const { hear, words, problem } = useSaid();
  const send = async (): Promise<void> => {
    const changed = Object.fromEntries(Object.entries(draft).filter(([name, value]) => value !== before[name as keyof Draft]));
    const body = { ...changed, ...("rank" in changed && { rank: Number(draft.rank) }) };
    const outcome = await ask(api.PATCH("/api/v1/shifts/{shift_id}", { params: { path: { shift_id: shift.id } }, body, ...ifMatch(shift.etag) }));
    if (!hear(outcome)) return;
    toast(t("rosters.changed"));
    onClose(true);
  };
  const withdraw = async (): Promise<void> => {
    if (!(await confirm({ title: t("rosters.withdraw.ask"), words: t("rosters.withdraw.words"), yes: t("rosters.withdraw") }))) return;
    if (!hear(await ask(api.POST("/api/v1/shifts/{shift_id}/withdraw", { params: { path: { shift_id: shift.id } } })))) return;
    toast(t("rosters.withdrawn"));
    onClose(true);
  };
  return (
    <Form onSend={send}>
      {words}
      <TurnFields draft={draft} onDraft={setDraft} people={useColleagues(week)} problem={problem} zone={zone} />
      <div class="row end">
        <button type="button" class="danger" onClick={() => void withdraw()}>{t("rosters.withdraw")}</button>
        <button type="submit" class="first">{t("save")}</button>
      </div>
    </Form>
  );
}

function Swap({ week, shift, onClose }: OfTurn) {
  const [to, setTo] = useState("");
  const [back, setBack] = useState("");
  const { hear, words, problem } = useSaid();
  const people = useColleagues(week).filter((one) => one.value !== shift.person_id);
  const returns = week.shifts.filter((one) => one.person_id === to && one.id !== shift.id);
  const send = async (): Promise<void> => {
    const body = { to_person_id: to, return_shift_id: back || null };
    if (!hear(await ask(api.POST("/api/v1/shifts/{shift_id}/swaps", { params: { path: { shift_id: shift.id } }, body })))) return;
    toast(t("rosters.swap.asked"));
    onClose(true);
  };
  return (
    <Form onSend={send}>
      <p>{t(week.desk.confirms_swaps ? "rosters.swap.confirmed" : "rosters.swap.words")}</p>
      {words}
      <SelectField label={t("rosters.swap.to")} value={to} onValue={(value) => (setTo(value), setBack(""))} options={people} none={t("rosters.choose")} error={wrongWith(problem, "to_person_id")} />
      {returns.length > 0 && (
        <SelectField label={t("rosters.swap.return")} value={back} onValue={setBack} none={t("rosters.swap.nothing")}
          options={returns.map((one) => ({ value: one.id, words: `${dayAndClock(one.from, week.timezone)}–${clockAt(one.to, week.timezone)}` }))} />
      )}
      <div class="row end"><button type="submit" class="first" disabled={!to}>{t("rosters.swap.ask")}</button></div>
    </Form>
  );
}

function Note({ shift, onClose }: OfTurn) {
  const [note, setNote] = useState("");
  const [ends, setEnds] = useState(false);
  const [read, setRead] = useState<string | undefined>(undefined);
  const { hear, words, problem } = useSaid();
  const path = { params: { path: { shift_id: shift.id } } };
  const open = async (): Promise<void> => {
    const outcome = await ask(api.GET("/api/v1/shifts/{shift_id}/hand-over", path));
    if (hear(outcome)) setRead(outcome.data.note ?? "");
  };
  const send = async (): Promise<void> => {
    if (ends && !(await confirm({ title: t("rosters.note.ends.ask"), words: t("rosters.note.ends.words"), yes: t("rosters.note.hand_over") }))) return;
    if (!hear(await ask(api.POST("/api/v1/shifts/{shift_id}/hand-over", { ...path, body: { note, end_now: ends } })))) return;
    toast(t("rosters.note.left"));
    onClose(true);
  };
  return (
    <Form onSend={send}>
      {words}
      {shift.has_handover_note && read === undefined && <p><button type="button" onClick={() => void open()}>{t("rosters.note.read")}</button> <small>{t("rosters.note.audited")}</small></p>}
      {read !== undefined && <blockquote class="card handed" aria-label={t("rosters.note")}>{read}</blockquote>}
      <WordsField label={t("rosters.note.write")} hint={t("rosters.note.hint")} value={note} onValue={setNote} error={wrongWith(problem, "note")} />
      <CheckField label={t("rosters.note.ends")} checked={ends} onChecked={setEnds} />
      <div class="row end"><button type="submit" class="first" disabled={!note.trim()}>{t("rosters.note.hand_over")}</button></div>
    </Form>
  );
}
