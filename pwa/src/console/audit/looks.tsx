/** The audit as a list: narrowed by incident, purpose, person and days, and saved as a file. */

import { api, ask, type Outcome, type Page, type Schemas } from "../api";
import { say, t } from "../i18n";
import { FilterBar, OneFilter } from "../parts/filters";
import { useList } from "../parts/list";
import { Moment } from "../parts/marks";
import { Pages, Table, type Column } from "../parts/table";
import { place, setQuery } from "../router";

type Look = Required<Schemas["AuditLook"]>;
const PURPOSES = ["handling", "second_opinion", "supervision", "review", "complaint", "rights_request", "exercise", "opened", "unstated"];
const FILTERS = ["number", "purpose", "person", "from", "to"];

function pageOf(outcome: Outcome<Schemas["AuditLooks"]>): Outcome<Page<Look>> {
  if (outcome.is !== "data") return outcome;
  return { ...outcome, data: { items: (outcome.data.items ?? []) as Look[], next_cursor: outcome.data.next_cursor ?? null } };
}

/** What the server is asked, from the address: days are those of this device. */
function asked(): Record<string, string> {
  const query = place.value.query;
  const said: Record<string, string> = {};
  for (const name of ["number", "purpose", "person"]) if (query.get(name)) said[name] = query.get(name) as string;
  if (query.get("from")) said["since"] = new Date(`${query.get("from")}T00:00`).toISOString();
  if (query.get("to")) said["until"] = new Date(Date.parse(`${query.get("to")}T00:00`) + 86_400_000).toISOString();
  return said;
}

const why = (code: string | null): string => say(`audit.why.${code ?? ""}`, code ?? "–");

function columns(isOwn: boolean): readonly Column<Look>[] {
  const all: Column<Look>[] = [
    { key: "at", title: t("audit.at"), cell: (one) => <Moment at={one.at} /> },
    { key: "person", title: t("audit.person"), cell: (one) => one.person_id ? (
      <a href={`/console/audit?tab=looks&person=${one.person_id}`} title={t("audit.only_person", { name: one.person ?? t("audit.nobody") })}>{one.person ?? t("audit.nobody")}</a>
    ) : t("audit.nobody") },
    { key: "what", title: t("audit.what"), cell: (one) => (
      <>{t(`audit.what.${one.what as "incident"}`)}{one.incident_id && one.number !== null && <> <a href={`/console/incidents/${one.incident_id}`}>{t("number", { number: one.number })}</a></>}</>
    ) },
    { key: "relation", title: t("audit.relation"), cell: (one) => why(one.relation) },
    { key: "purpose", title: t("audit.purpose"), cell: (one) => why(one.purpose) },
  ];
  return isOwn ? all.filter((column) => column.key !== "person") : all;
}

/** Who looked at the incidents that the reader may see. */
export function Looks() {
  const query = asked();
  const said = new URLSearchParams(query).toString();
  const list = useList<Look>(
    async (cursor) => pageOf(await ask(api.GET("/api/v1/audit/looks", { params: { query: { ...query, ...(cursor && { cursor }) } as { cursor?: string } } }))),
    [said],
  );
  return (
    <div class="stack">
      <p class="soft">{t("audit.noted")}</p>
      <FilterBar names={FILTERS}>
        <label class="filter-one">
          <span class="soft">{t("audit.number")}</span>
          <input type="text" inputMode="numeric" autocomplete="off" value={place.value.query.get("number") ?? ""} onChange={(event) => setQuery({ number: event.currentTarget.value.replace(/\D/g, "").slice(0, 15) })} />
        </label>
        <OneFilter name="purpose" label={t("audit.purpose")} options={PURPOSES.map((value) => ({ value, words: why(value) }))} />
        <Day name="from" label={t("audit.since")} />
        <Day name="to" label={t("audit.until")} />
      </FilterBar>
      <Pages list={list} empty={<p>{t("audit.empty")}</p>}>
        {(rows) => <Table caption={t("audit.caption")} columns={columns(false)} rows={rows} keyOf={keyOf} />}
      </Pages>
      <p><a class="button" href={`/api/v1/audit/looks.csv${said ? `?${said}` : ""}`} download>{t("audit.csv")}</a></p>
    </div>
  );
}

const keyOf = (one: Look): string => `${one.at}${one.person_id}${one.what}${one.incident_id}${one.purpose}`;

function Day({ name, label }: { name: string; label: string }) {
  return (
    <label class="filter-one">
      <span class="soft">{label}</span>
      <input type="date" value={place.value.query.get(name) ?? ""} onChange={(event) => setQuery({ [name]: event.currentTarget.value })} />
    </label>
  );
}

/** What one looked at oneself. */
export function OwnLooks() {
  const list = useList<Look>(
    async (cursor) => pageOf(await ask(api.GET("/api/v1/me/looks", { params: { query: cursor ? { cursor } : {} } }))), [],
  );
  return (
    <div class="stack">
      <p class="soft">{t("audit.noted.mine")}</p>
      <Pages list={list} empty={<p>{t("audit.empty.mine")}</p>}>
        {(rows) => <Table caption={t("audit.caption.mine")} columns={columns(true)} rows={rows} keyOf={keyOf} />}
      </Pages>
    </div>
  );
}
