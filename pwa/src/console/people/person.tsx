/** One person: roles, credentials, and leaving. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Schemas } from "../api";
import { say, t } from "../i18n";
import { confirm } from "../parts/dialog";
import { Form, SelectField, TextField, wrongWith } from "../parts/fields";
import { Moment } from "../parts/marks";
import { Screen } from "../parts/states";
import { Table } from "../parts/table";
import { toast } from "../parts/toasts";
import { AreaField, optionsOf, Show, useLoaded, useOrganisations, whole, type Loaded, type Organisation, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { may } from "../session";
import { AccountCard } from "./account";
import { ends } from "./credentials";
import { bodyName, roleOptions, type ROLES } from "./list";
import { PersonWays } from "./person-ways";

type Detail = Whole<Schemas["PersonDetail"]>;
const LEVELS = ["trainee", "candidate", "qualified"] as const;
const MOVES = { active: ["suspend", "revoke"], suspended: ["restore", "revoke"], revoked: ["restore"], expired: [] } as const;

interface Of {
  readonly person: Detail;
  readonly loaded: Loaded<Detail>;
}

/** The view. */
export function PersonPage({ id }: { id: string }) {
  const path = { params: { path: { person_id: id } } };
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/people/{person_id}", path))), [id]);
  const { hear, words } = useSaid();
  const bodies = useOrganisations();
  const leave = async (person: Detail): Promise<void> => {
    if (!(await confirm({ title: t("people.leave.ask", { name: person.name ?? t("people.unnamed") }), words: t("people.leave.words"), yes: t("people.leave") }))) return;
    if (hear(await ask(api.POST("/api/v1/people/{person_id}/leave", { ...path, ...ifMatch(loaded.etag.value) })))) toast(t("people.leave.done"));
    await loaded.reload();
  };
  return (
    <Screen title={loaded.data.value?.name ?? t("people.person")} beside={<a class="button" href="/console/people">{t("people.all")}</a>}>
      {words}
      <Show of={loaded}>
        {(person) => (
          <div class="stack">
            {person.left_at && <p class="note">{t("people.gone")} <Moment at={person.left_at} /></p>}
            {(person.email || person.phone) && <p>{[person.email, person.phone].filter(Boolean).join(" · ")}</p>}
            <PersonWays key={loaded.etag.value} person={person} loaded={loaded} />
            <Roles person={person} loaded={loaded} bodies={bodies} />
            <Certificates person={person} loaded={loaded} />
            {may("people.write") && !person.left_at && <AccountCard personId={person.id} />}
            {may("people.write") && !person.left_at && <p><button type="button" class="danger" onClick={() => void leave(person)}>{t("people.leave")}</button></p>}
          </div>
        )}
      </Show>
    </Screen>
  );
}

function Roles({ person, loaded, bodies }: Of & { bodies: readonly Organisation[] }) {
  const [draft, setDraft] = useState({ organisation_id: "", role: "coordinator", area_id: "" });
  const { hear, words, problem } = useSaid();
  const path = { person_id: person.id };
  const give = async (): Promise<void> => {
    const body = { organisation_id: draft.organisation_id, role: draft.role as (typeof ROLES)[number], area_id: draft.area_id ? Number(draft.area_id) : null };
    if (!hear(await ask(api.POST("/api/v1/people/{person_id}/roles", { params: { path }, body })))) return;
    toast(t("people.role.given"));
    await loaded.reload();
  };
  const end = async (role: Detail["roles"][number]): Promise<void> => {
    if (!(await confirm({ title: t("people.role.end.ask"), words: t("people.role.end.words"), yes: t("people.role.end") }))) return;
    if (hear(await ask(api.POST("/api/v1/people/{person_id}/roles/{role_id}/end", { params: { path: { ...path, role_id: role.id } } })))) toast(t("people.role.ended"));
    await loaded.reload();
  };
  return (
    <section class="card" aria-labelledby="roles">
      <h2 id="roles">{t("people.roles")}</h2>
      {words}
      {person.roles.length === 0 && <p class="soft">{t("people.no_roles")}</p>}
      <ul class="plain tight">
        {person.roles.map((role) => (
          <li key={role.id} class="row">
            <span>{say(`role.${role.role}`, role.role)} · {bodyName(bodies, role.organisation_id)}</span>
            {may("people.write") && <button type="button" onClick={() => void end(role)} aria-label={`${t("people.role.end")}: ${say(`role.${role.role}`, role.role)}`}>{t("people.role.end")}</button>}
          </li>
        ))}
      </ul>
      {may("people.write") && !person.left_at && (
        <details>
          <summary class="button">{t("people.role.give")}</summary>
          <Form onSend={give}>
            <SelectField label={t("people.body")} value={draft.organisation_id} onValue={(organisation_id) => setDraft((former) => ({ ...former, organisation_id }))} options={optionsOf(bodies)} none={t("people.choose")} error={wrongWith(problem, "organisation_id")} />
            <SelectField label={t("people.role")} value={draft.role} onValue={(role) => setDraft((former) => ({ ...former, role }))} options={roleOptions()} />
            <AreaField label={t("people.area")} value={draft.area_id} onValue={(area_id) => setDraft((former) => ({ ...former, area_id }))} none={t("people.everywhere")} />
            <p><button type="submit" class="first">{t("people.role.give")}</button></p>
          </Form>
        </details>
      )}
    </section>
  );
}

