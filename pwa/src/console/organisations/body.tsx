/** A body: entered, its profile changed, and how it stands (taking part, suspended, left). */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Problem, type Schemas } from "../api";
import { say, t } from "../i18n";
import { confirm, Dialog } from "../parts/dialog";
import { CheckField, Form, SelectField, TextField, WordsField, wrongWith } from "../parts/fields";
import { toast } from "../parts/toasts";
import { go } from "../router";
import { named, optionsOf, Show, useLoaded, useOrganisations, whole, type Desk, type Organisation } from "../rosters/common";
import { useSaid } from "../rosters/turn";

type Sent = Schemas["OrganisationPatch"];
const KINDS = ["government", "police", "health", "other_service", "civic", "social_work", "residents_committee", "enterprise", "school", "informal_group"] as const;
const NEUTRALITIES = ["neutral", "conditional", "interested"] as const;
const RESOURCES = ["public_budget", "own_funds", "donations", "earmarked", "in_kind"] as const;
const METHODS = ["administrative", "enforcement", "professional_care", "mediation", "material", "personnel", "information"] as const;
type Standing = Organisation["status"];
/** Where each standing can go, as the server's own table has it. */
const MOVES: Readonly<Record<Standing, readonly Standing[]>> = { invited: ["active", "left"], active: ["suspended", "left"], suspended: ["active", "left"], left: ["invited"] };

interface Draft {
  readonly name: string;
  readonly en: string;
  readonly zh: string;
  readonly kind: (typeof KINDS)[number];
  readonly parent_id: string;
  readonly purpose: string;
  readonly neutrality: (typeof NEUTRALITIES)[number];
  readonly neutrality_note: string;
  readonly resource_modes: readonly (typeof RESOURCES)[number][];
  readonly methods: readonly (typeof METHODS)[number][];
}

const EMPTY: Draft = { name: "", en: "", zh: "", kind: "civic", parent_id: "", purpose: "", neutrality: "neutral", neutrality_note: "", resource_modes: [], methods: [] };

function draftOf(body: Organisation): Draft {
  const { name, names, kind, parent_id, purpose, neutrality, neutrality_note, resource_modes, methods } = body;
  return { name, en: names["en"] ?? "", zh: names["zh"] ?? "", kind, parent_id: parent_id ?? "", purpose, neutrality, neutrality_note, resource_modes, methods };
}

function sentOf({ en, zh, parent_id, ...draft }: Draft): Sent {
  const names = { ...(en.trim() && { en: en.trim() }), ...(zh.trim() && { zh: zh.trim() }) };
  return {
    ...draft, name: draft.name.trim(), purpose: draft.purpose.trim(), parent_id: parent_id || null,
    names: Object.keys(names).length > 0 ? names : { en: draft.name.trim() },
    resource_modes: [...draft.resource_modes], methods: [...draft.methods],
  };
}

/** A body to be entered; it is shown once it is there. */
export function EnterBody({ onClose }: { onClose: () => void }) {
  const { hear, words, problem } = useSaid();
  const send = async (draft: Draft): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/organisations", { body: sentOf(draft) as Schemas["OrganisationCreate"] }));
    if (!hear(outcome)) return;
    toast(t("organisations.entered"));
    onClose();
    go(`/console/organisations/${outcome.data.id}`);
  };
  return (
    <Dialog wide title={t("organisations.enter")} onClose={onClose}>
      <Profile before={EMPTY} words={words} problem={problem} deed={t("organisations.enter")} onSend={send} onClose={onClose} />
    </Dialog>
  );
}

/** The profile of a body, as it is when the form opens; what somebody else changed meanwhile is not overwritten. */
export function EditBody({ id, onClose }: { id: string; onClose: (changed: boolean) => void }) {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/organisations/{organisation_id}", { params: { path: { organisation_id: id } } }))), [id]);
  const { hear, words, problem } = useSaid();
  return (
    <Dialog wide title={t("organisations.edit")} onClose={() => onClose(false)}>
      <Show of={loaded}>
        {(body) => {
          const send = async (draft: Draft): Promise<void> => {
            const outcome = await change(id, sentOf(draft), loaded.etag.value);
            if (!hear(outcome)) return;
            toast(t("organisations.saved"), () => void takeBack(id, sentOf(draftOf(body)), outcome.etag, () => onClose(true)));
            onClose(true);
          };
          return <Profile before={draftOf(body)} words={words} problem={problem} deed={t("save")} onSend={send} onClose={() => onClose(false)} />;
        }}
      </Show>
    </Dialog>
  );
}

function change(id: string, body: Sent, etag: string | undefined) {
  return ask(api.PATCH("/api/v1/organisations/{organisation_id}", { params: { path: { organisation_id: id } }, body, ...ifMatch(etag) }));
}

