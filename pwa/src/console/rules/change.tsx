/** One change: its draft, what it changes, what is wrong with it, what it would have changed, and its history. */

import { useEffect, useRef, useState } from "preact/hooks";

import { api, ask, isConflict, type Outcome } from "../api";
import { count, say, t } from "../i18n";
import { subscribe } from "../live";
import { Moment } from "../parts/marks";
import { Failed, Loading, Screen } from "../parts/states";
import { Tabs, type Tab } from "../parts/tabs";
import { toast } from "../parts/toasts";
import { place, setQuery } from "../router";
import { may } from "../session";
import { areaName, readChange, readPlace, saveChange, type ChangeDetail, type Linted, type PlaceRules } from "./calls";
import { ConflictDialog } from "./conflict";
import { Diff } from "./diff";
import { DraftForm, isSameWork, saidEdits, type Work } from "./draft-form";
import { FoundSummary, Findings } from "./findings";
import { TriedExamples } from "./examples";
import { keep, kept } from "./kept";
import { caughtUp } from "./lately";
import type { Edits } from "./model";
import { saveText } from "./save-text";
import { Simulations } from "./simulations";
import { NextSteps, personWords, Steps } from "./steps";
import { unfinished } from "./unfinished";
import { Sub } from "./sub";

type Failure = Exclude<Outcome<unknown>, { is: "data" }>;

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
  useEffect(() => subscribe({ onReset: () => undefined, onEvents: (events) => {
    if (events.some((one) => one.type.startsWith("Policy"))) void hear();
  } }), [id]);
  if (failure && !held) return <Screen title={t("rules.change")}><Sub /><Failed outcome={failure} again={() => void load()} /></Screen>;
  if (!held || !rules) return <Screen title={t("rules.change")}><Sub /><Loading /></Screen>;
  return <OneChange key={id} change={held.change} etag={held.etag} rules={rules} onChange={(change, etag) => setHeld({ change, etag })} />;
}

interface Held {
  readonly change: ChangeDetail;
  readonly etag: string | undefined;
}
interface Shown {
  readonly change: ChangeDetail;
  readonly etag: string | undefined;
  readonly rules: PlaceRules;
  readonly onChange: (change: ChangeDetail, etag: string | undefined) => void;
}

function workOf(change: ChangeDetail): Work {
  return { title: change.title, why: change.why, edits: change.edits as Edits };
}

