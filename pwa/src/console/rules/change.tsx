/** One change: its draft, what it changes, what is wrong with it, what it would have changed, and its history. */

import { useEffect, useState } from "preact/hooks";

import { count, say, t } from "../i18n";
import { subscribe } from "../live";
import { Moment } from "../parts/marks";
import { Failed, Loading, Screen } from "../parts/states";
import { Tabs, type Tab } from "../parts/tabs";
import { place, setQuery } from "../router";
import { may } from "../session";
import { areaName, readChange, readPlace, type ChangeDetail, type Linted, type PlaceRules } from "./calls";
import { ConflictDialog } from "./conflict";
import { Diff } from "./diff";
import { DraftForm } from "./draft-form";
import { TriedExamples } from "./examples";
import { FoundSummary, Findings } from "./findings";
import { kept } from "./kept";
import { saveText } from "./save-text";
import { Simulations } from "./simulations";
import { NextSteps, personWords, Steps } from "./steps";
import { Sub } from "./sub";
import { useDraft, type Failure, type Held } from "./use-draft";

/** The page of a change. */
export function ChangePage({ id }: { id: string }) {
  const [held, setHeld] = useState<Held>();
  const [rules, setRules] = useState<PlaceRules>();
  const [failure, setFailure] = useState<Failure>();
  const load = async (): Promise<void> => {
    const outcome = await readChange(id);
    if (outcome.is !== "data") return setFailure(outcome);
    const found = await readPlace(outcome.data.area_id ?? 0);
    if (found.is !== "data") return setFailure(found);
    setFailure(undefined);
    setRules(found.data);
    setHeld({ change: outcome.data, etag: outcome.etag });
  };
  /** What others did with it; new words of theirs wait while this person has unsaved ones, and meet them when those are saved. */
  const hear = async (): Promise<void> => {
    const outcome = await readChange(id);
    if (outcome.is !== "data") return;
    setHeld((now) => (now && kept(id) && outcome.data.revision !== now.change.revision ? now : { change: outcome.data, etag: outcome.etag }));
  };
  useEffect(() => void load(), [id]);
  useEffect(() => subscribe({ onReset: () => void hear(), onEvents: (events) => {
    if (events.some((one) => one.type.startsWith("Policy"))) void hear();
  } }), [id]);
  if (failure && !held) return <Screen title={t("rules.change")}><Sub /><Failed outcome={failure} again={() => void load()} /></Screen>;
  if (!held || !rules) return <Screen title={t("rules.change")}><Sub /><Loading /></Screen>;
  return <OneChange key={id} held={held} rules={rules} onChange={setHeld} />;
}

interface Shown {
  readonly held: Held;
  readonly rules: PlaceRules;
  readonly onChange: (held: Held) => void;
}

function OneChange({ held, rules, onChange }: Shown) {
  const { change, etag } = held;
  const draft = useDraft(held, rules, onChange);
  const { isEditable, isSaved, isBusy, linted, theirs } = draft;
  const tabs: Tab[] = [
    ...(isEditable ? [{ key: "draft", title: t("rules.tab.draft"), content: () => (
      <DraftForm key={draft.turn} area={change.area_id ?? 0} rules={rules} work={draft.work} onWork={draft.write} findings={linted?.findings ?? []} tried={linted?.examples ?? []} />
    ) }] : []),
    { key: "diff", title: t("rules.tab.diff"), content: () => (
      <div class="stack">
        <h2 class="unseen">{t("rules.tab.diff")}</h2>
        <Diff diff={change.diff} />
        <p><button type="button" onClick={() => saveText(`${change.name}.yaml`, change.document)}>{t("rules.export")}</button></p>
      </div>
    ) },
    ...(may("policy.write") ? [
      { key: "check", title: t("rules.tab.check"), content: () => <Check linted={linted} isBusy={isBusy} onLint={() => void draft.lint()} /> },
      { key: "simulate", title: t("rules.tab.simulate"), content: () => <Simulations changeId={change.id} revision={change.revision} before={() => draft.save()} /> },
    ] : []),
    { key: "history", title: t("rules.tab.history"), content: () => <Steps change={change} /> },
  ];
  const chosen = place.value.query.get("tab") ?? tabs[0]?.key ?? "diff";
  return (
    <Screen title={change.title}>
      <Sub />
      <Standing change={change} />
      {change.moved_on.length > 0 && (
        <div class="note warn">
          <p>{t("rules.moved", { rules: change.moved_on.join(", ") })}</p>
          {isEditable && <p><button type="button" onClick={() => void draft.save(true)}>{t("rules.rebase")}</button></p>}
        </div>
      )}
      {draft.failure && <Failed outcome={draft.failure} />}
      <div class="row save">
        {isEditable && <>
          <button type="button" class={isSaved ? "" : "first"} aria-disabled={isSaved || isBusy} onClick={() => void draft.save()}>{t("save")}</button>
          <button type="button" aria-disabled={isBusy} onClick={() => { setQuery({ tab: "check" }); void draft.lint(); }}>{t("rules.check")}</button>
          <span role="status" class="soft">{isSaved ? t("rules.saved") : t("rules.unsaved")}</span>
          {!isSaved && <button type="button" class="bare" onClick={draft.discard}>{t("rules.discard")}</button>}
        </>}
        <NextSteps change={change} etag={etag} onChanged={draft.took} before={() => draft.save()} />
      </div>
      <Tabs label={t("rules.change")} tabs={tabs} chosen={chosen} onChoose={(tab) => setQuery({ tab })} />
      {theirs && (
        <ConflictDialog mine={draft.mine} theirs={theirs.change} onClose={draft.leave} onChosen={(next) => void draft.settle(next, theirs)} />
      )}
    </Screen>
  );
}

function Standing({ change }: { change: ChangeDetail }) {
  return (
    <p class="row">
      <span class="badge">{say(`rules.state.${change.state}`, change.state)}</span>
      <span>{areaName(change.area_id) ?? t("rules.everywhere")}</span>
      <span class="soft">{t("rules.revision", { number: count(change.revision) })} · {personWords(change.author)}</span>
      {change.due_at && change.state === "scheduled" && <span>{t("rules.due")} <Moment at={change.due_at} /></span>}
      {change.effective_at && <span>{t("rules.since")} <Moment at={change.effective_at} /></span>}
    </p>
  );
}

function Check({ linted, isBusy, onLint }: { linted: Linted | undefined; isBusy: boolean; onLint: () => void }) {
  return (
    <div class="stack">
      {isBusy && !linted && <Loading />}
      {!linted && !isBusy && <p>{t("rules.check.words")}</p>}
      <p><button type="button" aria-disabled={isBusy} onClick={onLint}>{linted ? t("rules.check.again") : t("rules.check")}</button></p>
      {linted && <FoundSummary findings={linted.findings} canBeTaken={linted.can_be_taken} />}
      {linted && <Findings findings={linted.findings} />}
      {linted && <><h2>{t("rules.examples")}</h2><TriedExamples tried={linted.examples} /></>}
    </div>
  );
}
