/** Incidents that may tell of the same happening, side by side: why it seems so, and what joining would do. */

import { useEffect, useState } from "preact/hooks";

import type { Outcome, Schemas } from "../api";
import { api, ask } from "../api";
import { categoryName } from "../config";
import { count, pick, t } from "../i18n";
import { Grade, Moment, statusName } from "../parts/marks";
import { Failed, Loading } from "../parts/states";
import { go } from "../router";
import type { Barred, Incident, Wording } from "./model";
import { Words } from "./said";
import { Do } from "./sending";
import { bodyName, word, type Desk } from "./state";

type Listed = Required<Schemas["Listed"]>;
interface Likely {
  readonly kind: string;
  readonly state: string;
  readonly score: number;
  readonly incident: Listed;
  readonly compared: { readonly score: number | null; readonly reasons: readonly Wording[] };
}
interface MergePreview {
  readonly allowed: boolean;
  readonly barred: Barred | null;
  readonly into: Listed;
  readonly reports_moved: number;
  readonly reports_after: number;
  readonly told: number;
  readonly clocks_stopped: readonly string[];
  readonly grade_before: number;
  readonly grade_after: number;
  readonly owner_before: Wording;
  readonly owner_after: Wording;
}
interface SplitPreview {
  readonly allowed: boolean;
  readonly barred: Barred | null;
  readonly parent: Listed | null;
  readonly reports_moved: number;
  readonly state_after: string | null;
  readonly owner_after: Wording;
}

/** The likely ones, and the way to look at two together. */
export function Duplicates({ desk, incident, onCompare }: { desk: Desk; incident: Incident; onCompare: (other: string) => void }) {
  const [found, setFound] = useState<Outcome<{ items: readonly Likely[] }>>();
  useEffect(() => void desk.beside<{ items: readonly Likely[] }>("duplicates").then(setFound), [incident.version, incident.links.length]);
  if (incident.links.length === 0) return null;
  return (
    <section class="card no-print" aria-labelledby="duplicates">
      <h2 id="duplicates">{t("incident.duplicates")}</h2>
      {!found && <Loading />}
      {found && found.is !== "data" && <Failed outcome={found} />}
      {found?.is === "data" && found.data.items.map((one) => (
        <article key={one.incident.id} class="tight">
          <p class="row">
            <a href={`/console/incidents/${one.incident.id}`}>{t("number", { number: one.incident.number })}</a>
            <Grade grade={one.incident.grade} /> <span>{categoryName(one.incident.category)}</span> <span class="soft">{statusName(one.incident.status)}</span>
            <span class="badge">{word("link", one.state)}</span>
          </p>
          <p class="soft">{t("incident.likeness", { percent: Math.round((one.compared.score ?? one.score) * 100) })}{one.compared.reasons.length > 0 && `: ${one.compared.reasons.map(pick).join(", ")}`}</p>
          {one.state === "suggested" && (
            <p class="row">
              <button type="button" onClick={() => onCompare(one.incident.id)}>{t("incident.compare")}</button>
              <Do desk={desk} look="bare" onDo={() => void desk.now(`duplicates/${one.incident.id}/reject`, {}, t("incident.rejected"))}>{t("incident.reject")}</Do>
            </p>
          )}
        </article>
      ))}
    </section>
  );
}

/** Two incidents beside each other, with what joining the first into the second would do. */
export function Compare({ desk, incident, other, onDone }: { desk: Desk; incident: Incident; other: string; onDone: () => void }) {
  const [preview, setPreview] = useState<Outcome<MergePreview>>();
  const [second, setSecond] = useState<Outcome<Incident>>();
  useEffect(() => {
    void desk.beside<MergePreview>("merge-preview", { into: other }).then(setPreview);
    void ask(api.GET("/api/v1/incidents/{incident_id}", { params: { path: { incident_id: other } } })).then((outcome) => setSecond(outcome as Outcome<Incident>));
  }, [other]);
  if (!preview || !second) return <Loading />;
  if (preview.is !== "data") return <Failed outcome={preview} />;
  if (second.is !== "data") return <Failed outcome={second} />;
  const will = preview.data;
  const merge = async (): Promise<void> => {
    await desk.now("merge", { into: other }, t("incident.merged"));
    onDone();
    if (desk.shown.value?.status === "merged") go(`/console/incidents/${other}`);
  };
  return (
    <>
      <div class="beside">
        <Side incident={incident} title={t("incident.this")} />
        <Side incident={second.data} title={t("incident.that")} />
      </div>
      <section aria-labelledby="will" class="tight">
        <h3 id="will">{t("incident.merge.will")}</h3>
        {will.allowed ? (
          <ul class="tight">
            <li>{t("incident.merge.reports", { moved: count(will.reports_moved), after: count(will.reports_after), number: will.into.number })}</li>
            <li>{t("incident.merge.owner", { before: pick(will.owner_before), after: pick(will.owner_after) })}</li>
            <li>{t("incident.merge.grade", { before: will.grade_before, after: will.grade_after })}</li>
            <li>{t("incident.merge.clocks", { clocks: will.clocks_stopped.map((kind) => word("promise", kind)).join(", ") || "–" })}</li>
            <li>{t("incident.merge.told", { count: count(will.told) })}</li>
            <li>{t("incident.merge.back")}</li>
          </ul>
        ) : <p class="note warn">{pick(will.barred?.words)}</p>}
      </section>
      <p class="row end">
        <button type="button" onClick={onDone}>{t("cancel")}</button>
        <button type="button" class="first" disabled={!will.allowed || desk.busy.value} onClick={() => void merge()}>{t("incident.merge.do", { number: will.into.number })}</button>
      </p>
    </>
  );
}

function Side({ incident, title }: { incident: Incident; title: string }) {
  return (
    <section class="card" aria-label={title}>
      <h3>{title}: {t("number", { number: incident.number })}</h3>
      <p><Grade grade={incident.grade} /> {categoryName(incident.category)} <span class="soft">{statusName(incident.status)}</span></p>
      <p class="soft"><Moment at={incident.opened_at} /> · {incident.names.areas.map((one) => pick(one.names) || one.name).at(-1)} · {bodyName(incident, incident.owner.organisation_id, incident.owner.desk_id)}</p>
      {incident.reports.map((report) => <Words key={report.id} said={report.text} />)}
    </section>
  );
}

/** What parting a merged incident would do. */
export function Split({ desk, onDone }: { desk: Desk; onDone: () => void }) {
  const [preview, setPreview] = useState<Outcome<SplitPreview>>();
  useEffect(() => void desk.beside<SplitPreview>("split-preview").then(setPreview), []);
  if (!preview) return <Loading />;
  if (preview.is !== "data") return <Failed outcome={preview} />;
  const will = preview.data;
  return (
    <>
      <ul class="tight">
        <li>{t("incident.split.reports", { moved: count(will.reports_moved), number: will.parent?.number ?? "" })}</li>
        <li>{t("incident.split.state", { state: statusName(will.state_after ?? ""), owner: pick(will.owner_after) })}</li>
        <li>{t("incident.split.clocks")}</li>
      </ul>
      <p class="row end">
        <button type="button" onClick={onDone}>{t("cancel")}</button>
        <button type="button" class="first" disabled={!will.allowed} onClick={() => void desk.now("split", {}, t("incident.split.done")).then(onDone)}>{t("incident.split.do")}</button>
      </p>
    </>
  );
}
