/** One line for each report: what waits on this phone, and what was sent from it. */

import { drop, goOn, hurry, type Waiting } from "../../outbox/outbox";
import { Refused, statusWords } from "../../shared/frame";
import { ago, t, when } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { Confirm } from "./confirm";
import type { Known } from "./mylist";
import { kindWords, nameOf } from "./words";

const STALE_MS = 60_000;

/** Let everything that waits be tried at once. */
export async function sendNow(): Promise<void> {
  await hurry();
  await goOn();
}

/** A report that waits, or that the server did not take. */
export function WaitingRow({ row }: { row: Waiting }) {
  const needsMe = row.state === "attention";
  return (
    <li class="card">
      <p><b>{kindWords(row.kind)}</b></p>
      <p><span class="badge">{t(needsMe ? "status.attention" : "status.waiting")}</span> <small>{t("mine.written", { ago: ago(row.createdAt) })}</small></p>
      {needsMe && row.problem && <Refused problem={row.problem} />}
      <div class="row">
        {needsMe
          ? <a class="button first" href={`/report?mend=${row.id}`}>{t("mine.mend")}</a>
          : <button type="button" class="first" onClick={() => void sendNow()}>{t("mine.send_now")}</button>}
        <Confirm label={t("mine.drop")} yes={t("mine.drop_yes")} onYes={() => drop(row.id)}>
          <p>{t("mine.drop_ask")}</p>
        </Confirm>
      </div>
    </li>
  );
}

const NEWS = { message: "mine.news_message", status: "mine.news_status", step: "mine.news_step" } as const;

/** A report that was sent: what it is, how it stands as far as is known, and whether there is news. */
export function MineRow({ known: { mine, kept, news } }: { known: Known }) {
  const isByCode = "byCode" in mine;
  const status = kept?.answer.status ?? mine.status;
  const knownAt = kept?.at ?? Date.parse(mine.received_at);
  return (
    <li>
      <a class="card" href={`/reports/${mine.clientId}`}>
        <b>{nameOf(mine.kind, mine.incident.category, isByCode)}</b>
        <span class="row">
          <span class="badge">{statusWords(status)}</span>
          {news && <b class="row"><Icon name="bell" />{t(NEWS[news])}</b>}
        </span>
        <small>{t("mine.sent_at", { when: when(mine.received_at) })}</small>
        {Date.now() - knownAt > STALE_MS && <small>{t("mine.known", { ago: ago(knownAt) })}</small>}
      </a>
    </li>
  );
}
