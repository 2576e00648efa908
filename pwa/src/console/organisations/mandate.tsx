/** A mandate to be proposed, and what becomes of one: signed, suspended, ended. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Schemas } from "../api";
import { categories, categoryName } from "../config";
import { say, t } from "../i18n";
import { confirm, Dialog } from "../parts/dialog";
import { Form, SelectField, TextField, wrongWith } from "../parts/fields";
import { toast } from "../parts/toasts";
import { AreaField, optionsOf, useOrganisations, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";

export type Mandate = Whole<Schemas["Mandate"]>;
const ROLES = ["lead", "support", "consult", "inform", "advise"] as const;
const PHASES = ["warn", "respond", "recover"] as const;
const ACTS = { proposed: ["accept", "end"], accepted: ["suspend", "end"], suspended: ["accept", "end"], ended: [] } as const;

/** The routes of a category's lead, as the catalogue has them. */
async function routeOf(category: string): Promise<string> {
  const outcome = await ask(api.GET("/api/v1/categories"));
  const found = outcome.is === "data" ? outcome.data.items?.find((one) => one.code === category) : undefined;
  return found?.lead ?? "";
}

/** The form. */
export function ProposeMandate({ organisation, onClose }: { organisation: string; onClose: (changed: boolean) => void }) {
  const [draft, setDraft] = useState({ category: "", route: "", area_id: "", phase: "respond", role: "lead", deputy: "", basis: "", people: "" });
  const { hear, words, problem } = useSaid();
  const bodies = useOrganisations().filter((one) => one.id !== organisation);
  const set = (name: keyof typeof draft) => (value: string) => setDraft((before) => ({ ...before, [name]: value }));
  const choose = async (category: string): Promise<void> => {
    set("category")(category);
    if (category) set("route")(await routeOf(category));
  };
  const send = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/mandates", {
      body: {
        organisation_id: organisation, category: draft.category || null, route: draft.route, area_id: draft.area_id ? Number(draft.area_id) : null,
        phase: draft.phase as (typeof PHASES)[number], role: draft.role as (typeof ROLES)[number], basis: draft.basis,
        deputy_organisation_id: draft.deputy || null, ...(draft.people && { capacity: { people: Number(draft.people) } }),
      },
    }));
    if (!hear(outcome)) return;
    toast(t("organisations.mandate.proposed.done"));
    onClose(true);
  };
  return (
    <Dialog title={t("organisations.mandate.propose")} onClose={() => onClose(false)}>
      <Form onSend={send}>
        {words}
        <SelectField label={t("organisations.what")} value={draft.category} onValue={(value) => void choose(value)} none={t("organisations.all_of")} options={categories().map((one) => ({ value: one.code, words: categoryName(one.code) }))} error={wrongWith(problem, "category")} />
        <TextField label={t("organisations.route")} hint={t("organisations.route.hint")} value={draft.route} onValue={set("route")} error={wrongWith(problem, "route")} />
        <AreaField label={t("organisations.area")} value={draft.area_id} onValue={set("area_id")} none={t("organisations.everywhere")} />
        <SelectField label={t("organisations.role")} value={draft.role} onValue={set("role")} options={ROLES.map((value) => ({ value, words: t(`organisations.role.${value}`) }))} />
        <SelectField label={t("organisations.phase")} value={draft.phase} onValue={set("phase")} options={PHASES.map((value) => ({ value, words: t(`organisations.phase.${value}`) }))} />
        <SelectField label={t("organisations.deputy")} value={draft.deputy} onValue={set("deputy")} none={t("organisations.deputy.none")} options={optionsOf(bodies)} error={wrongWith(problem, "deputy_organisation_id")} />
        <TextField label={t("organisations.people.count")} type="number" min="0" value={draft.people} onValue={set("people")} error={wrongWith(problem, "capacity")} />
        <TextField label={t("organisations.basis")} hint={t("organisations.basis.hint")} value={draft.basis} onValue={set("basis")} error={wrongWith(problem, "basis")} />
        <div class="row end"><button type="button" onClick={() => onClose(false)}>{t("cancel")}</button><button type="submit" class="first">{t("organisations.mandate.propose")}</button></div>
      </Form>
    </Dialog>
  );
}

/** The buttons of one mandate; signing names the document where somebody of another body records it. */
export function MandateActs({ mandate, onChange }: { mandate: Mandate; onChange: () => void }) {
  const [signing, setSigning] = useState(false);
  const [signedBy, setSignedBy] = useState("");
  const { hear, words } = useSaid();
  const path = { params: { path: { mandate_id: mandate.id } } };
  const settled = (state: string | undefined): void => {
    toast(say(`organisations.mandate.${state}.done`));
    setSigning(false);
    onChange();
  };
  const sign = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/mandates/{mandate_id}/accept", { ...path, body: signedBy.trim() ? { signed_by: signedBy } : {} }));
    if (hear(outcome)) settled(outcome.data.state);
  };
  const move = async (act: "suspend" | "end"): Promise<void> => {
    if (!(await confirm({ title: t(`organisations.mandate.${act}.ask`), words: t("organisations.mandate.words"), yes: t(`organisations.mandate.${act}`) }))) return;
    const read = await ask(api.GET("/api/v1/mandates/{mandate_id}", path));
    const tag = ifMatch(read.is === "data" ? read.etag : undefined);
    const outcome = await ask(act === "end" ? api.POST("/api/v1/mandates/{mandate_id}/end", { ...path, ...tag }) : api.POST("/api/v1/mandates/{mandate_id}/suspend", { ...path, ...tag }));
    if (hear(outcome)) settled(outcome.data.state);
  };
  return (
    <span class="tight">
      {!signing && words}
      <span class="row">
        {ACTS[mandate.state].map((act) => <button key={act} type="button" onClick={() => (act === "accept" ? setSigning(true) : void move(act))}>{t(`organisations.mandate.${act}`)}</button>)}
      </span>
      {signing && (
        <Dialog title={t("organisations.mandate.accept")} onClose={() => setSigning(false)}>
          <Form onSend={sign}>
            {words}
            <TextField label={t("organisations.signed_by")} hint={t("organisations.signed_by.hint")} value={signedBy} onValue={setSignedBy} />
            <div class="row end"><button type="button" onClick={() => setSigning(false)}>{t("cancel")}</button><button type="submit" class="first">{t("organisations.mandate.accept")}</button></div>
          </Form>
        </Dialog>
      )}
    </span>
  );
}
