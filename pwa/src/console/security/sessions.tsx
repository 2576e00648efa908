/** Where one is signed in, and ending that. */

import { api, ask } from "../api";
import { say, t } from "../i18n";
import { Moment } from "../parts/marks";
import { Table, type Column } from "../parts/table";
import { toast } from "../parts/toasts";
import { Show, useLoaded, whole, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import type { Schemas } from "../api";

type Row = Whole<Schemas["SessionItem"]>;

/** What a session is on, in words. */
export function deviceWords(one: { readonly device: string; readonly browser: string }): string {
  const browser = one.browser === "unknown" ? "" : ` · ${one.browser[0]?.toUpperCase()}${one.browser.slice(1)}`;
  return say(`security.device.${one.device}`, one.device) + browser;
}

/** The part. */
export function Sessions() {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/me/sessions"))), []);
  const { hear, words } = useSaid();
  const end = async (row: Row): Promise<void> => {
    if (hear(await ask(api.DELETE("/api/v1/me/sessions/{session_id}", { params: { path: { session_id: row.id } } })))) toast(t("security.sessions.ended"));
    await loaded.reload();
  };
  const endOthers = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/me/sessions/end-others"));
    if (hear(outcome)) toast(t("security.sessions.ended.all", { count: outcome.data.ended ?? 0 }));
    await loaded.reload();
  };
  const columns: readonly Column<Row>[] = [
    { key: "device", title: t("security.sessions.device"), cell: (one) => <span>{deviceWords(one)}{one.is_this && <b> · {t("security.sessions.this")}</b>}</span> },
    { key: "first", title: t("security.sessions.first"), cell: (one) => <Moment at={one.first_at} /> },
    { key: "last", title: t("security.sessions.last"), cell: (one) => <Moment at={one.last_at} /> },
    { key: "do", title: t("security.sessions.do"), cell: (one) => !one.is_this && <button type="button" aria-label={`${t("security.sessions.end")}: ${deviceWords(one)}`} onClick={() => void end(one)}>{t("security.sessions.end")}</button> },
  ];
  return (
    <section class="card stack" aria-labelledby="sessions">
      <h2 id="sessions">{t("security.sessions")}</h2>
      {words}
      <Show of={loaded}>
        {({ items }) => (
          <>
            <Table caption={t("security.sessions")} columns={columns} rows={items} keyOf={(one) => one.id} />
            {items.length > 1 && <p><button type="button" onClick={() => void endOthers()}>{t("security.sessions.end.all")}</button></p>}
          </>
        )}
      </Show>
    </section>
  );
}
