/** The forms of acts, each with what its guard asks for, so that it need not be refused. */

import { useEffect, useState } from "preact/hooks";

import { api, ask } from "../api";
import { categories, categoryName } from "../config";
import { pick, say, t } from "../i18n";
import { CheckField, Form, SelectField, TextField, WordsField } from "../parts/fields";
import { statusName } from "../parts/marks";
import type { Incident } from "./model";
import { instant, receiverOptions, Send, useReceivers, useSend, Wrong, type FormProps } from "./sending";
import { word } from "./state";

/** Said by a supervisor alone, with the reason. */
const MALICIOUS = "malicious";
const OUTCOMES = ["resolved", "made_safe", "need_met", "advice_given", "handed_over", "not_found", "honest_mistake", "unfounded", MALICIOUS, "refused_help", "other"];
const LETTERS = ["a", "b", "c", "d", "e", "f"];
const SBAR = ["situation", "background", "assessment", "recommendation"] as const;

/** Words for colleagues. */
export function NoteForm({ desk, incident, onDone }: FormProps) {
  const [text, setText] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  return (
    <Form onSend={() => send("note", { text }, t("incident.note.done"))}>
      <Wrong failed={failed} />
      <WordsField label={t("incident.note.text")} hint={t("incident.note.hint")} value={text} onValue={setText} />
      <Send desk={desk} words={t("incident.note.do")} ready={Boolean(text.trim())} onDone={onDone} />
    </Form>
  );
}

/** Begin work. */
export function StartForm({ desk, incident, onDone }: FormProps) {
  const [contact, setContact] = useState(false);
  const { failed, send } = useSend(desk, incident, onDone);
  return (
    <Form onSend={() => send("start", { contact })}>
      <Wrong failed={failed} />
      <CheckField label={t("incident.start.contact")} checked={contact} onChecked={setContact} />
      <Send desk={desk} words={word("act", "start")} onDone={onDone} />
    </Form>
  );
}

/** Wait for something that is named. */
export function WaitForm({ desk, incident, onDone }: FormProps) {
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  return (
    <Form onSend={() => send("wait", { reason, wake_at: instant(until) })}>
      <Wrong failed={failed} />
      <p class="note warn">{t("incident.wait.told")}</p>
      <WordsField label={t("incident.wait.reason")} value={reason} onValue={setReason} rows={2} />
      <TextField label={t("incident.wait.until")} hint={t("incident.wait.hint")} type="datetime-local" value={until} onValue={setUntil} />
      <Send desk={desk} words={word("act", "wait")} ready={Boolean(reason.trim() && until)} onDone={onDone} />
    </Form>
  );
}

interface Colleague { readonly id?: string; readonly name?: string | null }

/** Lower the grade: with a reason, and out of G1 with a second person and a contact (R05). */
export function LowerForm({ desk, incident, onDone }: FormProps) {
  const lower = [1, 2, 3, 4, 5].filter((grade) => grade > incident.grade);
  const [grade, setGrade] = useState(String(lower[0] ?? ""));
  const [reason, setReason] = useState("");
  const [second, setSecond] = useState("");
  const [contact, setContact] = useState(false);
  const [people, setPeople] = useState<readonly Colleague[]>([]);
  const isG1 = incident.grade === 1;
  const { failed, send } = useSend(desk, incident, onDone);
  useEffect(() => {
    if (isG1) void ask(api.GET("/api/v1/people", { params: { query: {} } })).then((found) => found.is === "data" && setPeople((found.data.items ?? []) as Colleague[]));
  }, []);
  const body = { grade: Number(grade), reason, contact_made: contact, ...(second && { second_person_id: second }) };
  return (
    <Form onSend={() => send("regrade", body, t("incident.regraded"))}>
      <Wrong failed={failed} />
      <p class="soft">{t("incident.lower.hint")}</p>
      <SelectField label={t("incident.lower.to")} value={grade} onValue={setGrade} options={lower.map((one) => ({ value: String(one), words: `${t("grade", { grade: one })} ${say(`grade.${one}`)}` }))} />
      <WordsField label={t("incident.reason")} value={reason} onValue={setReason} rows={2} />
      {isG1 && (
        <>
          <SelectField label={t("incident.lower.second")} value={second} onValue={setSecond} none="–" options={people.map((one) => ({ value: one.id ?? "", words: one.name ?? one.id ?? "" }))} />
          <CheckField label={t("incident.lower.contact")} checked={contact} onChecked={setContact} />
        </>
      )}
      <Send desk={desk} words={word("act", "regrade-down")} ready={Boolean(reason.trim())} onDone={onDone} />
    </Form>
  );
}

