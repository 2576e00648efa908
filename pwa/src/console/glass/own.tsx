/** What one opened oneself: until when, the way there, the way out, and what was said about it. */

import { api, ask } from "../api";
import { t } from "../i18n";
import { useList } from "../parts/list";
import { Countdown, Moment } from "../parts/marks";
import { Pages, Table, type Column } from "../parts/table";
import { toast } from "../parts/toasts";
import { changes, pageOf, type Opening } from "./opening";

async function end(one: Opening): Promise<void> {
  const outcome = await ask(api.POST("/api/v1/break-glass/{opening_id}/end", { params: { path: { opening_id: one.id } } }));
  toast(outcome.is === "data" ? t("glass.ended") : outcome.is === "problem" ? outcome.problem.title : t("offline"));
  changes.value += 1;
}

const COLUMNS = (): readonly Column<Opening>[] => [
  { key: "incident", title: t("glass.incident"), cell: (one) => t("number", { number: one.number }) },
  { key: "state", title: t("glass.state"), cell: (one) => t(`glass.state.${one.state as "open"}`) },
  { key: "time", title: t("glass.left"), cell: (one) => (one.state === "open" ? <Countdown due={one.expires_at} /> : <Moment at={one.opened_at} />) },
  { key: "why", title: t("glass.why"), cell: (one) => one.reason },
  { key: "do", title: t("glass.do"), cell: (one) => one.state === "open" && (
    <span class="row">
      <a class="button" href={`/console/incidents/${one.incident_id}`}>{t("glass.read")}</a>
      <button type="button" onClick={() => void end(one)}>{t("glass.end")}</button>
    </span>
  ) },
];

/** The list. */
export function OwnOpenings() {
  const list = useList<Opening>(
    async (cursor) => pageOf(await ask(api.GET("/api/v1/me/break-glass", { params: { query: cursor ? { cursor } : {} } }))),
    [changes.value],
  );
  return (
    <Pages list={list} empty={<p>{t("glass.none")}</p>}>
      {(rows) => <Table caption={t("glass.mine")} columns={COLUMNS()} rows={rows} keyOf={(one) => one.id} />}
    </Pages>
  );
}
