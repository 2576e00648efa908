/** A dispute between bodies: its steps, who was called and came, and what was decided. */

import { useState } from "preact/hooks";

import { pick, t } from "../i18n";
import { CheckField, Form, SelectField, WordsField } from "../parts/fields";
import { Countdown, Moment } from "../parts/marks";
import { Failed, Loading } from "../parts/states";
import type { Dispute, Incident } from "./model";
import { Words } from "./said";
import { Do, receiverOptions, Send, useReceivers, useSend, Wrong, type FormProps } from "./sending";
import { bodyName, word, type Desk } from "./state";

const DISPUTE_MOVES: Readonly<Record<string, readonly string[]>> = {
  open: ["talk", "three-way", "whistle", "decide", "settle"], talking: ["three-way", "whistle", "decide", "settle"], three_way: ["whistle", "decide", "settle"],
  whistled: ["decide", "settle"], decided: ["appeal", "settle"], appealed: ["decide", "settle"], closed: [],
};
const DISPUTE_KINDS = ["lead", "resource", "information", "grade", "closure"];
const WHISTLE_REASONS = ["nobody_leads", "help_missing", "unsafe", "too_slow"];

/** The dispute: which step runs, who was called and came, what was decided; the owner keeps the duty meanwhile. */
export function Disputes({ desk, incident, onMove }: { desk: Desk; incident: Incident; onMove: (move: string) => void }) {
  if (incident.disputes.length === 0) return null;
  return (
    <section class="card" aria-labelledby="dispute">
      <h2 id="dispute">{t("incident.dispute")}</h2>
      <p>{t("incident.dispute.owner", { owner: pick(incident.owner.label) })}</p>
      {[...incident.disputes].reverse().map((one) => <OneDispute key={one.id} desk={desk} incident={incident} dispute={one} onMove={onMove} />)}
    </section>
  );
}

function OneDispute({ desk, incident, dispute, onMove }: { desk: Desk; incident: Incident; dispute: Dispute; onMove: (move: string) => void }) {
  const isPlain = (move: string): boolean => ["talk", "three-way", "appeal", "settle"].includes(move);
  const attend = (org: string, attended: boolean): void => void desk.now("dispute/attendance", { organisation_id: org, attended });
  return (
    <article class="tight">
      <p><b>{word("dispute", dispute.state)}</b> · {word("dispute_kind", dispute.kind)}{dispute.with_org_id && ` · ${bodyName(incident, dispute.with_org_id)}`} · <Moment at={dispute.opened_at} /></p>
      <Words said={dispute.position} />
      {dispute.called.length > 0 && (
        <>
          <p>{t("incident.called", { reason: word("whistle", dispute.whistle_reason ?? "") })} {dispute.due_at && <Countdown due={dispute.due_at} />}</p>
          <ul class="plain tight">
            {dispute.called.map((one) => {
              const name = bodyName(incident, one.org_id);
              return (
                <li key={one.org_id} class="row">
                  <span>{name}: {one.attended === null ? t("incident.attendance.open") : one.attended ? t("incident.attended") : t("incident.missed")}</span>
                  {dispute.state === "whistled" && one.attended === null && (
                    <span class="row no-print">
                      <Do desk={desk} label={`${t("incident.attended")}: ${name}`} onDo={() => attend(one.org_id, true)}>{t("incident.attended")}</Do>
                      <Do desk={desk} label={`${t("incident.missed")}: ${name}`} onDo={() => attend(one.org_id, false)}>{t("incident.missed")}</Do>
                    </span>
                  )}
                </li>
              );
            })}
          </ul>
        </>
      )}
      {dispute.decision && <div><span class="soft">{t("incident.decided")}</span><Words said={dispute.decision} /></div>}
      <p class="row no-print">
        {(DISPUTE_MOVES[dispute.state] ?? []).map((move) => (
          <Do key={move} desk={desk} onDo={() => (isPlain(move) ? void desk.now(`dispute/${move}`) : onMove(move))}>{word("dispute_move", move)}</Do>
        ))}
      </p>
    </article>
  );
}

/** Open a dispute. */
export function DisputeForm({ desk, incident, onDone }: FormProps) {
  const [kind, setKind] = useState("lead");
  const [org, setOrg] = useState("");
  const [position, setPosition] = useState("");
  const receivers = useReceivers(desk);
  const { failed, send } = useSend(desk, incident, onDone);
  return (
    <Form onSend={() => send("dispute", { kind, position, ...(org && { with_organisation_id: org }) }, t("incident.dispute.opened"))}>
      <Wrong failed={failed} />
      <p class="soft">{t("incident.dispute.hint")}</p>
      <SelectField label={t("incident.dispute.kind")} value={kind} onValue={setKind} options={DISPUTE_KINDS.map((one) => ({ value: one, words: word("dispute_kind", one) }))} />
      <SelectField label={t("incident.dispute.with")} value={org} onValue={setOrg} none="–" options={receiverOptions(receivers)} />
      <WordsField label={t("incident.dispute.position")} value={position} onValue={setPosition} />
      <Send desk={desk} words={t("incident.dispute.begin")} ready={Boolean(position.trim())} onDone={onDone} />
    </Form>
  );
}

/** Call bodies into the room. */
export function WhistleForm({ desk, incident, onDone }: FormProps) {
  const [called, setCalled] = useState<readonly string[]>([]);
  const [reason, setReason] = useState("nobody_leads");
  const receivers = useReceivers(desk);
  const { failed, send } = useSend(desk, incident, onDone);
  if (receivers?.is !== "data") return receivers ? <Failed outcome={receivers} /> : <Loading />;
  const turn = (org: string, on: boolean): void => setCalled(on ? [...called, org] : called.filter((one) => one !== org));
  return (
    <Form onSend={() => send("dispute/whistle", { organisation_ids: called, reason }, t("incident.whistled"))}>
      <Wrong failed={failed} />
      <fieldset>
        <legend>{t("incident.whistle.whom")}</legend>
        {receivers.data.items.map((one) => <CheckField key={one.organisation_id} label={pick(one.label)} checked={called.includes(one.organisation_id)} onChecked={(on) => turn(one.organisation_id, on)} />)}
      </fieldset>
      <SelectField label={t("incident.whistle.why")} value={reason} onValue={setReason} options={WHISTLE_REASONS.map((one) => ({ value: one, words: word("whistle", one) }))} />
      <Send desk={desk} words={t("incident.whistle.do")} ready={called.length > 0} onDone={onDone} />
    </Form>
  );
}

/** Decide; another lead is handed the incident, to be read back. */
export function DecideForm({ desk, incident, onDone }: FormProps) {
  const [decision, setDecision] = useState("");
  const [lead, setLead] = useState("");
  const receivers = useReceivers(desk);
  const { failed, send } = useSend(desk, incident, onDone);
  return (
    <Form onSend={() => send("dispute/decide", { decision, ...(lead && { lead_organisation_id: lead }) }, t("incident.decided.done"))}>
      <Wrong failed={failed} />
      <WordsField label={t("incident.decision")} value={decision} onValue={setDecision} />
      <SelectField label={t("incident.decision.lead")} hint={t("incident.decision.hint")} value={lead} onValue={setLead} none={t("incident.decision.stays")} options={receiverOptions(receivers)} />
      <Send desk={desk} words={t("incident.decide")} ready={Boolean(decision.trim())} onDone={onDone} />
    </Form>
  );
}