function OneChange({ change, etag, rules, onChange }: Shown) {
  const isEditable = change.allowed.includes("save") && may("policy.write");
  const own = useRef(isEditable ? kept(change.id) : undefined);
  const isBehind = own.current !== undefined && own.current.revision !== change.revision;
  const [work, setWork] = useState<Work>(() => own.current ?? workOf(change));
  const [failure, setFailure] = useState<Failure>();
  const [theirs, setTheirs] = useState<Held | undefined>(() => (isBehind ? { change, etag } : undefined));
  const [linted, setLinted] = useState<Linted>();
  const [isBusy, setIsBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  const latest = useRef(work);
  const isSaved = isSameWork({ ...work, edits: saidEdits(work.edits, rules) }, workOf(change));
  const write = (next: Work): void => {
    latest.current = next;
    setWork(next);
    keep(change.id, isSameWork(next, workOf(change)) ? undefined : { ...next, revision: change.revision });
  };
  /** Show what the server has. */
  const adopt = (of: ChangeDetail): void => {
    keep(of.id, undefined);
    latest.current = workOf(of);
    setWork(latest.current);
    setLinted(undefined);
    setTurn((held) => held + 1);
  };
  const revision = useRef(change.revision);
  useEffect(() => {
    if (revision.current !== change.revision && !kept(change.id)) adopt(change);
    revision.current = change.revision;
  }, [change.revision]);
  const took = (outcome: Outcome<ChangeDetail>): boolean => {
    setFailure(outcome.is === "data" ? undefined : outcome);
    if (outcome.is !== "data") return false;
    if (outcome.data.id !== change.id) return true;
    if (outcome.data.revision !== change.revision) {
      keep(change.id, undefined);
      revision.current = outcome.data.revision;
      latest.current = workOf(outcome.data);
      setWork(latest.current);
    }
    onChange(outcome.data, outcome.etag);
    return true;
  };
  const save = async (said?: Work & { rebase?: boolean }, tag = etag): Promise<boolean> => {
    await caughtUp();
    const whole = said ?? latest.current;
    const next = { ...whole, edits: saidEdits(whole.edits, rules) };
    if (!said && isSameWork(next, workOf(change))) return true;
    if (unfinished.value.size > 0) return toast(t("rules.unfinished")), false;
    setIsBusy(true);
    const outcome = await saveChange(change.id, next, tag);
    setIsBusy(false);
    if (outcome.is === "problem" && isConflict(outcome.problem)) {
      const found = await readChange(change.id);
      if (found.is === "data") setTheirs({ change: found.data, etag: found.etag });
      return false;
    }
    if (outcome.is === "data") setLinted(undefined);
    return took(outcome);
  };
  const lint = async (): Promise<void> => {
    if (isEditable && !(await save())) return;
    setIsBusy(true);
    const outcome = (await ask(api.POST("/api/v1/policy/changes/{change_id}/lint", { params: { path: { change_id: change.id } } }))) as Outcome<Linted>;
    setIsBusy(false);
    setFailure(outcome.is === "data" ? undefined : outcome);
    if (outcome.is !== "data") return;
    setLinted(outcome.data);
    const again = await readChange(change.id);
    if (again.is === "data") onChange(again.data, again.etag);
  };
  const tabs: Tab[] = [
    ...(isEditable ? [{ key: "draft", title: t("rules.tab.draft"), content: () => (
      <DraftForm key={turn} area={change.area_id ?? 0} rules={rules} work={work} onWork={write} findings={linted?.findings ?? []} tried={linted?.examples ?? []} />
    ) }] : []),
    { key: "diff", title: t("rules.tab.diff"), content: () => (
      <div class="stack">
        <Diff diff={change.diff} />
        <p><button type="button" onClick={() => saveText(`${change.name}.yaml`, change.document)}>{t("rules.export")}</button></p>
      </div>
    ) },
    ...(may("policy.write") ? [
      { key: "check", title: t("rules.tab.check"), content: () => <Check linted={linted} isBusy={isBusy} onLint={() => void lint()} /> },
      { key: "simulate", title: t("rules.tab.simulate"), content: () => <Simulations changeId={change.id} revision={change.revision} before={() => (isEditable ? save() : Promise.resolve(true))} /> },
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
          {isEditable && <p><button type="button" onClick={() => void save({ ...work, rebase: true })}>{t("rules.rebase")}</button></p>}
        </div>
      )}
      {failure && <Failed outcome={failure} />}
      <div class="row save">
        {isEditable && <>
          <button type="button" class={isSaved ? "" : "first"} aria-disabled={isSaved || isBusy} onClick={() => void save()}>{t("save")}</button>
          <button type="button" aria-disabled={isBusy} onClick={() => { setQuery({ tab: "check" }); void lint(); }}>{t("rules.check")}</button>
          <span role="status" class="soft">{isSaved ? t("rules.saved") : t("rules.unsaved")}</span>
          {!isSaved && <button type="button" class="bare" onClick={() => adopt(change)}>{t("rules.discard")}</button>}
        </>}
        <NextSteps change={change} etag={etag} onChanged={took} before={() => (isEditable ? save() : Promise.resolve(true))} />
      </div>
      <Tabs label={t("rules.change")} tabs={tabs} chosen={chosen} onChoose={(tab) => setQuery({ tab })} />
      {theirs && (
        <ConflictDialog mine={{ ...work, edits: saidEdits(work.edits, rules) }} theirs={theirs.change} onClose={() => setTheirs(undefined)}
          onChosen={(next) => { setTheirs(undefined); revision.current = theirs.change.revision; onChange(theirs.change, theirs.etag); latest.current = next; setWork(next); setTurn((held) => held + 1); void save(next, theirs.etag); }} />
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
