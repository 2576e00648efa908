/** The rotas of a week: desks by days, the same as a list, and every gap in words with the way to fill it. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { api, ask, type Schemas } from "../api";
import { pick, t } from "../i18n";
import { FilterBar, OneFilter, YesFilter } from "../parts/filters";
import { useKeys } from "../parts/keys";
import { useList } from "../parts/list";
import { Pages, Table, WideTable, type Column } from "../parts/table";
import { place, setQuery } from "../router";
import { may } from "../session";
import { clockAt, dayAndClock, dayName, daysAfter, named, optionsOf, pageOf, useOrganisations, type Whole } from "./common";
import { AddTurn, TurnDialog } from "./turn";

export type DeskWeek = Whole<Schemas["DeskWeek"]>;
export type WeekShift = DeskWeek["shifts"][number];
type Gap = DeskWeek["gaps"][number];
type Opened = { readonly week: DeskWeek; readonly shift?: WeekShift; readonly gap?: Gap };

const KINDS = ["duty", "organisation", "buck_stops"] as const;
const opened = signal<Opened | undefined>(undefined);

/** The present day of whoever looks. */
function today(): string {
  return new Date().toLocaleDateString("sv-SE");
}

/** The Monday of the week of a day. */
function mondayOf(date: string): string {
  return daysAfter(date, -((new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7));
}

/** The view. */
export function Week() {
  const query = place.value.query;
  const of = mondayOf(query.get("of") ?? today());
  const [kind, organisation] = [query.get("kind") ?? "", query.get("body") ?? ""];
  const bodies = useOrganisations();
  const list = useList<DeskWeek>((cursor) => pageOf(ask(api.GET("/api/v1/rosters/weeks", {
    params: { query: { of, ...(cursor && { cursor }), ...(kind && { kind: kind as (typeof KINDS)[number] }), ...(organisation && { organisation }) } },
  }))), [of, kind, organisation]);
  const move = (days: number): void => setQuery({ of: daysAfter(of, days) });
  useKeys(() => [
    { press: "n", does: t("rosters.next"), act: () => move(7) },
    { press: "p", does: t("rosters.previous"), act: () => move(-7) },
  ]);
  const shut = (changed: boolean): void => {
    opened.value = undefined;
    if (changed) void list.reload();
  };
  return (
    <div class="stack">
      <div class="row">
        <button type="button" onClick={() => move(-7)}>{t("rosters.previous")}</button>
        <button type="button" onClick={() => setQuery({ of: null })}>{t("rosters.this_week")}</button>
        <button type="button" onClick={() => move(7)}>{t("rosters.next")}</button>
        <h2 aria-live="polite">{t("rosters.week_of", { from: dayName(of), to: dayName(daysAfter(of, 6), { day: "numeric", month: "short", year: "numeric" }) })}</h2>
      </div>
      <FilterBar names={["kind", "body", "list"]}>
        <OneFilter name="kind" label={t("rosters.kind")} options={KINDS.map((value) => ({ value, words: t(`rosters.kind.${value}`) }))} />
        <OneFilter name="body" label={t("rosters.body")} options={optionsOf(bodies)} />
        <YesFilter name="list" label={t("rosters.as_list")} />
      </FilterBar>
      <Pages list={list} empty={t("rosters.no_desks")}>
        {(weeks) => (
          <>
            <Gaps weeks={weeks} />
            {query.get("list") ? <Turns weeks={weeks} /> : <Grid weeks={weeks} of={of} />}
          </>
        )}
      </Pages>
      {opened.value?.shift && <TurnDialog week={opened.value.week} shift={opened.value.shift} onClose={shut} />}
      {opened.value && !opened.value.shift && <AddTurn week={opened.value.week} gap={opened.value.gap} onClose={shut} />}
    </div>
  );
}

/** Every gap of the week, in words. */
function Gaps({ weeks }: { weeks: readonly DeskWeek[] }) {
  const all = weeks.flatMap((week) => week.gaps.map((gap) => ({ week, gap })));
  if (all.length === 0) return <p class="card">{t("rosters.no_gaps")}</p>;
  return (
    <section class="card" aria-labelledby="gaps">
      <h2 id="gaps">{t("rosters.gaps", { count: all.length })}</h2>
      <ul class="plain stack gap-list">
        {all.map(({ week, gap }) => (
          <li key={`${week.desk.id} ${gap.from}`} class="row">
            <span class={gap.instead === "nobody" ? "wrong" : ""}>{pick(gap.text)}</span>
            {may("rosters.write") && (
              <button type="button" aria-label={t("rosters.fill.of", { gap: pick(gap.text) })} onClick={() => (opened.value = { week, gap })}>{t("rosters.fill")}</button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Desks by days. As cards on a phone, each day of a desk is a line. */
function Grid({ weeks, of }: { weeks: readonly DeskWeek[]; of: string }) {
  const days = Array.from({ length: 7 }, (_, number) => daysAfter(of, number));
  const columns: readonly Column<DeskWeek>[] = [
    { key: "desk", title: t("rosters.desk"), cell: (week) => <DeskHead week={week} /> },
    ...days.map((date) => ({ key: date, title: dayName(date), cell: (week: DeskWeek) => <Day week={week} date={date} /> })),
  ];
  return <WideTable caption={t("rosters.caption")} columns={columns} rows={weeks} keyOf={(week) => week.desk.id} />;
}

function DeskHead({ week }: { week: DeskWeek }) {
  return (
    <div class="tight">
      <b>{named(week.desk)}</b>
      <small>{t(`rosters.kind.${week.desk.kind}`)} · {t("rosters.zone", { zone: week.timezone })}</small>
      {week.desk.always_staffed && <small>{t("rosters.always")}</small>}
      {may("rosters.write") && (
        <button type="button" aria-label={t("rosters.add.to", { desk: named(week.desk) })} onClick={() => (opened.value = { week })}>{t("rosters.add")}</button>
      )}
    </div>
  );
}

function Day({ week, date }: { week: DeskWeek; date: string }) {
  const day = week.days.find((one) => one.date === date);
  const isIn = (one: { days: readonly string[] }): boolean => one.days.includes(date);
  const parts: ComponentChildren[] = [
    ...week.shifts.filter(isIn).map((shift) => <Turn key={shift.id} week={week} shift={shift} times={within(shift, date, week)} />),
    ...week.gaps.filter(isIn).map((gap) => (
      <span key={gap.from} class={`gap gap-${gap.instead}`}>
        <span aria-hidden="true">⚠ </span>{t(`rosters.gap.${gap.instead}`)} {within(gap, date, week)}
      </span>
    )),
  ];
  return (
    <div class="tight">
      {day && day.length_h !== 24 && <small>{t("rosters.long_day", { hours: day.length_h })}</small>}
      {parts.length > 0 ? parts : <span class="soft">–</span>}
    </div>
  );
}

/** The part of a period that lies on a day, by the clocks there. */
function within(period: { from: string; to: string }, date: string, week: DeskWeek): string {
  const day = week.days.find((one) => one.date === date);
  const from = day && Date.parse(period.from) < Date.parse(day.from) ? day.from : period.from;
  const isToEnd = day !== undefined && Date.parse(period.to) >= Date.parse(day.to);
  return `${clockAt(from, week.timezone)}–${isToEnd ? "24:00" : clockAt(period.to, week.timezone)}`;
}

function Turn({ week, shift, times }: { week: DeskWeek; shift: WeekShift; times: string }) {
  const who = shift.name ?? t("rosters.somebody");
  const rank = shift.rank === 0 ? "" : t("rosters.rank.short", { rank: shift.rank });
  return (
    <button type="button" class="turn" aria-label={t("rosters.turn.of", { who, times, desk: named(week.desk), rank })} onClick={() => (opened.value = { week, shift })}>
      <span>{who}{rank && ` · ${rank}`}</span>
      <small>{times}{shift.has_handover_note ? ` · ${t("rosters.noted")}` : ""}</small>
    </button>
  );
}

/** The same as a list, in the order of time. */
function Turns({ weeks }: { weeks: readonly DeskWeek[] }) {
  const rows = weeks.flatMap((week) => week.shifts.map((shift) => ({ week, shift }))).sort((a, b) => (a.shift.from < b.shift.from ? -1 : 1));
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { key: "from", title: t("rosters.from"), cell: ({ week, shift }) => dayAndClock(shift.from, week.timezone) },
    { key: "to", title: t("rosters.to"), cell: ({ week, shift }) => dayAndClock(shift.to, week.timezone) },
    { key: "desk", title: t("rosters.desk"), cell: ({ week }) => named(week.desk) },
    { key: "who", title: t("rosters.who"), cell: ({ shift }) => shift.name ?? t("rosters.somebody") },
    { key: "rank", title: t("rosters.rank"), cell: ({ shift }) => t(shift.rank === 0 ? "rosters.rank.first" : "rosters.rank.deputy") },
    { key: "open", title: t("rosters.acts"), cell: ({ week, shift }) => <button type="button" onClick={() => (opened.value = { week, shift })}>{t("rosters.open")}</button> },
  ];
  if (rows.length === 0) return <p class="card soft">{t("rosters.no_turns")}</p>;
  return <Table caption={t("rosters.caption.list")} columns={columns} rows={rows} keyOf={({ week, shift }) => `${week.desk.id} ${shift.id}`} />;
}
