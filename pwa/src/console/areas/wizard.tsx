/** Importing areas: choose a file, look at what it would do and what is wrong with it, and confirm just that. */

import { useState } from "preact/hooks";

import type { Outcome, Schemas } from "../api";
import { count, pick, say, t } from "../i18n";
import { confirm } from "../parts/dialog";
import { CheckField, Field, Form, TextField } from "../parts/fields";
import { Failed } from "../parts/states";
import { Table } from "../parts/table";
import { toast } from "../parts/toasts";
import { go } from "../router";
import type { Whole } from "../rosters/common";
import { SketchView } from "./sketch";
import { upload } from "./upload";

type Preview = Whole<Schemas["AreaPreview"]>;
type Kept = Exclude<Outcome<unknown>, { is: "data" }>;
const KINDS = ["added", "changed", "reshaped", "restored", "retired", "unchanged", "invalid"] as const;

/** The wizard. */
export function ImportAreas() {
  const [file, setFile] = useState<Blob | undefined>(undefined);
  const [source, setSource] = useState("");
  const [repair, setRepair] = useState(false);
  const [share, setShare] = useState<number | undefined>(undefined);
  const [failure, setFailure] = useState<Kept | undefined>(undefined);
  const [preview, setPreview] = useState<Preview | undefined>(undefined);
  const anew = (): void => (setPreview(undefined), setFailure(undefined));
  // Read when it is chosen: what is confirmed later is what was looked at, whatever becomes of the file meanwhile.
  const choose = async (chosen: File | undefined): Promise<void> => {
    anew();
    setFile(chosen && new Blob([await chosen.arrayBuffer()]));
  };
  const form = (): FormData => {
    const made = new FormData();
    made.set("source", source);
    if (repair) made.set("repair", "true");
    if (file) made.set("file", file, "areas.geojson");
    return made;
  };
  const send = async <T,>(path: string, made: FormData): Promise<T | undefined> => {
    setFailure(undefined);
    setShare(0);
    const outcome = await upload<T>(path, made, setShare);
    setShare(undefined);
    if (outcome.is === "data") return outcome.data;
    setFailure(outcome);
    return undefined;
  };
  const look = async (): Promise<void> => {
    setPreview(undefined);
    setPreview(await send<Preview>("/api/v1/areas/previews", form()));
  };
  const put = async (looked: Preview): Promise<void> => {
    const words = t("areas.import.sure.words", { added: looked.counts["added"] ?? 0, changed: (looked.counts["changed"] ?? 0) + (looked.counts["reshaped"] ?? 0), closed: looked.counts["retired"] ?? 0 });
    if (!(await confirm({ title: t("areas.import.sure"), words, yes: t("areas.import.yes") }))) return;
    const made = form();
    made.set("preview", looked.digest);
    if ((await send("/api/v1/areas/imports", made)) === undefined) return setPreview(undefined);
    toast(t("areas.imported"));
    go("/console/areas");
  };
  const isReady = file !== undefined && source.trim() !== "" && share === undefined;
  return (
    <div class="stack">
      <p>{t("areas.import.words")}</p>
      <Form onSend={() => isReady && look()}>
        <Field label={t("areas.import.file")} hint={t("areas.import.file.hint")}>
          {(ids) => <input {...ids} type="file" accept=".geojson,.json,application/geo+json,application/json" onClick={(event) => (event.currentTarget.value = "")} onChange={(event) => void choose(event.currentTarget.files?.[0])} />}
        </Field>
        <TextField label={t("areas.import.source")} hint={t("areas.import.source.hint")} value={source} onValue={(value) => (setSource(value), anew())} />
        <CheckField label={t("areas.import.repair")} checked={repair} onChecked={(value) => (setRepair(value), anew())} />
        <p><button type="submit" class={preview ? "" : "first"} disabled={!isReady}>{t("areas.import.look")}</button></p>
      </Form>
      {share !== undefined && (
        <div class="card" role="status">
          <p>{share < 1 ? t("areas.import.sending", { percent: Math.floor(share * 100) }) : t("areas.import.checking")}</p>
          <progress max={1} aria-label={t("areas.import.progress")} {...(share < 1 && { value: share })} />
        </div>
      )}
      {failure && <Failed outcome={failure} />}
      {failure?.is === "problem" && Array.isArray(failure.problem.errors) && <Problems problems={failure.problem.errors as Preview["problems"]} count={failure.problem.errors.length} />}
      {preview && <Looked preview={preview} onPut={() => void put(preview)} />}
    </div>
  );
}

