/** Openings for those who review them: who, which, why, how often they looked; and the review itself. */

import { useState } from "preact/hooks";

import { api, ask, type Problem } from "../api";
import { t, when } from "../i18n";
import { Dialog } from "../parts/dialog";
import { Form, FormProblem, WordsField, wrongWith } from "../parts/fields";
import { OneFilter } from "../parts/filters";
import { useList } from "../parts/list";
import { Moment } from "../parts/marks";
import { Offline } from "../parts/states";
import { Pages, Table, type Column } from "../parts/table";
import { toast } from "../parts/toasts";
import { place } from "../router";
import { changes, pageOf, type Opening } from "./opening";

const STATES = ["waiting", "open", "reviewed"] as const;
type State = (typeof STATES)[number];

/** The list with its dialog. */
export function Reviews() {
  const [chosen, choose] = useState<Opening | undefined>();
  const state = STATES.find((one) => one === place.value.query.get("state"));
  const list = useList<Opening>(async (cursor) => {
    const query = { ...(state && { state: state as State }), ...(cursor && { cursor }) };
    return pageOf(await ask(api.GET("/api/v1/break-glass", { params: { query } })));
  }, [state, changes.value]);
  const columns: readonly Column<Opening>[] = [
    { key: "incident", title: t("glass.incident"), cell: (one) => <a href={`/console/incidents/${one.incident_id}`}>{t("number", { number: one.number })}</a> },
    { key: "who", title: t("glass.who"), cell: (one) => one.person ?? "–" },
    { key: "when", title: t("glass.when"), cell: (one) => <Moment at={one.opened_at} /> },
    { key: "why", title: t("glass.why"), cell: (one) => one.reason },
    { key: "looks", title: t("glass.looks"), numeric: true, cell: (one) => one.looks },
    { key: "state", title: t("glass.state"), cell: (one) => <>{t(`glass.state.${one.state as "open"}`)}{one.review_note && <><br /><span class="soft">{one.reviewer}: {one.review_note}</span></>}</> },
    { key: "do", title: t("glass.do"), cell: (one) => one.is_mine ? <span class="soft">{t("glass.review.own")}</span>
      : one.allowed.includes("approve") && <button type="button" onClick={() => choose(one)}>{t("glass.review")}</button> },
  ];
  return (
    <div class="stack">
      <div class="filters">
        <OneFilter name="state" label={t("glass.review.show")} options={STATES.map((value) => ({ value, words: t(`glass.review.state.${value}`) }))} />
      </div>
      <Pages list={list} empty={<p>{t("glass.review.none")}</p>}>
        {(rows) => <Table caption={t("glass.review.caption")} columns={columns} rows={rows} keyOf={(one) => one.id} />}
      </Pages>
      {chosen && <Review opening={chosen} onClose={() => choose(undefined)} />}
    </div>
  );
}

function Review({ opening, onClose }: { opening: Opening; onClose: () => void }) {
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<Problem | undefined>();
  const [isOffline, setOffline] = useState(false);
  const send = async (justified: boolean): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/break-glass/{opening_id}/review", { params: { path: { opening_id: opening.id } }, body: { justified, note } }));
    setOffline(outcome.is === "offline");
    setProblem(outcome.is === "problem" ? outcome.problem : undefined);
    if (outcome.is !== "data") return;
    toast(t("glass.review.done"));
    changes.value += 1;
    onClose();
  };
  return (
    <Dialog title={t("glass.review.title")} onClose={onClose}>
      <p>{t("glass.review.said", { person: opening.person ?? "–", number: opening.number, at: when(opening.opened_at), looks: opening.looks })}</p>
      <blockquote>{opening.reason}</blockquote>
      <FormProblem problem={problem} />
      {isOffline && <Offline />}
      <Form onSend={() => undefined}>
        <WordsField label={t("glass.review.note")} hint={t("glass.review.note.hint")} value={note} onValue={setNote} error={wrongWith(problem, "note")} />
        <div class="row end">
          <button type="button" class="danger" onClick={() => void send(false)}>{t("glass.review.no")}</button>
          <button type="button" class="first" onClick={() => void send(true)}>{t("glass.review.yes")}</button>
        </div>
      </Form>
    </Dialog>
  );
}