/** The way back, unless somebody changed it since. */
async function takeBack(id: string, before: Sent, etag: string | undefined, done: () => void): Promise<void> {
  const outcome = await change(id, before, etag);
  toast(outcome.is === "data" ? t("organisations.back") : outcome.is === "problem" ? outcome.problem.title : t("offline"));
  done();
}

function Profile({ before, words, problem, deed, onSend, onClose }: {
  before: Draft; words: preact.ComponentChildren; problem: Problem | undefined; deed: string;
  onSend: (draft: Draft) => Promise<void>; onClose: () => void;
}) {
  const [draft, setDraft] = useState(before);
  const bodies = useOrganisations();
  const set = (name: keyof Draft) => (value: string) => setDraft((former) => ({ ...former, [name]: value }));
  const mark = (name: "resource_modes" | "methods", code: string, on: boolean): void =>
    setDraft((former) => ({ ...former, [name]: on ? [...former[name], code] : former[name].filter((one) => one !== code) }));
  const wrong = (name: string): string | undefined => wrongWith(problem, name);
  return (
    <Form onSend={() => onSend(draft)}>
      {words}
      <TextField label={t("organisations.name")} value={draft.name} onValue={set("name")} maxLength={200} required error={wrong("name")} />
      <TextField label={t("organisations.name.en")} value={draft.en} onValue={set("en")} maxLength={200} error={wrong("names")} />
      <TextField label={t("organisations.name.zh")} value={draft.zh} onValue={set("zh")} maxLength={200} />
      <SelectField label={t("organisations.kind")} value={draft.kind} onValue={set("kind")} options={KINDS.map((value) => ({ value, words: t(`organisations.kind.${value}`) }))} error={wrong("kind")} />
      <SelectField label={t("organisations.parent")} value={draft.parent_id} onValue={set("parent_id")} none={t("organisations.parent.none")} options={optionsOf(bodies)} error={wrong("parent_id")} />
      <WordsField label={t("organisations.purpose")} value={draft.purpose} onValue={set("purpose")} rows={3} error={wrong("purpose")} />
      <SelectField label={t("organisations.neutrality")} value={draft.neutrality} onValue={set("neutrality")} options={NEUTRALITIES.map((value) => ({ value, words: t(`organisations.neutrality.${value}`) }))} error={wrong("neutrality")} />
      <TextField label={t("organisations.neutrality.note")} value={draft.neutrality_note} onValue={set("neutrality_note")} maxLength={2000} error={wrong("neutrality_note")} />
      <fieldset>
        <legend>{t("organisations.resources")}</legend>
        {RESOURCES.map((code) => <CheckField key={code} label={t(`organisations.resource.${code}`)} checked={draft.resource_modes.includes(code)} onChecked={(on) => mark("resource_modes", code, on)} />)}
      </fieldset>
      <fieldset>
        <legend>{t("organisations.methods")}</legend>
        {METHODS.map((code) => <CheckField key={code} label={t(`organisations.method.${code}`)} checked={draft.methods.includes(code)} onChecked={(on) => mark("methods", code, on)} />)}
      </fieldset>
      <div class="row end"><button type="button" onClick={onClose}>{t("cancel")}</button><button type="submit" class="first">{deed}</button></div>
    </Form>
  );
}

/** What can become of a body's standing. Each is asked about first, with the desks that would no longer answer. */
export function StandingActs({ body, desks, onChange }: { body: Organisation; desks: readonly Desk[]; onChange: () => void }) {
  const { hear, words } = useSaid();
  const move = async (status: Standing): Promise<void> => {
    const stops = status === "suspended" || status === "left";
    const list = stops && desks.length > 0 ? ` ${t("organisations.move.desks", { desks: desks.map(named).join(", ") })}` : "";
    if (!(await confirm({ title: t(`organisations.move.${status}.ask`), words: t(`organisations.move.${status}.words`) + list, yes: t(`organisations.move.${status}`) }))) return;
    const read = await ask(api.GET("/api/v1/organisations/{organisation_id}", { params: { path: { organisation_id: body.id } } }));
    if (!hear(read)) return;
    const outcome = await change(body.id, { status }, read.etag);
    if (!hear(outcome)) return;
    const canGoBack = MOVES[status].includes(body.status);
    toast(t("organisations.moved", { status: say(`organisations.status.${status}`, status) }), canGoBack ? () => void takeBack(body.id, { status: body.status }, outcome.etag, onChange) : undefined);
    onChange();
  };
  return (
    <>
      {words}
      <p class="row">{MOVES[body.status].map((status) => <button key={status} type="button" class={status === "left" ? "danger" : ""} onClick={() => void move(status)}>{t(`organisations.move.${status}`)}</button>)}</p>
    </>
  );
}
