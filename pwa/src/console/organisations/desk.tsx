/** A desk of a body: opened, changed, closed with somebody who goes on with what hangs on it, and opened again. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Schemas } from "../api";
import { pick, t } from "../i18n";
import { Dialog } from "../parts/dialog";
import { CheckField, Form, SelectField, TextField, wrongWith } from "../parts/fields";
import { toast } from "../parts/toasts";
import { AreaField, named, optionsOf, pageOf, Show, useLoaded, whole, type Desk } from "../rosters/common";
import { useSaid } from "../rosters/turn";

const KINDS = ["duty", "organisation", "buck_stops"] as const;
interface Draft {
  readonly name: string;
  readonly en: string;
  readonly zh: string;
  readonly kind: (typeof KINDS)[number];
  readonly area_id: string;
  readonly email: string;
  readonly always_staffed: boolean;
}
const EMPTY: Draft = { name: "", en: "", zh: "", kind: "organisation", area_id: "", email: "", always_staffed: false };

/** What may change later as well; kind and area stay what they are. */
function sentOf({ name, en, zh, email, always_staffed }: Draft): Schemas["DeskPatch"] {
  const names = { ...(en.trim() && { en: en.trim() }), ...(zh.trim() && { zh: zh.trim() }) };
  return { name: name.trim(), names: Object.keys(names).length > 0 ? names : { en: name.trim() }, email: email.trim() || null, always_staffed };
}

function draftOf({ name, names, kind, area_id, email, always_staffed }: Desk): Draft {
  return { name, en: names["en"] ?? "", zh: names["zh"] ?? "", kind, area_id: area_id ? String(area_id) : "", email: email ?? "", always_staffed };
}

const byId = (id: string) => ({ params: { path: { desk_id: id } } });

function Fields({ draft, onDraft, isNew, problem }: {
  draft: Draft; onDraft: (change: (former: Draft) => Draft) => void; isNew: boolean; problem: ReturnType<typeof useSaid>["problem"];
}) {
  const set = (name: keyof Draft) => (value: string) => onDraft((former) => ({ ...former, [name]: value }));
  return (
    <>
      <TextField label={t("organisations.desk.name")} value={draft.name} onValue={set("name")} maxLength={200} required error={wrongWith(problem, "name")} />
      <TextField label={t("organisations.name.en")} value={draft.en} onValue={set("en")} maxLength={200} error={wrongWith(problem, "names")} />
      <TextField label={t("organisations.name.zh")} value={draft.zh} onValue={set("zh")} maxLength={200} />
      {isNew && (
        <>
          <SelectField label={t("organisations.desk.kind")} value={draft.kind} onValue={set("kind")} options={KINDS.map((value) => ({ value, words: t(`organisations.desk.kind.${value}`) }))} error={wrongWith(problem, "kind")} />
          <AreaField label={t("organisations.area")} value={draft.area_id} onValue={set("area_id")} none={t("organisations.everywhere")} />
        </>
      )}
      <TextField label={t("organisations.desk.email")} hint={t("organisations.desk.email.hint")} type="email" autocomplete="off" value={draft.email} onValue={set("email")} error={wrongWith(problem, "email")} />
      <CheckField label={t("organisations.desk.always")} checked={draft.always_staffed} onChecked={(on) => onDraft((former) => ({ ...former, always_staffed: on }))} />
    </>
  );
}

/** A desk to be opened. */
export function OpenDesk({ organisation, onClose }: { organisation: string; onClose: (changed: boolean) => void }) {
  const [draft, setDraft] = useState(EMPTY);
  const { hear, words, problem } = useSaid();
  const send = async (): Promise<void> => {
    const body = { ...sentOf(draft), name: draft.name.trim(), organisation_id: organisation, kind: draft.kind, area_id: draft.area_id ? Number(draft.area_id) : null };
    if (!hear(await ask(api.POST("/api/v1/desks", { body })))) return;
    toast(t("organisations.desk.opened"));
    onClose(true);
  };
  return (
    <Dialog title={t("organisations.desk.open")} onClose={() => onClose(false)}>
      <Form onSend={send}>
        {words}
        <Fields draft={draft} onDraft={setDraft} isNew problem={problem} />
        <div class="row end"><button type="button" onClick={() => onClose(false)}>{t("cancel")}</button><button type="submit" class="first">{t("organisations.desk.open")}</button></div>
      </Form>
    </Dialog>
  );
}

/** The name, the address and the staffing of a desk. */
export function EditDesk({ id, onClose }: { id: string; onClose: (changed: boolean) => void }) {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/desks/{desk_id}", byId(id)))), [id]);
  return (
    <Dialog title={t("organisations.desk.edit")} onClose={() => onClose(false)}>
      <Show of={loaded}>{(desk) => <Editing desk={desk} etag={loaded.etag.value} onClose={onClose} />}</Show>
    </Dialog>
  );
}

