/** The register of bodies, and the gap board. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Schemas } from "../api";
import { pick, say, t } from "../i18n";
import { CheckField, Form, TextField } from "../parts/fields";
import { FilterBar, OneFilter } from "../parts/filters";
import { useList } from "../parts/list";
import { Pages, Table, type Column } from "../parts/table";
import { toast } from "../parts/toasts";
import { place } from "../router";
import { named, pageOf, Show, useLoaded, whole, type Desk, type Organisation, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { may } from "../session";
import { EditBody, EnterBody, StandingActs } from "./body";
import { CloseDesk, ClosedDesks, EditDesk, OpenDesk } from "./desk";
import { MandateActs, ProposeMandate, type Mandate } from "./mandate";
import { Webhooks } from "./webhooks";
import { BodyWays, DeskWays } from "./ways";

const KINDS = ["government", "police", "health", "other_service", "civic", "social_work", "residents_committee", "enterprise", "school", "informal_group"] as const;
const STATES = ["invited", "active", "suspended", "left"] as const;

/** A kind of body in words. */
export function kindName(kind: string): string {
  return say(`organisations.kind.${kind}`, kind);
}

/** The register. */
export function Register() {
  const query = place.value.query;
  const [kind, status] = [query.get("kind") as (typeof KINDS)[number] | null, query.get("status") as (typeof STATES)[number] | null];
  const [typed, setTyped] = useState("");
  const [words, setWords] = useState("");
  const [isEntering, setEntering] = useState(false);
  const filters = { ...(kind && { kind }), ...(status && { status }), ...(words && { q: words }) };
  const list = useList<Organisation>((cursor) => pageOf(ask(api.GET("/api/v1/organisations", { params: { query: { ...filters, ...(cursor && { cursor }) } } }))), [kind, status, words]);
  const columns: readonly Column<Organisation>[] = [
    { key: "name", title: t("organisations.name"), cell: (one) => <a href={`/console/organisations/${one.id}`}>{named(one)}</a> },
    { key: "kind", title: t("organisations.kind"), cell: (one) => kindName(one.kind) },
    { key: "status", title: t("organisations.status"), cell: (one) => say(`organisations.status.${one.status}`, one.status) },
    { key: "stale", title: t("organisations.assured"), cell: (one) => (one.is_stale ? <span class="soon">⚠ {t("organisations.stale")}</span> : t("organisations.fresh")) },
  ];
  const csv = new URLSearchParams(filters as Record<string, string>).toString();
  return (
    <div class="stack">
      <Form onSend={() => setWords(typed.trim())}>
        <div class="row search"><TextField label={t("organisations.search")} type="search" value={typed} onValue={(value) => (setTyped(value), value || setWords(""))} /><button type="submit">{t("organisations.find")}</button></div>
      </Form>
      <FilterBar names={["kind", "status"]}>
        <OneFilter name="kind" label={t("organisations.kind")} options={KINDS.map((value) => ({ value, words: kindName(value) }))} />
        <OneFilter name="status" label={t("organisations.status")} options={STATES.map((value) => ({ value, words: t(`organisations.status.${value}`) }))} />
        <a class="button" download href={`/api/v1/organisations.csv${csv ? `?${csv}` : ""}`}>{t("csv")}</a>
      </FilterBar>
      {may("organisations.write") && <p><button type="button" onClick={() => setEntering(true)}>{t("organisations.enter")}</button></p>}
      {isEntering && <EnterBody onClose={() => setEntering(false)} />}
      <Pages list={list} empty={t("organisations.none")}>
        {(rows) => <Table caption={t("organisations.title")} columns={columns} rows={rows} keyOf={(one) => one.id} />}
      </Pages>
    </div>
  );
}

/** What nobody, or only one body, answers for. */
export function GapBoard() {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/organisations/gaps"))), []);
  return (
    <Show of={loaded}>
      {({ items }) => items.length === 0 ? <p class="card">{t("organisations.gaps.none")}</p> : (
        <ul class="plain stack">
          {items.map((gap, at) => (
            <li key={at} class="card">
              <p><b>{say(`organisations.gap.${gap.kind}`, gap.kind)}</b></p>
              <p>{pick(gap.text)}</p>
              <p><a href={`/console/organisations/${gap.organisation_id}`}>{t("organisations.open")}</a></p>
            </li>
          ))}
        </ul>
      )}
    </Show>
  );
}

