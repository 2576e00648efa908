/** The queue: what is open, most urgent first. */

import { useEffect } from "preact/hooks";

import { api, ask, type Schemas } from "../api";
import { categoryName } from "../config";
import { pick, t } from "../i18n";
import { subscribe } from "../live";
import { useList } from "../parts/list";
import { Countdown, Grade, statusName } from "../parts/marks";
import { Screen } from "../parts/states";
import { Pages, Table, type Column } from "../parts/table";

type Listed = Required<Schemas["Listed"]>;

const COLUMNS = (): readonly Column<Listed>[] => [
  { key: "number", title: t("queue.number"), cell: (one) => <a href={`/console/incidents/${one.id}`}>{t("number", { number: one.number })}</a> },
  { key: "grade", title: t("queue.grade"), cell: (one) => <Grade grade={one.grade} /> },
  { key: "category", title: t("queue.category"), cell: (one) => categoryName(one.category) || t("queue.unsorted") },
  { key: "status", title: t("queue.status"), cell: (one) => statusName(one.status) },
  { key: "due", title: t("queue.due"), cell: (one) => one.due_at && <Countdown due={one.due_at} /> },
  { key: "owner", title: t("queue.owner"), cell: (one) => pick(one.owner.label) },
];

/** The screen. */
export default function Queue() {
  const list = useList<Listed>(async (cursor) => {
    const outcome = await ask(api.GET("/api/v1/incidents", { params: { query: cursor ? { cursor } : {} } }));
    return outcome.is === "data" ? { ...outcome, data: { items: (outcome.data.items ?? []) as Listed[], next_cursor: outcome.data.next_cursor ?? null } } : outcome;
  }, []);
  useEffect(() => subscribe({ onReset: () => void list.reload(), onEvents: () => void list.reload() }), [list]);
  return (
    <Screen title={t("queue.title")}>
      <Pages list={list} empty={<p>{t("queue.empty")}</p>}>
        {(rows) => <Table caption={t("queue.caption")} columns={COLUMNS()} rows={rows} keyOf={(one) => one.id} />}
      </Pages>
    </Screen>
  );
}