function Editing({ desk, etag, onClose }: { desk: Desk; etag: string | undefined; onClose: (changed: boolean) => void }) {
  const [draft, setDraft] = useState(() => draftOf(desk));
  const { hear, words, problem } = useSaid();
  const change = (body: Schemas["DeskPatch"], tag: string | undefined) => ask(api.PATCH("/api/v1/desks/{desk_id}", { ...byId(desk.id), body, ...ifMatch(tag) }));
  const send = async (): Promise<void> => {
    const outcome = await change(sentOf(draft), etag);
    if (!hear(outcome)) return;
    const back = async (): Promise<void> => {
      const undone = await change(sentOf(draftOf(desk)), outcome.etag);
      toast(undone.is === "data" ? t("organisations.back") : undone.is === "problem" ? undone.problem.title : t("offline"));
      onClose(true);
    };
    toast(t("organisations.saved"), () => void back());
    onClose(true);
  };
  return (
    <Form onSend={send}>
      {words}
      <Fields draft={draft} onDraft={setDraft} isNew={false} problem={problem} />
      <div class="row end"><button type="button" onClick={() => onClose(false)}>{t("cancel")}</button><button type="submit" class="first">{t("save")}</button></div>
    </Form>
  );
}

/** Close a desk: what hangs on it alone is said first, and who goes on with it is chosen. */
export function CloseDesk({ desk, onClose }: { desk: Desk; onClose: (changed: boolean) => void }) {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/desks/{desk_id}/closing", byId(desk.id)))), [desk.id]);
  const read = useLoaded(() => ask(api.GET("/api/v1/desks/{desk_id}", byId(desk.id))), [desk.id]);
  const [successor, setSuccessor] = useState("");
  const { hear, words } = useSaid();
  const send = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/desks/{desk_id}/close", { ...byId(desk.id), body: { successor_id: successor || null }, ...ifMatch(read.etag.value) }));
    if (!hear(outcome)) return;
    toast(t("organisations.desk.closed", { desk: named(desk) }), () => void reopen(desk.id, outcome.etag, () => onClose(true)));
    onClose(true);
  };
  return (
    <Dialog title={t("organisations.desk.close.ask", { desk: named(desk) })} onClose={() => onClose(false)}>
      <Show of={loaded}>
        {({ parts, successors }) => (
          <Form onSend={() => (parts.length > 0 && !successor ? undefined : send())}>
            {words}
            <p>{t("organisations.desk.close.words")}</p>
            {parts.length > 0 && <ul class="plain note warn">{parts.map((part) => <li key={part.code}>{pick(part.words)}</li>)}</ul>}
            {parts.length > 0 && successors.length > 0 && <SelectField label={t("organisations.desk.successor")} value={successor} onValue={setSuccessor} none={t("organisations.desk.successor.choose")} options={optionsOf(successors)} />}
            {parts.length > 0 && successors.length === 0 && <p role="status">{t("organisations.desk.successor.none")}</p>}
            <div class="row end">
              <button type="button" onClick={() => onClose(false)}>{t("cancel")}</button>
              <button type="submit" class="danger" aria-disabled={parts.length > 0 && !successor}>{t("organisations.desk.close")}</button>
            </div>
          </Form>
        )}
      </Show>
    </Dialog>
  );
}

async function reopen(id: string, etag: string | undefined, done: () => void): Promise<void> {
  const outcome = await ask(api.POST("/api/v1/desks/{desk_id}/reopen", { ...byId(id), ...ifMatch(etag) }));
  toast(outcome.is === "data" ? t("organisations.desk.reopened") : outcome.is === "problem" ? [outcome.problem.title, outcome.problem.advice].filter(Boolean).join(". ") : t("offline"));
  done();
}

/** Desks of a body that were closed, to be opened again. */
export function ClosedDesks({ organisation, onChange }: { organisation: string; onChange: () => void }) {
  const loaded = useLoaded(() => pageOf(ask(api.GET("/api/v1/desks", { params: { query: { organisation, closed: true, limit: 50 } } }))), [organisation]);
  return (
    <Show of={loaded}>
      {(page) => page.items.length === 0 ? <p class="soft">{t("organisations.desks.closed.none")}</p> : (
        <ul class="plain stack">
          {(page.items as readonly Desk[]).map((desk) => (
            <li key={desk.id} class="row"><span>{named(desk)}</span><button type="button" onClick={() => void reopen(desk.id, undefined, () => (void loaded.reload(), onChange()))}>{t("organisations.desk.reopen")}</button></li>
          ))}
        </ul>
      )}
    </Show>
  );
}
