/** What a draft would have changed: the last days or a file decided again, with its progress, its counts and each case. */

import { useEffect, useState } from "preact/hooks";

import { api, ask, type Outcome, type Page, type Problem } from "../api";
import { count, say, t } from "../i18n";
import { FormProblem, TextField } from "../parts/fields";
import { Moment } from "../parts/marks";
import { Failed, Loading, Offline } from "../parts/states";
import { toast } from "../parts/toasts";
import type { Run } from "./calls";
import { Results } from "./results";

const LOOK_MS = 1000;
const UNDER_WAY = ["waiting", "running"];

/** Simulations of a change, the newest first, and the form for another. `before` saves what is unsaved. */
export function Simulations({ changeId, revision, before }: { changeId: string; revision: number; before: () => Promise<boolean> }) {
  const [runs, setRuns] = useState<readonly Run[]>();
  const [failure, setFailure] = useState<Parameters<typeof Failed>[0]["outcome"]>();
  const load = async (): Promise<void> => {
    const outcome = (await ask(api.GET("/api/v1/policy/simulations", { params: { query: { change: changeId, limit: 10 } } }))) as Outcome<Page<Run>>;
    setFailure(outcome.is === "data" ? undefined : outcome);
    if (outcome.is === "data") setRuns(outcome.data.items);
  };
  useEffect(() => void load(), [changeId]);
  const isUnderWay = runs?.some((one) => UNDER_WAY.includes(one.state)) ?? false;
  useEffect(() => {
    if (!isUnderWay) return undefined;
    const timer = setInterval(() => void load(), LOOK_MS);
    return () => clearInterval(timer);
  }, [isUnderWay]);
  const newest = runs?.[0];
  return (
    <div class="stack">
      <AskForm changeId={changeId} before={before} onAsked={(run) => setRuns([run, ...(runs ?? [])])} />
      {failure && <Failed outcome={failure} again={() => void load()} />}
      {!runs && !failure && <Loading />}
      {runs?.length === 0 && <p class="soft">{t("rules.sim.none")}</p>}
      {newest && <OneRun run={newest} revision={revision} onRun={(run) => setRuns([run, ...(runs ?? []).slice(1)])} />}
      {runs && runs.length > 1 && (
        <details>
          <summary>{t("rules.sim.earlier")}</summary>
          <div class="stack">{runs.slice(1).map((one) => <OneRun key={one.id} run={one} revision={revision} onRun={() => void load()} />)}</div>
        </details>
      )}
    </div>
  );
}

function AskForm({ changeId, before, onAsked }: { changeId: string; before: () => Promise<boolean>; onAsked: (run: Run) => void }) {
  const [days, setDays] = useState("30");
  const [file, setFile] = useState<File>();
  const [isFile, setIsFile] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [isOff, setIsOff] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const send = async (): Promise<void> => {
    if (isBusy || (isFile && !file) || !(await before())) return;
    setIsBusy(true);
    const cases = isFile && file ? { cases: { format: file.name.endsWith(".csv") ? "csv" : "jsonl", content: await file.text() } } : {};
    const outcome = (await ask(api.POST("/api/v1/policy/simulations", { body: { change_id: changeId, days: Number(days) || 30, ...cases } as never }))) as Outcome<Run>;
    setIsBusy(false);
    setProblem(outcome.is === "problem" ? outcome.problem : undefined);
    setIsOff(outcome.is === "offline");
    if (outcome.is === "data") onAsked(outcome.data);
  };
  const lines = (problem as unknown as { lines?: { line: number; reason: string }[] } | undefined)?.lines;
  return (
    <form class="card" noValidate onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <FormProblem problem={problem} />
      {lines && <ul>{lines.map((one) => <li key={one.line}>{t("rules.sim.line", { line: one.line, reason: one.reason })}</li>)}</ul>}
      {isOff && <Offline />}
      <fieldset>
        <legend>{t("rules.sim.on")}</legend>
        <label class="check"><input type="radio" name="source" checked={!isFile} onChange={() => setIsFile(false)} /> {t("rules.sim.past")}</label>
        <label class="check"><input type="radio" name="source" checked={isFile} onChange={() => setIsFile(true)} /> {t("rules.sim.file")}</label>
      </fieldset>
      {isFile
        ? <label class="field"><b>{t("rules.sim.file.which")}</b><small>{t("rules.sim.file.hint")}</small><input type="file" accept=".jsonl,.csv,.ndjson" onChange={(event) => setFile(event.currentTarget.files?.[0])} /></label>
        : <TextField type="number" min="1" max="366" label={t("rules.sim.days")} value={days} onValue={setDays} />}
      <p><button type="submit" class="first" aria-disabled={isBusy || (isFile && !file)}>{t("rules.sim.start")}</button></p>
    </form>
  );
}

function OneRun({ run, revision, onRun }: { run: Run; revision: number; onRun: (run: Run) => void }) {
  const isUnderWay = UNDER_WAY.includes(run.state);
  const cancel = async (): Promise<void> => {
    const outcome = (await ask(api.POST("/api/v1/policy/simulations/{simulation_id}/cancel", { params: { path: { simulation_id: run.id } } }))) as Outcome<Run>;
    if (outcome.is === "data") onRun(outcome.data);
    else toast(outcome.is === "offline" ? t("offline") : outcome.problem.title);
  };
  return (
    <section class="stack" aria-label={t("rules.sim.run")}>
      <p>
        <span class="badge">{say(`rules.sim.${run.state}`, run.state)}</span>{" "}
        {run.source === "past" ? t("rules.sim.source.past") : t("rules.sim.source.file")} · <Moment at={run.asked_at} />
        {run.revision !== null && run.revision !== revision && ` · ${t("rules.sim.old", { number: run.revision })}`}
      </p>
      {isUnderWay && (
        <div class="row">
          <progress aria-label={t("rules.sim.progress")} max={run.total || 1} value={run.total ? run.done : undefined} />
          <span>{t("rules.sim.done.of", { done: count(run.done), total: count(run.total) })}</span>
          <button type="button" aria-disabled={run.stop_asked} onClick={() => void (run.stop_asked || cancel())}>{run.stop_asked ? t("rules.sim.stopping") : t("rules.sim.cancel")}</button>
        </div>
      )}
      {run.state === "failed" && <p class="note warn">{t("rules.sim.failed.words")}</p>}
      {!isUnderWay && <Summary run={run} />}
      {!isUnderWay && run.changed > 0 && <Results run={run} />}
    </section>
  );
}

function Summary({ run }: { run: Run }) {
  return (
    <div class="note" role="status">
      {run.state === "cancelled" && <p>{t("rules.sim.stopped", { done: count(run.done), total: count(run.total) })}</p>}
      {run.done > 0 && <p><b>{run.changed === 0 ? t("rules.sim.same", { total: count(run.done) }) : t("rules.sim.changed", { changed: count(run.changed), total: count(run.done) })}</b></p>}
      {run.changed > 0 && (
        <dl class="counts">
          {Object.entries(run.summary).map(([name, number]) => <div key={name}><dt>{say(`rules.sim.sum.${name}`, name)}</dt><dd>{count(number)}</dd></div>)}
          {["grade_raised", "grade_lowered"].filter((name) => run.counts[name]).map((name) => <div key={name}><dt>{say(`rules.sim.sum.${name}`)}</dt><dd>{count(run.counts[name] ?? 0)}</dd></div>)}
        </dl>
      )}
      {run.unreadable > 0 && <p>{t("rules.sim.unreadable", { count: count(run.unreadable) })}</p>}
    </div>
  );
}