function Looked({ preview, onPut }: { preview: Preview; onPut: () => void }) {
  const changes = [
    { key: "kind", title: t("areas.import.what"), cell: (one: Preview["changes"][number]) => say(`areas.kind.${one.kind}`, one.kind) },
    { key: "name", title: t("areas.name"), cell: (one: Preview["changes"][number]) => one.name },
    { key: "id", title: t("areas.import.id"), cell: (one: Preview["changes"][number]) => one.source_id },
  ];
  const hasChanges = preview.changes.length > 0;
  return (
    <section class="stack" aria-labelledby="looked">
      <h2 id="looked">{t("areas.preview")}</h2>
      <div role="status"><ul class="plain row" aria-label={t("areas.preview")}>
        {KINDS.map((kind) => (preview.counts[kind] ?? 0) > 0 && <li key={kind} class={`card count count-${kind}`}>{t(`areas.kind.${kind}`)}: <b>{count(preview.counts[kind] ?? 0)}</b></li>)}
      </ul></div>
      {preview.problem_count > 0 && <Problems problems={preview.problems} count={preview.problem_count} />}
      {preview.overlap_count > 0 && (
        <Names title={t("areas.overlaps", { count: preview.overlap_count })} all={preview.overlaps.map((one) => t("areas.overlap", { first: one.first, second: one.second, percent: percent(one.share) }))} />
      )}
      {preview.outside_count > 0 && (
        <Names title={t("areas.outside", { count: preview.outside_count })} all={preview.outside.map((one) => t("areas.outside.one", { name: one.name, parent: one.parent_id, percent: percent(one.share) }))} />
      )}
      {preview.repaired.length > 0 && <Names title={t("areas.repaired", { count: preview.repaired.length })} all={preview.repaired.map((one) => `${one.name} (${one.id}): ${pick(one.message)}`)} />}
      <div class="beside">
        {hasChanges ? <Table caption={t("areas.preview")} columns={changes} rows={preview.changes} keyOf={(one) => one.source_id} /> : <p class="card">{t("areas.import.nothing")}</p>}
        <SketchView sketch={preview.sketch} label={t("areas.sketch", { count: preview.sketch.shapes.length })} />
      </div>
      <p class="soft">{t("areas.import.legend")}</p>
      <div class="row">
        {preview.can_import ? <button type="button" class="first" onClick={onPut}>{t("areas.import.yes")}</button> : <p class="note warn">{t(preview.problem_count > 0 ? "areas.import.cannot" : "areas.import.nothing")}</p>}
      </div>
    </section>
  );
}

function Problems({ problems, count: all }: { problems: Preview["problems"]; count: number }) {
  const said = (one: Preview["problems"][number]): string => [one.row ? t("areas.row", { row: one.row }) : "", one.name, one.id && `(${one.id})`].filter(Boolean).join(" ");
  return <Names title={t("areas.problems", { count: all })} all={problems.map((one) => `${said(one)}: ${pick(one.message)}`)} warn />;
}

function Names({ title, all, warn = false }: { title: string; all: readonly string[]; warn?: boolean }) {
  return (
    <div class={`note ${warn ? "warn" : ""}`}>
      <p><b>{title}</b></p>
      <ul>{all.map((one, at) => <li key={at}>{one}</li>)}</ul>
    </div>
  );
}

function percent(share: number): string {
  return count(Math.max(1, Math.round(share * 100)));
}