/** Decide category and grade; a danger that was reported is answered in the same form. */
export function TriageForm({ desk, incident, onDone }: FormProps) {
  const [category, setCategory] = useState(incident.category ?? "");
  const [grade, setGrade] = useState(String(incident.grade));
  const [attends, setAttends] = useState("");
  const [reason, setReason] = useState("");
  const isOpen = incident.diverted && !incident.diversion_answered;
  const { failed, send } = useSend(desk, incident, onDone);
  const body = { category, grade: Number(grade), ...(attends && { emergency_attends: attends }), ...(reason && { reason }) };
  return (
    <Form onSend={() => send("triage", body)}>
      <Wrong failed={failed} />
      {isOpen && <SelectField label={t("incident.triage.attends")} value={attends} onValue={setAttends} none="–" options={["attending", "passed_on", "not_needed"].map((one) => ({ value: one, words: word("attends", one) }))} />}
      <SelectField label={t("incident.triage.category")} value={category} onValue={setCategory} none="–" options={categories().map((one) => ({ value: one.code, words: `${one.code} ${categoryName(one.code)}` }))} />
      <SelectField label={t("incident.triage.grade")} value={grade} onValue={setGrade} options={[1, 2, 3, 4, 5].map((one) => ({ value: String(one), words: `${t("grade", { grade: one })} ${say(`grade.${one}`)}` }))} />
      <WordsField label={t("incident.reason")} hint={t("incident.triage.reason")} value={reason} onValue={setReason} rows={2} />
      <Send desk={desk} words={word("act", "triage")} ready={Boolean(category && (!isOpen || attends))} onDone={onDone} />
    </Form>
  );
}

/** Ask a body to lead or to help; police only with a letter of R06. */
export function OfferForm({ desk, incident, onDone }: FormProps) {
  const receivers = useReceivers(desk);
  const [org, setOrg] = useState("");
  const [route, setRoute] = useState("");
  const [part, setPart] = useState("lead");
  const [letter, setLetter] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  const routes = receivers?.is === "data" ? (receivers.data.items.find((one) => one.organisation_id === org)?.routes ?? []) : [];
  const chosen = routes.includes(route) ? route : (routes[0] ?? "");
  const body = { route: chosen, organisation_id: org, part, ...(chosen === "P" && letter && { letter }) };
  return (
    <Form onSend={() => send("offer", body)}>
      <Wrong failed={failed} />
      <SelectField label={t("incident.offer.whom")} value={org} onValue={setOrg} none="–" options={receiverOptions(receivers, (one) => one.routes.length > 0)} />
      {routes.length > 1 && <SelectField label={t("incident.offer.as")} value={chosen} onValue={setRoute} options={routes.map((one) => ({ value: one, words: pick(incident.names.routes[one]) || one }))} />}
      <SelectField label={t("incident.offer.part")} value={part} onValue={setPart} options={["lead", "parallel"].map((one) => ({ value: one, words: word("part", one) }))} />
      {chosen === "P" && <SelectField label={t("incident.offer.letter")} hint={t("incident.offer.r06")} value={letter} onValue={setLetter} none="–" options={LETTERS.map((one) => ({ value: one, words: `(${one}) ${word("r06", one)}` }))} />}
      <Send desk={desk} words={word("act", "offer")} ready={Boolean(org && chosen && (chosen !== "P" || letter))} onDone={onDone} />
    </Form>
  );
}

/** Take over, with a read-back where the grade asks for one. */
export function AcceptForm({ desk, incident, onDone }: FormProps) {
  const [words, setWords] = useState("");
  const handed = incident.handovers.find((one) => one.state === "proposed");
  const sbar = handed?.sbar && !("erased" in handed.sbar) ? (handed.sbar as Record<string, string | null>) : undefined;
  const { failed, send } = useSend(desk, incident, onDone);
  return (
    <Form onSend={() => send("accept", words ? { read_back: words } : {})}>
      <Wrong failed={failed} />
      {sbar && <dl class="note tight">{SBAR.filter((part) => sbar[part]).map((part) => <div key={part}><dt class="soft">{word("sbar", part)}</dt><dd class="said">{sbar[part]}</dd></div>)}</dl>}
      <WordsField label={t("incident.read_back.yours")} hint={t("incident.read_back.hint")} value={words} onValue={setWords} />
      <Send desk={desk} words={word("act", "accept")} ready={Boolean(words.trim()) || (incident.grade > 2 && !handed)} onDone={onDone} />
    </Form>
  );
}

/** Say no. */
export function DeclineForm({ desk, incident, onDone }: FormProps) {
  const [reason, setReason] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  return (
    <Form onSend={() => send("decline", reason ? { reason } : {})}>
      <Wrong failed={failed} />
      <WordsField label={t("incident.decline.reason")} hint={t("incident.decline.hint")} value={reason} onValue={setReason} rows={2} />
      <Send desk={desk} words={word("act", "decline")} onDone={onDone} />
    </Form>
  );
}

