/** The work on one draft: what is written, what the server has of it, and how the two come together. */

import { useEffect, useRef, useState } from "preact/hooks";

import { api, ask, isConflict, type Outcome } from "../api";
import { t } from "../i18n";
import { toast } from "../parts/toasts";
import { may } from "../session";
import { readChange, saveChange, type ChangeDetail, type Linted, type PlaceRules } from "./calls";
import { isSameWork, saidEdits, type Work } from "./draft-form";
import { keep, kept } from "./kept";
import { caughtUp } from "./lately";
import type { Edits } from "./model";
import { unfinished } from "./unfinished";

export type Failure = Exclude<Outcome<unknown>, { is: "data" }>;
/** A change as the server has it, with its tag. */
export interface Held {
  readonly change: ChangeDetail;
  readonly etag: string | undefined;
}

function workOf(said: { title: string; why: string; edits: unknown }): Work {
  return { title: said.title, why: said.why, edits: said.edits as Edits };
}

/** The draft of a change; `onChange` hears what the server answered. */
export function useDraft({ change, etag }: Held, rules: PlaceRules, onChange: (held: Held) => void) {
  const isEditable = change.allowed.includes("save") && may("policy.write");
  const own = useRef(isEditable ? kept(change.id) : undefined);
  // What was kept was written upon an earlier revision: saving it as it is would undo what others wrote since.
  const isBehind = useRef(own.current !== undefined && own.current.revision !== change.revision);
  const revision = useRef(change.revision);
  const [work, setWork] = useState<Work>(() => workOf(own.current ?? change));
  const latest = useRef(work);
  const [failure, setFailure] = useState<Failure>();
  const [theirs, setTheirs] = useState<Held | undefined>(() => (isBehind.current ? { change, etag } : undefined));
  const [linted, setLinted] = useState<Linted>();
  const [isBusy, setIsBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  const said = (of: Work): Work => ({ ...of, edits: saidEdits(of.edits, rules) });
  const show = (next: Work): void => {
    latest.current = next;
    setWork(next);
  };
  const write = (next: Work): void => {
    show(next);
    keep(change.id, isSameWork(next, workOf(change)) ? undefined : { ...next, revision: isBehind.current ? 0 : change.revision });
  };
  /** Show what the server has, in forms that begin anew. */
  const adopt = (of: ChangeDetail): void => {
    keep(of.id, undefined);
    isBehind.current = false;
    show(workOf(of));
    setLinted(undefined);
    setTurn((held) => held + 1);
  };
  useEffect(() => {
    if (revision.current !== change.revision && !kept(change.id)) adopt(change);
    revision.current = change.revision;
  }, [change.revision]);
  /** Take what the server answered. `sent`: what it was sent; whatever was typed since stays. */
  const took = (outcome: Outcome<ChangeDetail>, sent?: Work): boolean => {
    setFailure(outcome.is === "data" ? undefined : outcome);
    if (outcome.is !== "data") return false;
    if (outcome.data.id !== change.id) return true;
    if (outcome.data.revision !== change.revision) {
      const isStill = !sent || isSameWork(latest.current, sent);
      keep(change.id, isStill ? undefined : { ...latest.current, revision: outcome.data.revision });
      revision.current = outcome.data.revision;
      if (isStill) show(workOf(outcome.data));
    }
    onChange({ change: outcome.data, etag: outcome.etag });
    return true;
  };
  const send = async (whole: Work, tag: string | undefined, rebase: boolean): Promise<boolean> => {
    if (unfinished.value.size > 0) return toast(t("rules.unfinished")), false;
    setIsBusy(true);
    const outcome = await saveChange(change.id, { ...said(whole), ...(rebase && { rebase }) }, tag);
    setIsBusy(false);
    if (outcome.is === "problem" && isConflict(outcome.problem)) {
      const found = await readChange(change.id);
      if (found.is === "data") setTheirs({ change: found.data, etag: found.etag });
      return false;
    }
    if (outcome.is === "data") setLinted(undefined);
    return took(outcome, whole);
  };
  /** Save what is not saved; whether the server has it now. */
  const save = async (rebase = false): Promise<boolean> => {
    await caughtUp();
    if (!isEditable) return true;
    if (!rebase && isSameWork(said(latest.current), workOf(change))) return true;
    if (isBehind.current) return setTheirs({ change, etag }), false;
    return send(latest.current, etag, rebase);
  };
  /** Save what was chosen of both versions, upon theirs. */
  const settle = async (next: Work, upon: Held): Promise<void> => {
    setTheirs(undefined);
    isBehind.current = false;
    revision.current = upon.change.revision;
    onChange(upon);
    show(next);
    keep(change.id, { ...next, revision: upon.change.revision });
    setTurn((held) => held + 1);
    await send(next, upon.etag, false);
  };
  const lint = async (): Promise<void> => {
    if (!(await save())) return;
    setIsBusy(true);
    const outcome = (await ask(api.POST("/api/v1/policy/changes/{change_id}/lint", { params: { path: { change_id: change.id } } }))) as Outcome<Linted>;
    setIsBusy(false);
    setFailure(outcome.is === "data" ? undefined : outcome);
    if (outcome.is !== "data") return;
    setLinted(outcome.data);
    const again = await readChange(change.id);
    if (again.is === "data") onChange({ change: again.data, etag: again.etag });
  };
  const isSaved = isSameWork(said(work), workOf(change));
  return { isEditable, work, mine: said(work), write, discard: () => adopt(change), save, settle, lint, took, linted, failure, theirs, leave: () => setTheirs(undefined), isBusy, isSaved, turn };
}