function Certificates({ person, loaded }: Of) {
  const [draft, setDraft] = useState({ type: "", level: "qualified", valid_to: "" });
  const { hear, words, problem } = useSaid();
  const path = { person_id: person.id };
  const issue = async (): Promise<void> => {
    const body = { type: draft.type, level: draft.level as (typeof LEVELS)[number], valid_to: `${draft.valid_to}T23:59:59Z` };
    if (!hear(await ask(api.POST("/api/v1/people/{person_id}/credentials", { params: { path }, body })))) return;
    toast(t("people.cred.issued"));
    await loaded.reload();
  };
  const move = async (id: string, act: "suspend" | "revoke" | "restore"): Promise<void> => {
    if (act !== "restore" && !(await confirm({ title: t(`people.cred.${act}.ask`), words: t("people.cred.tasks"), yes: t(`people.cred.${act}`) }))) return;
    if (hear(await ask(api.POST("/api/v1/people/{person_id}/credentials/{credential_id}/{act}", { params: { path: { ...path, credential_id: id, act } } })))) toast(t(`people.cred.${act}.done`));
    await loaded.reload();
  };
  type Row = Detail["credentials"][number];
  const columns = [
    { key: "type", title: t("people.cred.type"), cell: (one: Row) => `${one.type} · ${say(`people.level.${one.level}`, one.level)}` },
    { key: "to", title: t("people.cred.to"), cell: (one: Row) => <><Moment at={one.valid_to} /> ({ends(Math.floor((Date.parse(one.valid_to) - Date.now()) / 86_400_000))})</> },
    { key: "state", title: t("people.cred.state"), cell: (one: Row) => (one.proves ? say(`people.state.${one.state}`, one.state) : `${say(`people.state.${one.state}`, one.state)} · ${t("people.cred.nothing")}`) },
    { key: "acts", title: t("people.acts"), cell: (one: Row) => may("people.write") && <span class="row">{MOVES[one.state].map((act) => <button key={act} type="button" aria-label={`${t(`people.cred.${act}`)}: ${one.type}`} onClick={() => void move(one.id, act)}>{t(`people.cred.${act}`)}</button>)}</span> },
  ];
  return (
    <section class="card" aria-labelledby="credentials">
      <h2 id="credentials">{t("people.credentials")}</h2>
      {words}
      {person.credentials.length === 0 ? <p class="soft">{t("people.cred.no")}</p> : <Table caption={t("people.credentials")} columns={columns} rows={person.credentials} keyOf={(one) => one.id} />}
      {may("people.write") && !person.left_at && (
        <details>
          <summary class="button">{t("people.cred.issue")}</summary>
          <Form onSend={issue}>
            <TextField label={t("people.cred.type")} hint={t("people.cred.type.hint")} value={draft.type} onValue={(type) => setDraft((former) => ({ ...former, type }))} error={wrongWith(problem, "type")} />
            <SelectField label={t("people.cred.level")} value={draft.level} onValue={(level) => setDraft((former) => ({ ...former, level }))} options={LEVELS.map((value) => ({ value, words: t(`people.level.${value}`) }))} />
            <TextField label={t("people.cred.to")} type="date" value={draft.valid_to} onValue={(valid_to) => setDraft((former) => ({ ...former, valid_to }))} error={wrongWith(problem, "valid_to")} />
            <p><button type="submit" class="first">{t("people.cred.issue")}</button></p>
          </Form>
        </details>
      )}
    </section>
  );
}
