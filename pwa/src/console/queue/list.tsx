/** The lane of alarms and the table below it. Each row can be reached, marked and acted on by keyboard. */

import type { ComponentChildren } from "preact";

import { categoryName } from "../config";
import { pick, span, t } from "../i18n";
import { Icon } from "../icons";
import { Countdown, Grade, present, statusName, usePresent } from "../parts/marks";
import type { Present } from "../presence";
import type { Alarm, Listed } from "./asking";
import { areaName } from "./places";

/** What a person says of an incident in one line. */
export function whatOf(one: Listed): string {
  return categoryName(one.category) || t(one.kind === "distress" ? "queue.sos" : "queue.unsorted");
}

/** Who else looks at it, in words. */
export function lookersOf(others: readonly Present[] | undefined): string {
  if (!others?.length) return "";
  const names = others.map((one) => one.name ?? t("queue.colleague"));
  return t("queue.looking", { names: new Intl.ListFormat(document.documentElement.lang).format(names) });
}

interface LaneProps {
  readonly alarms: readonly Alarm[];
  readonly others: ReadonlyMap<string, readonly Present[]>;
  readonly onAcknowledge: (one: Alarm) => void;
}

/** Incidents of the highest grade: pinned, with the clock by which they have to be seen and the next rung of the ladder. */
export function Lane({ alarms, others, onAcknowledge }: LaneProps) {
  if (alarms.length === 0) return null;
  return (
    <section class="lane" aria-labelledby="lane">
      <h2 id="lane"><Icon name="sos" /> {t("queue.lane", { count: alarms.length })}</h2>
      <ul class="plain">
        {alarms.map((one) => (
          <li key={one.id} class="alarm" data-row={one.id}>
            <div class="tight">
              <a href={`/console/incidents/${one.id}`}><b>{t("number", { number: one.number })}</b> {whatOf(one)}</a>
              <span class="soft">{[areaName(one.area_id), pick(one.owner.label), statusName(one.status)].filter(Boolean).join(" · ")}</span>
              <Looking others={others.get(one.id)} />
            </div>
            <div class="tight">
              {one.acknowledge_by ? <span>{t("queue.seen_by")} <Countdown due={one.acknowledge_by} /></span> : <span>✓ {t("queue.seen")}</span>}
              {one.next_rung_at && <span class="soft">{t("queue.rung", { rung: one.rungs_climbed + 1 })} <Countdown due={one.next_rung_at} /></span>}
              {!one.next_rung_at && one.due_at && <span class="soft">{t("queue.due")}: <Countdown due={one.due_at} /></span>}
            </div>
            {one.acknowledge_by && <button type="button" class="sos" onClick={() => onAcknowledge(one)}>{t("queue.acknowledge")}</button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Looking({ others }: { others: readonly Present[] | undefined }) {
  const said = lookersOf(others);
  return said ? <span class="lookers">👁 {said}</span> : null;
}

interface RowsProps {
  readonly rows: readonly Listed[];
  readonly others: ReadonlyMap<string, readonly Present[]>;
  readonly marked: ReadonlySet<string>;
  readonly onMark: (id: string, isRange: boolean) => void;
}

const COLUMNS = ["number", "grade", "category", "area", "status", "due", "owner"] as const;

/** The table. */
export function Rows({ rows, others, marked, onMark }: RowsProps) {
  usePresent();
  return (
    <table class="table queue" role="table">
      <caption class="unseen">{t("queue.caption")}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col"><span class="unseen">{t("queue.mark")}</span></th>
          {COLUMNS.map((name) => <th key={name} role="columnheader" scope="col">{t(`queue.${name}`)}</th>)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((one) => <Row key={one.id} one={one} others={others.get(one.id)} isMarked={marked.has(one.id)} onMark={onMark} />)}
      </tbody>
    </table>
  );
}

function Row({ one, others, isMarked, onMark }: { one: Listed; others: readonly Present[] | undefined; isMarked: boolean; onMark: RowsProps["onMark"] }) {
  const number = t("number", { number: one.number });
  return (
    <tr role="row" data-row={one.id} class={`${isMarked ? "marked" : ""} ${one.closed_at ? "over" : ""}`}>
      <td role="cell" class="mark" data-title="">
        <label class="mark-box">
          <input type="checkbox" checked={isMarked} aria-label={t("queue.mark_one", { number })} onClick={(event) => onMark(one.id, event.shiftKey)} />
        </label>
      </td>
      <Cell title="number"><a href={`/console/incidents/${one.id}`}>{number}</a>{!one.acknowledged_at && !one.closed_at && <span class="badge">{t("queue.unseen")}</span>}</Cell>
      <Cell title="grade"><Grade grade={one.grade} /></Cell>
      <Cell title="category">
        <span>
          {whatOf(one)}
          {one.report_count > 1 && <span class="soft"> · {t("queue.reports", { count: one.report_count })}</span>}
          {one.major && <span class="badge">{t("queue.major")}</span>}
          {one.disputed && <span class="badge">{t("queue.disputed")}</span>}
          {one.diverted && !one.diversion_answered && <span class="badge late">{t("queue.who_attends")}</span>}
          <Looking others={others} />
        </span>
      </Cell>
      <Cell title="area">{areaName(one.area_id)}</Cell>
      <Cell title="status">{statusName(one.status)}</Cell>
      <Cell title="due">{one.due_at && !one.closed_at ? <Due one={one} /> : <span class="soft">–</span>}</Cell>
      <Cell title="owner">{pick(one.owner.label)}</Cell>
    </tr>
  );
}

function Cell({ title, children }: { title: (typeof COLUMNS)[number]; children: ComponentChildren }) {
  return <td role="cell" data-title={t(`queue.${title}`)}>{children}</td>;
}

/** How long until the next promise, and how much of its time is used; what is late has used all of it. */
function Due({ one }: { one: Listed }) {
  const due = Date.parse(one.due_at ?? "");
  const since = Date.parse(one.due_since ?? one.opened_at);
  const used = Math.min(1, Math.max(0, (present.value - since) / Math.max(1, due - since)));
  return (
    <span class="due">
      <Countdown due={one.due_at as string} />
      <progress max={1} value={used} aria-label={t("queue.used")} title={t("queue.used_of", { share: Math.round(used * 100), span: span((due - since) / 1000) })} />
    </span>
  );
}
