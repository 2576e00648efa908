/** Swaps: what was asked, of whom, and what the reader may do about it. */

import { useState } from "preact/hooks";

import { api, ask, type Problem, type Schemas } from "../api";
import { pick, t } from "../i18n";
import { confirm } from "../parts/dialog";
import { FilterBar, YesFilter } from "../parts/filters";
import { useList } from "../parts/list";
import { Refused } from "../parts/states";
import { Pages } from "../parts/table";
import { toast } from "../parts/toasts";
import { place } from "../router";
import { clockAt, dayAndClock, pageOf, type Whole } from "./common";

type SwapView = Whole<Schemas["Swap"]>;
type Act = SwapView["acts"][number];

/** The view. */
export function Swaps() {
  const isAll = place.value.query.get("settled") === "true";
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const list = useList<SwapView>((cursor) => pageOf(ask(api.GET("/api/v1/swaps", {
    params: { query: { ...(cursor && { cursor }), ...(!isAll && { open: true }) } },
  }))), [isAll]);
  const act = async (swap: SwapView, what: Act): Promise<void> => {
    if (what === "lapse") return;
    const asked = what === "accept" || what === "confirm";
    if (asked && !(await confirm({ title: t("rosters.swaps.sure"), words: wordsOf(swap), yes: t(`rosters.swaps.${what}`) }))) return;
    const outcome = await ask(api.POST("/api/v1/swaps/{swap_id}/{act}", { params: { path: { swap_id: swap.id, act: what } } }));
    setProblem(outcome.is === "problem" ? outcome.problem : undefined);
    if (outcome.is === "data") toast(t(`rosters.swaps.now.${outcome.data.state ?? "asked"}`));
    if (outcome.is === "offline") toast(t("offline"));
    await list.reload();
  };
  return (
    <div class="stack">
      <p>{t("rosters.swaps.words")}</p>
      <FilterBar names={["settled"]}><YesFilter name="settled" label={t("rosters.swaps.settled")} /></FilterBar>
      {problem && <Refused problem={problem} />}
      <Pages list={list} empty={t("rosters.swaps.none")}>
        {(swaps) => (
          <ul class="plain stack">
            {swaps.map((swap) => (
              <li key={swap.id} class="card">
                <p><b>{wordsOf(swap)}</b></p>
                {swap.return_shift && <p>{t("rosters.swaps.return", { times: times(swap, swap.return_shift) })}</p>}
                <p class="soft">{t(`rosters.swaps.now.${swap.state}`)}</p>
                {swap.acts.length > 0 && (
                  <div class="row">
                    {swap.acts.map((what) => what !== "lapse" && <button key={what} type="button" class={what === "accept" || what === "confirm" ? "first" : ""} onClick={() => void act(swap, what)}>{t(`rosters.swaps.${what}`)}</button>)}
                  </div>
                )}
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </div>
  );
}

function wordsOf(swap: SwapView): string {
  return t("rosters.swaps.asks", { asker: swap.asker.name ?? t("rosters.somebody"), other: swap.other.name ?? t("rosters.somebody"), desk: pick(swap.desk_names), times: times(swap, swap.shift) });
}

function times(swap: SwapView, shift: SwapView["shift"]): string {
  return `${dayAndClock(shift.from, swap.timezone)}–${clockAt(shift.to, swap.timezone)} (${swap.timezone})`;
}