/** Hand over with SBAR, begun from what is known, or record that a body outside has accepted. */
export function HandOverForm({ desk, incident, onDone }: FormProps) {
  const receivers = useReceivers(desk);
  const [outside, setOutside] = useState(false);
  const [org, setOrg] = useState("");
  const [sbar, setSbar] = useState<Record<string, string>>(() => summary(incident));
  const [name, setName] = useState("");
  const [reference, setReference] = useState("");
  const [at, setAt] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  const body = outside
    ? { external: { name, accepted_at: at && instant(at), ...(reference && { reference }) } }
    : { organisation_id: org, ...Object.fromEntries(SBAR.filter((part) => sbar[part]).map((part) => [part, sbar[part]])) };
  return (
    <Form onSend={() => send("hand-over", body, outside ? t("incident.handed.outside") : t("incident.handed"))}>
      <Wrong failed={failed} />
      <CheckField label={t("incident.hand.outside")} checked={outside} onChecked={setOutside} />
      {outside ? (
        <>
          <p class="soft">{t("incident.hand.outside.hint")}</p>
          <TextField label={t("incident.hand.name")} value={name} onValue={setName} />
          <TextField label={t("incident.hand.reference")} value={reference} onValue={setReference} />
          <TextField label={t("incident.hand.at")} type="datetime-local" value={at} onValue={setAt} />
        </>
      ) : (
        <>
          <p class="soft">{t("incident.hand.hint")}</p>
          <SelectField label={t("incident.hand.whom")} value={org} onValue={setOrg} none="–" options={receiverOptions(receivers, (one) => !one.is_owner)} />
          {SBAR.map((part) => <WordsField key={part} label={word("sbar", part)} rows={2} value={sbar[part] ?? ""} onValue={(value) => setSbar((former) => ({ ...former, [part]: value }))} />)}
        </>
      )}
      <Send desk={desk} words={word("act", "hand-over")} ready={outside ? Boolean(name.trim() && at) : Boolean(org && sbar["situation"]?.trim())} onDone={onDone} />
    </Form>
  );
}

/** A first SBAR from codes and figures, to be changed by whoever hands over. */
function summary(incident: Incident): Record<string, string> {
  const open = incident.goals.filter((one) => one.state === "open").map((one) => pick(one.text)).join("; ");
  return {
    situation: t("incident.sbar.situation.fill", { number: incident.number, grade: incident.grade, category: categoryName(incident.category), status: statusName(incident.status) }),
    background: t("incident.sbar.background.fill", { reports: incident.reports.length, area: incident.names.areas.map((one) => pick(one.names) || one.name).at(-1) ?? "" }),
    assessment: open ? t("incident.sbar.assessment.fill", { goals: open }) : "",
  };
}

/** Settle goals with evidence, record the view of the person concerned, and propose closing. */
export function GoalsForm({ desk, incident, onDone }: FormProps) {
  const open = incident.goals.filter((one) => one.state === "open" || (one.state === "unmet" && !one.approved_by));
  const [said, setSaid] = useState<Readonly<Record<string, { state: string; evidence: string }>>>({});
  const [view, setView] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  const goals = open.filter((one) => said[one.id]?.state).map((one) => ({ id: one.id, state: said[one.id]?.state, ...(said[one.id]?.evidence && { evidence: said[one.id]?.evidence }) }));
  const put = (id: string, change: Partial<{ state: string; evidence: string }>): void => setSaid((former) => ({ ...former, [id]: { state: "", evidence: "", ...former[id], ...change } }));
  return (
    <Form onSend={() => send("check-goals", { goals, ...(view && { view }) })}>
      <Wrong failed={failed} />
      {open.map((one) => (
        <fieldset key={one.id}>
          <legend>{pick(one.text)}</legend>
          <SelectField label={t("incident.goal.state")} value={said[one.id]?.state ?? ""} onValue={(state) => put(one.id, { state })} none={word("goal", "leave")} options={["met", "unmet"].map((state) => ({ value: state, words: word("goal", state) }))} />
          {said[one.id]?.state && <WordsField label={t("incident.goal.evidence")} rows={2} value={said[one.id]?.evidence ?? ""} onValue={(evidence) => put(one.id, { evidence })} />}
        </fieldset>
      ))}
      <WordsField label={t("incident.goal.view")} rows={2} value={view} onValue={setView} />
      <Send desk={desk} words={word("act", "check-goals")} onDone={onDone} />
    </Form>
  );
}

/** Close on goals. */
export function CloseForm({ desk, incident, onDone }: FormProps) {
  const [outcome, setOutcome] = useState("");
  const [reason, setReason] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  const isFalse = outcome === MALICIOUS;
  return (
    <Form onSend={() => send("close", { outcome, ...(isFalse && { reason }) })}>
      <Wrong failed={failed} />
      <p class="note warn">{t("incident.close.told")}</p>
      <SelectField label={t("incident.close.outcome")} value={outcome} onValue={setOutcome} none="–" options={OUTCOMES.map((one) => ({ value: one, words: word("outcome", one) }))} />
      {isFalse && (
        <>
          <p class="note warn">{t("incident.close.false")}</p>
          <WordsField label={t("incident.reason")} value={reason} onValue={setReason} rows={2} />
        </>
      )}
      <Send desk={desk} words={word("act", "close")} ready={Boolean(outcome) && (!isFalse || Boolean(reason.trim()))} onDone={onDone} />
    </Form>
  );
}
