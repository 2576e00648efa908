/** What belongs together without being the same: a bigger event and its parts, and how grave a major one is. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, once, newKey, type Outcome, type Schemas } from "../api";
import { categoryName } from "../config";
import { pick, t } from "../i18n";
import { Form, SelectField, TextField, WordsField } from "../parts/fields";
import { Grade, statusName } from "../parts/marks";
import { Failed } from "../parts/states";
import { toast } from "../parts/toasts";
import type { Incident } from "./model";
import { Do, Send, useSend, Wrong, type FormProps } from "./sending";
import { type Desk, word } from "./state";

type Listed = Required<Schemas["Listed"]>;
const LEVELS = ["4", "3", "2", "1"] as const;

/** The bigger event that this one is part of, and this one's own parts. */
export function Parts({ desk, incident }: { desk: Desk; incident: Incident }) {
  const { whole, parts } = incident.family;
  if (!whole && parts.length === 0) return null;
  return (
    <section class="card" aria-labelledby="parts">
      <h2 id="parts">{t(whole ? "incident.parts.of" : "incident.parts")}</h2>
      {whole ? <One one={whole} /> : (
        <>
          <p class="soft">{t("incident.parts.words")}</p>
          <ul class="plain stack">{parts.map((one) => <li key={one.id}><One one={one} /><TakeOut desk={desk} incident={incident} one={one} /></li>)}</ul>
        </>
      )}
      {whole && <p class="soft">{t("incident.parts.own")}</p>}
    </section>
  );
}

function One({ one }: { one: Listed }) {
  return (
    <p class="row">
      <a href={`/console/incidents/${one.id}`}>{t("number", { number: one.number })}</a> <Grade grade={one.grade} />
      <span>{categoryName(one.category) || t("incident.unsorted")}</span> <span class="soft">{statusName(one.status)} · {pick(one.owner.label as Record<string, string>)}</span>
      {one.major && <span class="badge">{majorName(one.major_level)}</span>}
    </p>
  );
}

/** What a major incident is called, with its level where it has one. */
export function majorName(level: number | null): string {
  return level ? t("incident.major.level", { level: word("major", String(level)) }) : t("incident.major");
}

/** Take a part out, from the side of the bigger one. It can be put back at once. */
function TakeOut({ desk, incident, one }: { desk: Desk; incident: Incident; one: Listed }) {
  if (!incident.acts.some((act) => act.act === "attach" && act.barred?.code !== "not-your-role")) return null;
  const path = { params: { path: { incident_id: one.id } } };
  const out = async (): Promise<void> => {
    const done = await ask(api.POST("/api/v1/incidents/{incident_id}/detach", { ...path, headers: { ...ifMatch(`"${one.version}"`).headers, ...once(newKey()).headers } }));
    await desk.load();
    if (done.is !== "data") return toast(done.is === "problem" ? done.problem.title : t("offline"));
    const back = async (): Promise<void> => {
      await ask(api.POST("/api/v1/incidents/{incident_id}/attach", { ...path, body: { into: incident.id }, ...once(newKey()) }));
      await desk.load();
    };
    toast(t("incident.parts.out"), () => void back());
  };
  return <Do desk={desk} look="bare" label={t("incident.parts.take_out", { number: one.number })} onDo={() => void out()}>{word("act", "detach")}</Do>;
}

/** Make it part of a bigger incident, which is named by its number and looked at before. */
export function AttachForm({ desk, incident, onDone }: FormProps) {
  const [number, setNumber] = useState("");
  const [found, setFound] = useState<Outcome<readonly Listed[]>>();
  const { failed, send } = useSend(desk, incident, onDone);
  const whole = found?.is === "data" ? found.data[0] : undefined;
  const find = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/incidents/search", { body: { q: number.trim(), sort: "newest", limit: 1 } as Schemas["IncidentsSearch"] }));
    setFound(outcome.is === "data" ? { is: "data", data: (outcome.data.items ?? []) as readonly Listed[], etag: undefined } : outcome);
  };
  const typed = (value: string): void => {
    setNumber(value.replace(/\D/g, ""));
    setFound(undefined);
  };
  return (
    <Form onSend={() => (whole ? send("attach", { into: whole.id }, t("incident.parts.attached")) : find())}>
      <Wrong failed={failed} />
      <p class="soft">{t("incident.parts.hint")}</p>
      <TextField label={t("incident.parts.number")} inputMode="numeric" autocomplete="off" maxLength={12} value={number} onValue={typed} />
      <div role="status">
        {whole && <One one={whole} />}
        {found?.is === "data" && !whole && <p>{t("incident.parts.none")}</p>}
      </div>
      {found && found.is !== "data" && <Failed outcome={found} />}
      <Send desk={desk} words={whole ? t("incident.parts.attach", { number: whole.number }) : t("incident.parts.find")} ready={Boolean(number)} onDone={onDone} />
    </Form>
  );
}

/** How grave it is, or that it is no longer major; the reason is kept locked. */
export function MajorForm({ desk, incident, onDone }: FormProps) {
  const [level, setLevel] = useState(incident.major_level ? String(incident.major_level) : "");
  const [reason, setReason] = useState("");
  const { failed, send } = useSend(desk, incident, onDone);
  const isSame = level === (incident.major_level ? String(incident.major_level) : "") && (level !== "" || !incident.major);
  return (
    <Form onSend={() => send("major", { level: level ? Number(level) : null, reason }, t(level ? "incident.major.done" : "incident.major.ended"))}>
      <Wrong failed={failed} />
      <p class="soft">{t("incident.major.hint")}</p>
      <SelectField label={t("incident.major.how")} value={level} onValue={setLevel} none={t("incident.major.not")} options={LEVELS.map((value) => ({ value, words: word("major", value) }))} />
      <WordsField label={t("incident.reason")} value={reason} onValue={setReason} rows={2} />
      <Send desk={desk} words={level ? word("act", "major") : t("incident.major.end")} ready={!isSame && Boolean(reason.trim())} onDone={onDone} />
    </Form>
  );
}
