/** Decisions on incidents from the queue: triage of one or several, a higher grade, and what to do when somebody was faster. */

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";

import { api, ask, ifMatch, isConflict, newKey, once, type Outcome, type Problem } from "../api";
import { categories, categoryName } from "../config";
import { say, t } from "../i18n";
import { Dialog } from "../parts/dialog";
import { Form, FormProblem, SelectField, WordsField, wrongWith } from "../parts/fields";
import { Grade, statusName } from "../parts/marks";
import { toast } from "../parts/toasts";
import { useLooking } from "../presence";
import type { Listed } from "./asking";
import { lookersOf, whatOf } from "./list";
import { Refusals, type Result } from "./refusals";
import type { Queue } from "./store";

type Deed = "triage" | "regrade";

interface Props {
  readonly deed: Deed;
  readonly rows: readonly Listed[];
  readonly queue: Queue;
  /** `left`: the incidents that were refused and stay marked. */
  readonly onClose: (left: readonly string[]) => void;
}

const OFFLINE = (): Problem => ({ status: 0, code: "offline", title: t("offline") });
const ATTENDS = ["attending", "passed_on", "not_needed"] as const;

/** What a person decides. */
interface Choice {
  readonly category: string;
  /** "" leaves it to the rules. */
  readonly grade: string;
  readonly reason: string;
  readonly attends: string;
}

/** The dialog for one deed on one incident or on several. */
export function Deciding({ deed, rows, queue, onClose }: Props) {
  const one = rows.length === 1 ? rows[0] : undefined;
  const others = useLooking(one?.id);
  const [choice, setChoice] = useState<Choice>({
    category: one?.category ?? "", grade: deed === "regrade" ? String(Math.max(1, (one?.grade ?? 2) - 1)) : "", reason: "", attends: "",
  });
  const [problem, setProblem] = useState<Problem | undefined>();
  const [theirs, setTheirs] = useState<Listed | undefined>();
  const [refused, setRefused] = useState<readonly Result[]>([]);
  const key = useMemo(newKey, [choice, theirs]);
  const [isBusy, setBusy] = useState(false);

  const settle = async (outcome: Outcome<Listed>, incident: Listed): Promise<void> => {
    if (outcome.is === "data") {
      queue.take(outcome.data);
      toast(t(deed === "triage" ? "queue.triaged" : "queue.regraded", { number: incident.number }));
      return onClose([]);
    }
    if (outcome.is === "problem" && isConflict(outcome.problem)) {
      setTheirs((await queue.refresh([incident.id])).find((found) => found.id === incident.id));
      return;
    }
    setProblem(outcome.is === "problem" ? outcome.problem : OFFLINE());
  };
  const send = async (version?: number): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    if (one) await settle(await decide(deed, one.id, choice, version ?? one.version, key), one);
    else {
      const outcome = await decideAll(rows, choice, key);
      if (outcome.is !== "data") setProblem(outcome.is === "problem" ? outcome.problem : OFFLINE());
      else {
        const failed = outcome.data.filter((result) => result.problem);
        for (const result of outcome.data) if (result.incident) queue.take(result.incident as Listed);
        toast(t("queue.triaged_many", { count: outcome.data.length - failed.length }));
        // What somebody else changed is shown as it stands now, so that it can be decided on anew.
        if (failed.length > 0) await queue.refresh(failed.map((result) => result.id));
        if (failed.length === 0) onClose([]);
        else setRefused(failed);
      }
    }
    setBusy(false);
  };
  const set = (part: Partial<Choice>): void => setChoice((former) => ({ ...former, ...part }));
  const title = one ? t(`queue.${deed}.one`, { number: one.number }) : t("queue.triage.many", { count: rows.length });

  if (theirs && one) return <Conflict one={one} theirs={theirs} choice={choice} problem={problem} onTheirs={() => onClose([])} onMine={() => void send(theirs.version)} />;
  if (refused.length > 0) return <Refusals title={t("queue.refused", { count: refused.length })} results={refused} rows={rows} onClose={() => onClose(refused.map((result) => result.id))} />;
  return (
    <Dialog title={title} onClose={() => onClose(rows.map((row) => row.id))}>
      {one && <p class="soft">{whatOf(one)} · {statusName(one.status)}</p>}
      {others.value.length > 0 && <p class="note" role="status">{lookersOf(others.value)}</p>}
      <Form onSend={() => send()}>
        <FormProblem problem={problem} />
        {deed === "triage" && (
          <SelectField label={t("queue.category")} error={wrongWith(problem, "category")} none={t("queue.choose")} value={choice.category} onValue={(category) => set({ category })}
            options={categories().map((found) => ({ value: found.code, words: categoryName(found.code) }))} />
        )}
        <SelectField label={t("queue.grade")} error={wrongWith(problem, "grade")} {...(deed === "triage" && { none: t("queue.by_rules") })} value={choice.grade} onValue={(grade) => set({ grade })}
          options={[1, 2, 3, 4, 5].filter((grade) => deed === "triage" || grade < (one?.grade ?? 6)).map((grade) => ({ value: String(grade), words: `${t("grade", { grade })} ${say(`grade.${grade}`)}` }))} />
        {one?.diverted && !one.diversion_answered && deed === "triage" && (
          <SelectField label={t("queue.who_attends")} none={t("queue.choose")} value={choice.attends} onValue={(attends) => set({ attends })}
            options={ATTENDS.map((found) => ({ value: found, words: t(`queue.attends.${found}`) }))} />
        )}
        <WordsField label={t("queue.reason")} hint={t("queue.reason.hint")} error={wrongWith(problem, "reason")} rows={2} value={choice.reason} onValue={(reason) => set({ reason })} />
        <button class="first" aria-disabled={isBusy}>{t(deed === "triage" ? "queue.triage.do" : "queue.regrade.do")}</button>
      </Form>
    </Dialog>
  );
}