/** All rights and duties of one body. */
export function Sheet({ id }: { id: string }) {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/organisations/{organisation_id}/sheet", { params: { path: { organisation_id: id } } }))), [id]);
  const [isProposing, setProposing] = useState(false);
  const [shown, setShown] = useState<"body" | "desk">();
  const [isFolded, setFolded] = useState(true);
  const again = (): void => void loaded.reload();
  const columns: readonly Column<Mandate>[] = [
    { key: "role", title: t("organisations.role"), cell: (one) => say(`organisations.role.${one.role}`, one.role) },
    { key: "what", title: t("organisations.what"), cell: (one) => `${one.category ?? t("organisations.all_of")} (${one.route})` },
    { key: "phase", title: t("organisations.phase"), cell: (one) => say(`organisations.phase.${one.phase}`, one.phase) },
    { key: "state", title: t("organisations.status"), cell: (one) => say(`organisations.mandate.${one.state}`, one.state) },
    { key: "deputy", title: t("organisations.deputy"), cell: (one) => (one.deputy_organisation_id ? t("organisations.deputy.named") : one.role === "lead" ? `⚠ ${t("organisations.deputy.none")}` : "–") },
    ...(may("organisations.write") ? [{ key: "acts", title: t("organisations.acts"), cell: (one: Mandate) => <MandateActs mandate={one} onChange={again} /> }] : []),
  ];
  return (
    <Show of={loaded}>
      {(sheet: Whole<Schemas["Sheet"]>) => (
        <div class="stack">
          <section class="card">
            <h2>{named(sheet.organisation)}</h2>
            <p>{kindName(sheet.organisation.kind)} · {say(`organisations.status.${sheet.organisation.status}`, sheet.organisation.status)}</p>
            <p>{sheet.organisation.purpose}</p>
            {may("organisations.write") && (
              <>
                <p><button type="button" onClick={() => setShown("body")}>{t("organisations.edit")}</button></p>
                <StandingActs body={sheet.organisation} desks={sheet.desks} onChange={again} />
              </>
            )}
          </section>
          <BodyWays id={sheet.organisation.id} />
          {sheet.gaps.map((gap, at) => <p key={at} class="note warn">{pick(gap.text)}</p>)}
          <section class="stack" aria-labelledby="mandates">
            <h2 id="mandates">{t("organisations.mandates")}</h2>
            {may("organisations.write") && <p><button type="button" onClick={() => setProposing(true)}>{t("organisations.mandate.propose")}</button></p>}
            {sheet.mandates.length === 0 ? <p class="soft">{t("organisations.mandates.none")}</p> : <Table caption={t("organisations.mandates")} columns={columns} rows={sheet.mandates} keyOf={(one) => one.id} />}
          </section>
          <section class="stack" aria-labelledby="desks">
            <h2 id="desks">{t("organisations.desks")}</h2>
            {may("organisations.write") && <p><button type="button" onClick={() => setShown("desk")}>{t("organisations.desk.open")}</button></p>}
            {sheet.desks.length === 0 ? <p class="soft">{t("organisations.desks.none")}</p> : (
              <ul class="plain stack">
                {sheet.desks.map((desk) => (
                  <li key={desk.id} class="card row">
                    <span>{named(desk)}{desk.always_staffed && ` · ${t("organisations.always")}`}{may("organisations.write") && <small> · {desk.email ?? t("organisations.desk.email.none")}</small>}</span>
                    <Confirms desk={desk} onChange={again} />
                    {may("organisations.write") && <DeskActs desk={desk} onChange={again} />}
                    <a href={`/console/rosters?body=${sheet.organisation.id}`}>{t("organisations.rota")}</a>
                    <DeskWays id={desk.id} name={named(desk)} />
                  </li>
                ))}
              </ul>
            )}
            {may("organisations.write") && (
              <details onToggle={(event) => setFolded(!event.currentTarget.open)}>
                <summary>{t("organisations.desks.closed")}</summary>
                {!isFolded && <ClosedDesks organisation={sheet.organisation.id} onChange={again} />}
              </details>
            )}
          </section>
          {may("organisations.write") && <Webhooks organisation={sheet.organisation.id} />}
          <p><a class="button" href={`/console/people?body=${sheet.organisation.id}`}>{t("organisations.people")}</a></p>
          {shown === "body" && <EditBody id={id} onClose={(changed) => (setShown(undefined), changed && again())} />}
          {shown === "desk" && <OpenDesk organisation={id} onClose={(changed) => (setShown(undefined), changed && again())} />}
          {isProposing && <ProposeMandate organisation={sheet.organisation.id} onClose={(changed) => (setProposing(false), changed && again())} />}
        </div>
      )}
    </Show>
  );
}

/** Changing and closing one desk. */
function DeskActs({ desk, onChange }: { desk: Desk; onChange: () => void }) {
  const [shown, setShown] = useState<"edit" | "close">();
  const close = (changed: boolean): void => {
    setShown(undefined);
    if (changed) onChange();
  };
  return (
    <div class="row">
      <button type="button" aria-label={t("organisations.desk.edit.of", { desk: named(desk) })} onClick={() => setShown("edit")}>{t("organisations.desk.edit")}</button>
      <button type="button" aria-label={t("organisations.desk.close.of", { desk: named(desk) })} onClick={() => setShown("close")}>{t("organisations.desk.close")}</button>
      {shown === "edit" && <EditDesk id={desk.id} onClose={close} />}
      {shown === "close" && <CloseDesk desk={desk} onClose={close} />}
    </div>
  );
}

/** Whether swaps at a desk wait for somebody who leads it. */
function Confirms({ desk, onChange }: { desk: Desk; onChange: () => void }) {
  const { hear, words } = useSaid();
  if (!may("organisations.write")) return desk.confirms_swaps ? <small>{t("organisations.confirms")}</small> : null;
  const turn = async (on: boolean): Promise<void> => {
    const path = { params: { path: { desk_id: desk.id } } };
    const read = await ask(api.GET("/api/v1/desks/{desk_id}", path));
    if (!hear(read)) return;
    if (hear(await ask(api.PATCH("/api/v1/desks/{desk_id}", { ...path, body: { confirms_swaps: on }, ...ifMatch(read.etag) })))) toast(t("organisations.confirms.done"));
    onChange();
  };
  return <div>{words}<CheckField label={t("organisations.confirms")} checked={desk.confirms_swaps} onChecked={(on) => void turn(on)} /></div>;
}
