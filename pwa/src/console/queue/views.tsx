/** Views of the queue that a person has saved: to use, to begin with, to rename, to delete. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Problem, type Schemas } from "../api";
import { t } from "../i18n";
import { Dialog } from "../parts/dialog";
import { CheckField, Form, FormProblem, TextField, wrongWith } from "../parts/fields";
import { toast } from "../parts/toasts";
import { setQuery } from "../router";
import { filtersOf, queryOf } from "./asking";

type View = Required<Schemas["View"]>;
type Kept = Schemas["ViewFields"]["filters"];

const views = signal<readonly View[]>([]);

/** Fetch the views; the one to begin with, where there is one; null where they cannot be had. Never rejects. */
export async function learnViews(): Promise<View | undefined | null> {
  const outcome = await ask(api.GET("/api/v1/me/views"));
  if (outcome.is !== "data") return null;
  views.value = (outcome.data.items ?? []) as View[];
  return views.value.find((one) => one.is_default);
}

/** Show what a view shows. */
export function use(view: View): void {
  setQuery(queryOf(view.filters));
}

/** The menu of views. */
export function Views() {
  const [edited, setEdited] = useState<View | "new" | undefined>();
  return (
    <>
      <details class="filter" onKeyDown={shut}>
        <summary class="button">{t("queue.views")}</summary>
        <div class="filter-box stack">
          {views.value.length === 0 && <p class="soft">{t("queue.views.none")}</p>}
          <ul class="plain tight">
            {views.value.map((view) => (
              <li key={view.id} class="view">
                <button type="button" class="bare" onClick={(event) => (use(view), leave(event))}>{view.name}{view.is_default && ` (${t("queue.views.first")})`}</button>
                <button type="button" class="bare" aria-label={t("queue.views.edit_one", { name: view.name })} onClick={() => setEdited(view)}>{t("queue.views.edit")}</button>
              </li>
            ))}
          </ul>
          <button type="button" onClick={() => setEdited("new")}>{t("queue.views.save")}</button>
        </div>
      </details>
      {edited && <Editing view={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
    </>
  );
}

function shut(event: KeyboardEvent & { currentTarget: HTMLDetailsElement }): void {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary")?.focus();
}

function leave(event: { currentTarget: Element }): void {
  const menu = event.currentTarget.closest("details");
  if (menu) menu.open = false;
}

function Editing({ view, onClose }: { view: View | undefined; onClose: () => void }) {
  const [name, setName] = useState(view?.name ?? "");
  const [isDefault, setDefault] = useState(view?.is_default ?? false);
  const [takesFilters, setTakes] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  const path = { params: { path: { view_id: view?.id ?? "" } } };
  const send = async (): Promise<void> => {
    const filters = filtersOf() as Kept;
    const outcome = view
      ? await ask(api.PATCH("/api/v1/me/views/{view_id}", { ...path, ...ifMatch(view.etag), body: { name, is_default: isDefault, ...(takesFilters && { filters }) } }))
      : await ask(api.POST("/api/v1/me/views", { body: { name, is_default: isDefault, filters } }));
    if (outcome.is === "problem") return setProblem(outcome.problem);
    if (outcome.is === "offline") return setProblem({ status: 0, code: "offline", title: t("offline") });
    await learnViews();
    toast(t("queue.views.saved", { name }));
    onClose();
  };
  const remove = async (): Promise<void> => {
    if (!view) return;
    const outcome = await ask(api.DELETE("/api/v1/me/views/{view_id}", { ...path, ...ifMatch(view.etag) }));
    if (outcome.is !== "data") return setProblem(outcome.is === "problem" ? outcome.problem : { status: 0, code: "offline", title: t("offline") });
    await learnViews();
    const { name: kept, filters, is_default } = view;
    toast(t("queue.views.deleted", { name: kept }), async () => {
      await ask(api.POST("/api/v1/me/views", { body: { name: kept, filters: filters as Kept, is_default } }));
      await learnViews();
    });
    onClose();
  };
  return (
    <Dialog title={t(view ? "queue.views.edit" : "queue.views.save")} onClose={onClose}>
      <Form onSend={send}>
        <FormProblem problem={problem} />
        <TextField label={t("queue.views.name")} hint={t("queue.views.hint")} error={wrongWith(problem, "name")} value={name} onValue={setName} maxLength={60} autocomplete="off" required />
        <CheckField label={t("queue.views.begin")} checked={isDefault} onChecked={setDefault} />
        {view && <CheckField label={t("queue.views.take")} checked={takesFilters} onChecked={setTakes} />}
        <div class="row end">
          {view && <button type="button" class="danger" onClick={() => void remove()}>{t("queue.views.delete")}</button>}
          <button class="first">{t("save")}</button>
        </div>
      </Form>
    </Dialog>
  );
}
