/** What is to be done and to be reached: tasks and duties, goals, and what colleagues wrote. */

import { useState } from "preact/hooks";

import { pick, t } from "../i18n";
import { CheckField, Form, SelectField, TextField } from "../parts/fields";
import { Countdown, Moment } from "../parts/marks";
import type { Incident, Task } from "./model";
import { Words } from "./said";
import { Do, instant, receiverOptions, Send, useReceivers, useSend, Wrong, type FormProps } from "./sending";
import { bodyName, personName, word, type Desk } from "./state";

const TASK_CODES = [
  "call_back", "visit", "look_again", "inform_body", "interpret", "secure_place", "bring_supplies", "follow_up", "find_helper", "refer_to_service",
  "offer_case_work", "child_duty", "harm_duty",
];
const DUTIES = ["child_duty", "harm_duty"];
const TASK_MOVES: Readonly<Record<string, readonly string[]>> = {
  todo: ["begin", "finish", "block", "cancel"], doing: ["finish", "block", "cancel"], blocked: ["begin", "finish", "cancel"], done: ["reopen"], cancelled: ["reopen"],
};

/** The tasks, those that are over last. */
export function Tasks({ desk, incident, onAdd }: { desk: Desk; incident: Incident; onAdd: () => void }) {
  const over = (task: Task): number => (task.state === "done" || task.state === "cancelled" ? 1 : 0);
  const tasks = [...incident.tasks].sort((one, other) => over(one) - over(other));
  return (
    <section class="card" aria-labelledby="tasks">
      <h2 id="tasks">{t("incident.tasks")}</h2>
      {incident.duty_open && <p class="note warn">{t("incident.duty_open")}</p>}
      {tasks.length === 0 && <p class="soft">{t("incident.tasks.none")}</p>}
      <ul class="plain stack">{tasks.map((one) => <OneTask key={one.id} desk={desk} incident={incident} task={one} />)}</ul>
      <p class="no-print"><button type="button" onClick={onAdd}>{t("incident.task.add")}</button></p>
    </section>
  );
}

function OneTask({ desk, incident, task }: { desk: Desk; incident: Incident; task: Task }) {
  const isOver = task.state === "done" || task.state === "cancelled";
  const name = task.code ? word("task", task.code) : typeof task.title === "string" ? task.title : t("incident.erased");
  return (
    <li class="tight" id={`task-${task.id}`}>
      <p>{task.duty && <span class="badge">{t("incident.duty")}</span>} <b>{name}</b> <span class="soft">· {word("task_state", task.state)}
        {task.org_id && ` · ${bodyName(incident, task.org_id)}`}{task.person_id && ` · ${personName(incident, task.person_id)}`}</span>{task.due_at && !isOver && <> · <Countdown due={task.due_at} /></>}</p>
      <p class="row no-print">
        {(TASK_MOVES[task.state] ?? []).map((move) => (
          <Do key={move} desk={desk} label={`${word("task_move", move)}: ${name}`} onDo={() => void desk.now(`tasks/${task.id}/${move}`)}>{word("task_move", move)}</Do>
        ))}
      </p>
    </li>
  );
}

/** A new task: of the list or in words, for whom, until when, and whether it is a duty. */
export function TaskForm({ desk, incident, onDone }: FormProps) {
  const [code, setCode] = useState("");
  const [text, setText] = useState("");
  const [org, setOrg] = useState("");
  const [due, setDue] = useState("");
  const [duty, setDuty] = useState(false);
  const receivers = useReceivers(desk);
  const { failed, send } = useSend(desk, incident, onDone);
  const body = { ...(code ? { code } : { text }), duty: duty || DUTIES.includes(code), ...(org && { organisation_id: org }), ...(due && { due_at: instant(due) }) };
  return (
    <Form onSend={() => send("tasks", body, t("incident.task.added"))}>
      <Wrong failed={failed} />
      <SelectField label={t("incident.task.what")} value={code} onValue={setCode} none={t("incident.task.own")} options={TASK_CODES.map((one) => ({ value: one, words: word("task", one) }))} />
      {!code && <TextField label={t("incident.task.words")} hint={t("incident.task.hint")} value={text} onValue={setText} maxLength={400} />}
      <SelectField label={t("incident.for_whom")} value={org} onValue={setOrg} none={t("incident.for_owner")} options={receiverOptions(receivers)} />
      <TextField label={t("incident.task.due")} type="datetime-local" value={due} onValue={setDue} />
      <CheckField label={t("incident.task.duty")} checked={duty || DUTIES.includes(code)} onChecked={setDuty} />
      <Send desk={desk} words={t("incident.task.add")} ready={Boolean(code || text.trim())} onDone={onDone} />
    </Form>
  );
}

/** The goals, with evidence and who approved. */
export function Goals({ incident }: { incident: Incident }) {
  const goals = incident.goals.filter((one) => one.state !== "dropped");
  return (
    <section class="card" aria-labelledby="goals">
      <h2 id="goals">{t("incident.goals")}</h2>
      {goals.length === 0 && <p class="soft">{t("incident.goals.none")}</p>}
      <ul class="plain tight">
        {goals.map((one) => (
          <li key={one.id} class="tight">
            <span><span aria-hidden="true">{{ met: "✓ ", unmet: "✗ " }[one.state] ?? "○ "}</span>{pick(one.text)} <b>{word("goal", one.state)}</b>{one.state === "unmet" && !one.approved_by && <span class="late"> {t("incident.goal.unapproved")}</span>}</span>
            <Words said={one.evidence} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What colleagues wrote for each other; one that was taken back says so. */
export function Notes({ incident }: { incident: Incident }) {
  if (incident.notes.length === 0) return null;
  const gone = new Set(incident.timeline.filter((event) => event.type === "NoteTakenBack").map((event) => event.payload["note_id"]));
  return (
    <section class="card" aria-labelledby="notes">
      <h2 id="notes">{t("incident.notes")}</h2>
      <ol class="plain tight">
        {incident.notes.map((one) => (
          <li key={one.id}>
            <p class="soft">{personName(incident, one.written_by)} · <Moment at={one.written_at} /></p>
            {gone.has(one.id) ? <p class="soft">{t("incident.note.back")}</p> : <Words said={one.body} />}
          </li>
        ))}
      </ol>
    </section>
  );
}
