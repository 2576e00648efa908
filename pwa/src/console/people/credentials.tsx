/** Credentials of everybody: the first to end first, and how many end soon in each body. */

import { api, ask, type Schemas } from "../api";
import { say, t } from "../i18n";
import { FilterBar, OneFilter } from "../parts/filters";
import { useList } from "../parts/list";
import { Moment } from "../parts/marks";
import { Pages, Table, type Column } from "../parts/table";
import { place, setQuery } from "../router";
import { named, optionsOf, pageOf, Show, useLoaded, useOrganisations, whole, type Whole } from "../rosters/common";
import { may } from "../session";
import { bodyName } from "./list";

type Held = Whole<Schemas["HeldCredential"]>;
const WITHIN = ["30", "90", "365"] as const;

/** How long a credential holds, in words. */
export function ends(days: number): string {
  return days < 0 ? t("people.cred.over", { days: -days }) : t("people.cred.left", { days });
}

/** The view. */
export function Credentials() {
  const query = place.value.query;
  const [within, organisation] = [query.get("within") ?? "30", query.get("body") ?? ""];
  const bodies = useOrganisations();
  const filters = { ...(within !== "all" && { within_days: Number(within) }), ...(organisation && { organisation }) };
  const counts = useLoaded(() => whole(ask(api.GET("/api/v1/credentials", { params: { query: { limit: 1 } } }))), []);
  const list = useList<Held>((cursor) => pageOf(ask(api.GET("/api/v1/credentials", { params: { query: { ...filters, ...(cursor && { cursor }) } } }))), [within, organisation]);
  const columns: readonly Column<Held>[] = [
    { key: "who", title: t("people.name"), cell: (one) => <a href={`/console/people/${one.person_id}`}>{one.name ?? t("people.unnamed")}</a> },
    { key: "type", title: t("people.cred.type"), cell: (one) => `${one.type} · ${say(`people.level.${one.level}`, one.level)}` },
    { key: "body", title: t("people.body"), cell: (one) => one.organisation_ids.map((id) => bodyName(bodies, id)).join(" · ") },
    { key: "to", title: t("people.cred.to"), cell: (one) => <Moment at={one.valid_to} /> },
    { key: "left", title: t("people.cred.how_long"), cell: (one) => <span class={one.days_left < 0 ? "late" : one.days_left <= 30 ? "soon" : ""}>{one.days_left < 0 && "⚠ "}{ends(one.days_left)}</span> },
    { key: "state", title: t("people.cred.state"), cell: (one) => (one.proves ? say(`people.state.${one.state}`, one.state) : t("people.cred.nothing")) },
  ];
  const csv = new URLSearchParams(Object.entries(filters).map(([name, value]) => [name, String(value)])).toString();
  return (
    <div class="stack">
      <Show of={counts}>
        {({ by_body }) => by_body.length > 0 && (
          <section class="card" aria-labelledby="by-body">
            <h2 id="by-body">{t("people.cred.by_body")}</h2>
            <ul class="plain tight">
              {by_body.map((one) => (
                <li key={one.organisation_id} class="row">
                  <button type="button" class="bare" onClick={() => setQuery({ body: one.organisation_id })}>{named(one)}</button>
                  <span>{t("people.cred.counts", { over: one.over, soon: one.soon })}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
      </Show>
      <FilterBar names={["within", "body"]}>
        <OneFilter name="within" label={t("people.cred.within")} all={t("people.cred.days", { days: 30 })}
          options={[...WITHIN.slice(1).map((value) => ({ value, words: t("people.cred.days", { days: value }) })), { value: "all", words: t("filters.all") }]} />
        <OneFilter name="body" label={t("people.body")} options={optionsOf(bodies)} />
        {may("people.write") && <a class="button" download href={`/api/v1/credentials.csv${csv ? `?${csv}` : ""}`}>{t("csv")}</a>}
      </FilterBar>
      <Pages list={list} empty={t("people.cred.none")}>
        {(rows) => <Table caption={t("people.credentials")} columns={columns} rows={rows} keyOf={(one) => one.id} rowClass={(one) => (one.days_left < 0 ? "over" : "")} />}
      </Pages>
    </div>
  );
}