async function decide(deed: Deed, id: string, choice: Choice, version: number, key: string): Promise<Outcome<Listed>> {
  const path = { params: { path: { incident_id: id } }, headers: { ...ifMatch(`"${version}"`).headers, ...once(key).headers } };
  const reason = choice.reason.trim() ? { reason: choice.reason } : {};
  const outcome = deed === "regrade"
    ? await ask(api.POST("/api/v1/incidents/{incident_id}/regrade", { ...path, body: { grade: Number(choice.grade), contact_made: false, ...reason } }))
    : await ask(api.POST("/api/v1/incidents/{incident_id}/triage", {
        ...path,
        body: {
          category: choice.category, flags: [], ...reason, ...(choice.grade && { grade: Number(choice.grade) }),
          ...(choice.attends && { emergency_attends: choice.attends as (typeof ATTENDS)[number] }),
        },
      }));
  return outcome as Outcome<Listed>;
}

async function decideAll(rows: readonly Listed[], choice: Choice, key: string): Promise<Outcome<readonly Result[]>> {
  const body = {
    act: "triage" as const, category: choice.category, items: rows.map(({ id, version }) => ({ id, version })),
    ...(choice.grade && { grade: Number(choice.grade) }), ...(choice.reason.trim() && { reason: choice.reason }),
  };
  const outcome = await ask(api.POST("/api/v1/incidents/bulk", { ...once(key), body }));
  return outcome.is === "data" ? { ...outcome, data: (outcome.data.items ?? []) as Result[] } : outcome;
}

interface ConflictProps {
  readonly one: Listed;
  readonly theirs: Listed;
  readonly choice: Choice;
  readonly problem: Problem | undefined;
  readonly onTheirs: () => void;
  readonly onMine: () => void;
}

/** Somebody changed it meanwhile: how it was, how it is now, and what one wanted; the person chooses. */
function Conflict({ one, theirs, choice, problem, onTheirs, onMine }: ConflictProps) {
  const grade = choice.grade ? Number(choice.grade) : undefined;
  return (
    <Dialog title={t("queue.conflict", { number: one.number })} onClose={onTheirs} wide>
      <p>{t("queue.conflict.words")}</p>
      <FormProblem problem={problem} />
      <table class="table" role="table">
        <thead role="rowgroup">
          <tr role="row">{["what", "before", "theirs", "mine"].map((name) => <th key={name} role="columnheader" scope="col">{say(`queue.conflict.${name}`)}</th>)}</tr>
        </thead>
        <tbody role="rowgroup">
          <tr role="row">
            <th role="rowheader" scope="row">{t("queue.category")}</th>
            <Said title="before">{whatOf(one)}</Said><Said title="theirs">{whatOf(theirs)}</Said><Said title="mine">{categoryName(choice.category) || whatOf(one)}</Said>
          </tr>
          <tr role="row">
            <th role="rowheader" scope="row">{t("queue.grade")}</th>
            <Said title="before"><Grade grade={one.grade} /></Said><Said title="theirs"><Grade grade={theirs.grade} /></Said>
            <Said title="mine">{grade ? <Grade grade={grade} /> : t("queue.by_rules")}</Said>
          </tr>
          <tr role="row">
            <th role="rowheader" scope="row">{t("queue.status")}</th>
            <Said title="before">{statusName(one.status)}</Said><Said title="theirs">{statusName(theirs.status)}</Said><Said title="mine">–</Said>
          </tr>
        </tbody>
      </table>
      <div class="row end">
        <button type="button" onClick={onTheirs}>{t("queue.conflict.keep")}</button>
        <button type="button" class="first" onClick={onMine}>{t("queue.conflict.mine_too")}</button>
      </div>
    </Dialog>
  );
}

function Said({ title, children }: { title: "before" | "theirs" | "mine"; children: ComponentChildren }) {
  return <td role="cell" data-title={t(`queue.conflict.${title}`)}>{children}</td>;
}
