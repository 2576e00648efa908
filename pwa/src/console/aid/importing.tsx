/** Taking in requests and offers from a file: looked at first, all rows or none, and each wrong row is named. */

import { useState } from "preact/hooks";

import { upload } from "../areas/upload";
import type { Outcome, Schemas } from "../api";
import { count, t } from "../i18n";
import { confirm } from "../parts/dialog";
import { Field, Form } from "../parts/fields";
import { Failed, Loading } from "../parts/states";
import { toast } from "../parts/toasts";
import { go } from "../router";
import type { Whole } from "../rosters/common";

type Imported = Whole<Schemas["Imported"]>;
type Kept = Exclude<Outcome<unknown>, { is: "data" }>;

/** The form. */
export function ImportList() {
  const [file, setFile] = useState<Blob | undefined>();
  const [looked, setLooked] = useState<Imported | undefined>();
  const [failure, setFailure] = useState<Kept | undefined>();
  const [isBusy, setBusy] = useState(false);
  // Read when it is chosen: what is taken later is what was looked at, whatever becomes of the file meanwhile.
  const choose = async (chosen: File | undefined): Promise<void> => {
    setLooked(undefined);
    setFailure(undefined);
    setFile(chosen && new Blob([await chosen.arrayBuffer()]));
  };
  const send = async (isTry: boolean): Promise<Imported | undefined> => {
    if (!file || isBusy) return undefined;
    const form = new FormData();
    form.set("file", file, "list.csv");
    form.set("dry_run", String(isTry));
    setBusy(true);
    setFailure(undefined);
    const outcome = await upload<Imported>("/api/v1/aid/imports", form, () => undefined);
    setBusy(false);
    if (outcome.is === "data") return outcome.data;
    setLooked(undefined);
    setFailure(outcome);
    return undefined;
  };
  const take = async (found: Imported): Promise<void> => {
    if (!(await confirm({ title: t("aid.import.sure", { count: count(found.fresh) }), words: t("aid.import.sure.words"), yes: t("aid.import.take", { count: count(found.fresh) }) }))) return;
    const came = await send(false);
    if (!came) return;
    toast(t("aid.import.done", { fresh: count(came.fresh) }));
    go("/console/aid");
  };
  return (
    <div class="stack">
      <p>{t("aid.import.words")}</p>
      <p><a href="/api/v1/aid/imports/example.csv" download>{t("aid.import.example")}</a></p>
      <Form onSend={() => void send(true).then((found) => found && setLooked(found))}>
        <Field label={t("aid.import.file")} hint={t("aid.import.file.hint")}>
          {(ids) => <input {...ids} type="file" accept=".csv,text/csv" onClick={(event) => (event.currentTarget.value = "")} onChange={(event) => void choose(event.currentTarget.files?.[0])} />}
        </Field>
        <p><button type="submit" class={looked ? "" : "first"} disabled={!file || isBusy}>{t("aid.import.look")}</button></p>
      </Form>
      {isBusy && <Loading />}
      {failure && <Failed outcome={failure} />}
      {failure?.is === "problem" && <Wrong errors={failure.problem.errors} />}
      {looked && (
        <div class="note" role="status">
          <p>{t("aid.import.good", { rows: count(looked.rows), fresh: count(looked.fresh) })}</p>
          {looked.fresh > 0 && <p><button type="button" class="first" disabled={isBusy} onClick={() => void take(looked)}>{t("aid.import.take", { count: count(looked.fresh) })}</button></p>}
        </div>
      )}
    </div>
  );
}

/** What is wrong with each row, by column. */
function Wrong({ errors }: { errors: unknown }) {
  const rows = errors && typeof errors === "object" && !Array.isArray(errors) ? Object.entries(errors) : [];
  if (rows.length === 0) return null;
  return (
    <div class="note warn">
      <p><b>{t("aid.import.wrong")}</b></p>
      <ul>{rows.map(([row, said]) => <li key={row}>{t("aid.import.row", { row: row.replace("row ", "") })}: {flat(said).join("; ")}</li>)}</ul>
    </div>
  );
}

/** "column: reason" of everything below a row. */
function flat(said: unknown, path = ""): string[] {
  if (Array.isArray(said)) return [`${path}: ${said.map(String).join(" ")}`];
  if (!said || typeof said !== "object") return [`${path}: ${String(said)}`];
  return Object.entries(said).flatMap(([name, inner]) => flat(inner, ["aid", "place", "contact", "_schema"].includes(name) && typeof inner === "object" && !Array.isArray(inner) ? path : name));
}
