/** A new draft: what it is called and the first rule that it changes. Once it is on the server it has a page of its own. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Outcome, Problem } from "../api";
import { t } from "../i18n";
import { FormProblem } from "../parts/fields";
import { Failed, Loading, Offline, Screen } from "../parts/states";
import { toast } from "../parts/toasts";
import { go, place, setQuery } from "../router";
import { may } from "../session";
import { areaAsked, beginChange, type PlaceRules } from "./calls";
import { DraftForm, saidEdits, startingBody, type Work } from "./draft-form";
import { keep, kept } from "./kept";
import { caughtUp } from "./lately";
import { usePlace } from "./place";
import { AreaChoice, Sub } from "./sub";
import { unfinished } from "./unfinished";

const NOTHING: Work = { title: "", why: "", edits: {} };

/** The page. */
export function NewDraftPage() {
  const area = areaAsked();
  const { rules, failure, again } = usePlace(area);
  if (!may("policy.write")) return <Screen title={t("rules.new")}><Sub /><p class="note">{t("rules.new.not")}</p></Screen>;
  return (
    <Screen title={t("rules.new")}>
      <Sub />
      <div class="filters"><AreaChoice value={area} onValue={(next) => setQuery({ area: String(next ?? 0) })} /></div>
      {failure && <Failed outcome={failure} again={again} />}
      {!rules && !failure && <Loading />}
      {rules && <NewDraft key={area} area={area} rules={rules} />}
    </Screen>
  );
}

function NewDraft({ area, rules }: { area: number; rules: PlaceRules }) {
  const id = `new-${area}`;
  const [work, setWork] = useState<Work>(() => kept(id) ?? NOTHING);
  const [problem, setProblem] = useState<Problem>();
  const [isOff, setIsOff] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const latest = useRef(work);
  const write = (next: Work): void => {
    latest.current = next;
    setWork(next);
    keep(id, { ...next, revision: 0 });
  };
  const asked = place.value.query.get("rule");
  useEffect(() => {
    const rule = rules.rules.find((one) => one.code === asked);
    if (!rule || rule.code in latest.current.edits) return;
    void startingBody(rule, area).then((outcome) => {
      if (outcome.is === "data") write({ ...latest.current, edits: { ...latest.current.edits, [rule.code]: outcome.data } });
    });
  }, [asked]);
  const send = async (): Promise<void> => {
    await caughtUp();
    if (unfinished.value.size > 0) return toast(t("rules.unfinished"));
    setIsBusy(true);
    const said = latest.current;
    const outcome = await beginChange({ area, title: said.title.trim(), why: said.why, edits: saidEdits(said.edits, rules) });
    setIsBusy(false);
    showFailure(outcome);
    if (outcome.is !== "data") return;
    keep(id, undefined);
    toast(t("rules.begun"));
    go(`/console/rules/changes/${outcome.data.id}`);
  };
  const showFailure = (outcome: Outcome<unknown>): void => {
    setProblem(outcome.is === "problem" ? outcome.problem : undefined);
    setIsOff(outcome.is === "offline");
  };
  const isEmpty = !work.title.trim() || Object.keys(saidEdits(work.edits, rules)).length === 0;
  return (
    <div class="stack">
      <p class="soft">{t("rules.new.words")}</p>
      <DraftForm area={area} rules={rules} work={work} onWork={write} />
      <FormProblem problem={problem} />
      {isOff && <Offline />}
      <div class="row">
        <button type="button" class="first" aria-disabled={isBusy || isEmpty} onClick={() => void (isBusy || isEmpty || send())}>{t("rules.begin")}</button>
        {isEmpty && <span class="soft">{t("rules.begin.lacks")}</span>}
        {!isEmpty && <button type="button" class="bare" onClick={() => { write(NOTHING); keep(id, undefined); }}>{t("rules.discard")}</button>}
      </div>
    </div>
  );
}
