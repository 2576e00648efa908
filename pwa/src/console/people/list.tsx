/** People: found by body, role or name; and how to enter one. */

import { useState } from "preact/hooks";

import { api, ask, type Schemas } from "../api";
import { say, t } from "../i18n";
import { Dialog } from "../parts/dialog";
import { Form, SelectField, TextField, wrongWith } from "../parts/fields";
import { FilterBar, OneFilter, YesFilter } from "../parts/filters";
import { useList } from "../parts/list";
import { Pages, Table, type Column } from "../parts/table";
import { go, place } from "../router";
import { AreaField, named, optionsOf, pageOf, useOrganisations, type Organisation, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { may } from "../session";

export type Person = Whole<Schemas["Person"]>;
export const ROLES = ["volunteer", "responder", "mediator", "social_worker", "police", "triage", "coordinator", "supervisor", "duty_officer", "administrator", "auditor"] as const;
type Role = (typeof ROLES)[number];

/** Roles as a choice. */
export function roleOptions() {
  return ROLES.map((value) => ({ value, words: say(`role.${value}`, value) }));
}

/** A body by its id, in words. */
export function bodyName(bodies: readonly Organisation[], id: string): string {
  const found = bodies.find((one) => one.id === id);
  return found ? named(found) : id;
}

/** The view. What is looked for stays on the page: a name is no part of an address. */
export function People() {
  const query = place.value.query;
  const [words, setWords] = useState("");
  const [typed, setTyped] = useState("");
  const [isAdding, setAdding] = useState(false);
  const bodies = useOrganisations();
  const [organisation, role, left] = [query.get("body"), query.get("role") as Role | null, query.get("left") === "true"];
  const filters = { ...(organisation && { organisation }), ...(role && { role }), ...(left && { left }) };
  const list = useList<Person>((cursor) => {
    const page = { ...filters, ...(cursor && { cursor }) };
    return pageOf<Schemas["Person"]>(words
      ? ask(api.POST("/api/v1/people/searches", { body: { left: false, limit: 50, ...page, q: words } }))
      : ask(api.GET("/api/v1/people", { params: { query: page } })));
  }, [organisation, role, left, words]);
  const columns: readonly Column<Person>[] = [
    { key: "name", title: t("people.name"), cell: (one) => <a href={`/console/people/${one.id}`}>{one.name ?? t("people.unnamed")}</a> },
    { key: "roles", title: t("people.roles"), cell: (one) => one.roles.map((held) => `${say(`role.${held.role}`, held.role)} (${bodyName(bodies, held.organisation_id)})`).join(" · ") },
    { key: "left", title: t("people.here"), cell: (one) => (one.left_at ? t("people.gone") : t("people.is_here")) },
  ];
  const csv = new URLSearchParams(filters as Record<string, string>).toString();
  return (
    <div class="stack">
      <div class="row">
        {may("people.read") && (
          <Form onSend={() => setWords(typed.trim())}>
            <div class="row search"><TextField label={t("people.search")} type="search" autocomplete="off" value={typed} onValue={(value) => (setTyped(value), value || setWords(""))} /><button type="submit">{t("people.find")}</button></div>
          </Form>
        )}
      </div>
      <FilterBar names={["body", "role", "left"]}>
        <OneFilter name="body" label={t("people.body")} options={optionsOf(bodies)} />
        <OneFilter name="role" label={t("people.role")} options={roleOptions()} />
        <YesFilter name="left" label={t("people.left")} />
        {may("people.write") && <a class="button" download href={`/api/v1/people.csv${csv ? `?${csv}` : ""}`}>{t("csv")}</a>}
        {may("people.write") && <button type="button" class="first" onClick={() => setAdding(true)}>{t("people.add")}</button>}
      </FilterBar>
      <Pages list={list} empty={t("people.none")}>
        {(people) => <Table caption={t("people.title")} columns={columns} rows={people} keyOf={(one) => one.id} />}
      </Pages>
      {isAdding && <AddPerson bodies={bodies} onClose={() => setAdding(false)} />}
    </div>
  );
}

function AddPerson({ bodies, onClose }: { bodies: readonly Organisation[]; onClose: () => void }) {
  const [draft, setDraft] = useState({ name: "", email: "", organisation_id: "", role: "coordinator", area_id: "" });
  const { hear, words, problem } = useSaid();
  const set = (name: keyof typeof draft) => (value: string) => setDraft((former) => ({ ...former, [name]: value }));
  const send = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/people", {
      body: { name: draft.name, email: draft.email || null, organisation_id: draft.organisation_id, role: draft.role as Role, area_id: draft.area_id ? Number(draft.area_id) : null },
    }));
    if (hear(outcome)) go(`/console/people/${outcome.data.id}`);
  };
  return (
    <Dialog title={t("people.add")} onClose={onClose}>
      <Form onSend={send}>
        {words}
        <TextField label={t("people.name")} autocomplete="off" value={draft.name} onValue={set("name")} error={wrongWith(problem, "name")} />
        <TextField label={t("people.email")} type="email" autocomplete="off" value={draft.email} onValue={set("email")} error={wrongWith(problem, "email")} />
        <SelectField label={t("people.body")} value={draft.organisation_id} onValue={set("organisation_id")} options={optionsOf(bodies)} none={t("people.choose")} error={wrongWith(problem, "organisation_id")} />
        <SelectField label={t("people.role")} value={draft.role} onValue={set("role")} options={roleOptions()} />
        <AreaField label={t("people.area")} value={draft.area_id} onValue={set("area_id")} none={t("people.everywhere")} />
        <div class="row end"><button type="button" onClick={onClose}>{t("cancel")}</button><button type="submit" class="first">{t("people.add")}</button></div>
      </Form>
    </Dialog>
  );
}
