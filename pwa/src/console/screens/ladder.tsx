/** The test of the ladder: one press says who would be told, when and how, and where it fails. Nobody is told. */

import "../rosters/rosters.css";
import "../ladder/ladder.css";

import { useState } from "preact/hooks";

import { api, ask } from "../api";
import { categories, categoryName } from "../config";
import { t } from "../i18n";
import { Found, type Rehearsal } from "../ladder/found";
import { Form, SelectField, TextField, wrongWith } from "../parts/fields";
import { Loading, Screen } from "../parts/states";
import { place, setQuery } from "../router";
import { AreaField } from "../rosters/common";
import { useSaid } from "../rosters/turn";

const GRADES = ["1", "2", "3", "4", "5"] as const;

/** The screen. */
export default function Ladder() {
  const query = place.value.query;
  const [area, category, grade] = [query.get("area") ?? "", query.get("category") ?? "", query.get("grade") ?? "2"];
  const [at, setAt] = useState("");
  const [found, setFound] = useState<Rehearsal | undefined>(undefined);
  const [isRunning, setRunning] = useState(false);
  const { hear, words, problem } = useSaid();
  const change = (name: string) => (value: string) => (setFound(undefined), setQuery({ [name]: value }));
  const run = async (): Promise<void> => {
    setRunning(true);
    setFound(undefined);
    const outcome = await ask(api.POST("/api/v1/ladder/rehearsals", {
      body: { area_id: area ? Number(area) : null, category: category || null, grade: Number(grade), kind: "concern", ...(at && { at: new Date(at).toISOString() }) },
    }));
    setRunning(false);
    if (hear(outcome)) setFound(outcome.data as Rehearsal);
  };
  return (
    <Screen title={t("ladder.title")} beside={<a class="button" href="/console/rosters">{t("ladder.rosters")}</a>}>
      <p>{t("ladder.words")}</p>
      {words}
      <Form onSend={run}>
        <div class="ladder-form">
          <AreaField label={t("ladder.area")} value={area} onValue={change("area")} none={t("ladder.outside")} />
          <SelectField label={t("ladder.category")} value={category} onValue={change("category")} none={t("ladder.unsorted")} options={categories().map((one) => ({ value: one.code, words: categoryName(one.code) }))} error={wrongWith(problem, "category")} />
          <SelectField label={t("ladder.grade")} value={grade} onValue={change("grade")} options={GRADES.map((value) => ({ value, words: `${t("grade", { grade: value })} ${t(`grade.${value}`)}` }))} />
          <TextField label={t("ladder.at")} hint={t("ladder.at.hint")} type="datetime-local" value={at} onValue={(value) => (setFound(undefined), setAt(value))} error={wrongWith(problem, "at")} />
        </div>
        <p><button type="submit" class="first" aria-disabled={isRunning}>{t("ladder.run")}</button></p>
      </Form>
      {isRunning && <Loading />}
      {found && <Found found={found} />}
    </Screen>
  );
}
