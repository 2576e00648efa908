/** A layer's document as it is imported: what it would change, in words, before anything is written. */

import { useState } from "preact/hooks";

import { api, ask, type Outcome, type Problem } from "../api";
import { t } from "../i18n";
import { FormProblem, TextField, WordsField } from "../parts/fields";
import { Offline, Screen } from "../parts/states";
import { toast } from "../parts/toasts";
import { go } from "../router";
import { areaName, type ChangeDetail, type Preview } from "./calls";
import { Diff } from "./diff";
import { FoundSummary, Findings } from "./findings";
import { Sub } from "./sub";

/** The page. */
export function ImportPage() {
  const [document, setDocument] = useState("");
  const [seen, setSeen] = useState<{ preview: Preview; of: string }>();
  const [problem, setProblem] = useState<Problem>();
  const [isOff, setIsOff] = useState(false);
  const [title, setTitle] = useState("");
  const fail = (outcome: Outcome<unknown>): void => {
    setProblem(outcome.is === "problem" ? outcome.problem : undefined);
    setIsOff(outcome.is === "offline");
  };
  const look = async (text = document): Promise<void> => {
    const outcome = (await ask(api.POST("/api/v1/policy/changes/preview", { body: { document: text } }))) as Outcome<Preview>;
    fail(outcome);
    setSeen(outcome.is === "data" ? { preview: outcome.data, of: text } : undefined);
  };
  const open = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const text = await file.text();
    setDocument(text);
    await look(text);
  };
  const take = async (): Promise<void> => {
    const body = { document, title: title.trim() || t("rules.import.title", { layer: seen?.preview.layer ?? "" }), why: "" };
    const outcome = (await ask(api.POST("/api/v1/policy/changes", { body: body as never }))) as Outcome<ChangeDetail>;
    fail(outcome);
    if (outcome.is !== "data") return;
    toast(t("rules.begun"));
    go(`/console/rules/changes/${outcome.data.id}`);
  };
  const isSeen = seen?.of === document;
  return (
    <Screen title={t("rules.import")}>
      <Sub />
      <p>{t("rules.import.words")}</p>
      <label class="field"><b>{t("rules.import.file")}</b><input type="file" accept=".yaml,.yml" onChange={(event) => void open(event.currentTarget.files?.[0])} /></label>
      <WordsField rows={10} label={t("rules.import.text")} value={document} onValue={setDocument} />
      <FormProblem problem={problem} />
      {isOff && <Offline />}
      <p><button type="button" class={isSeen ? "" : "first"} aria-disabled={!document.trim()} onClick={() => void (document.trim() && look())}>{t("rules.import.look")}</button></p>
      {seen && isSeen && (
        <section class="stack" aria-label={t("rules.import.what")}>
          <h2>{t("rules.import.what")}</h2>
          <p>{t("rules.import.layer", { layer: seen.preview.layer, area: areaName(seen.preview.area_id) ?? t("rules.everywhere") })}</p>
          <FoundSummary findings={seen.preview.findings} canBeTaken={seen.preview.can_be_taken} />
          <Findings findings={seen.preview.findings} />
          <Diff diff={seen.preview.diff} />
          {seen.preview.diff.length > 0 && (
            <>
              <TextField label={t("rules.draft.title")} value={title} onValue={setTitle} maxLength={200} />
              <p><button type="button" class="first" onClick={() => void take()}>{t("rules.import.take")}</button></p>
            </>
          )}
        </section>
      )}
    </Screen>
  );
}
