/** The list to pin to a board in the street: what is wanted and offered here, without anything by which anybody is known. */

import { api, ask, type Schemas } from "../api";
import { categoryName } from "../config";
import { t, when } from "../i18n";
import { Show, useLoaded, whole, type Whole } from "../rosters/common";
import { chosenArea, PlaceFilter } from "./filters";
import { saysOf, type When } from "./said";

type Board = Whole<Schemas["Noticeboard"]>;

/** The list with its button. */
export function Notice() {
  const asked = chosenArea();
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/aid/noticeboard", { params: { query: asked } }))), [asked.area]);
  return (
    <div class="stack">
      <div class="no-print"><PlaceFilter /></div>
      <Show of={loaded}>{(found) => <Sheet board={found as Board} />}</Show>
    </div>
  );
}

function Sheet({ board }: { board: Board }) {
  if (board.items.length === 0) return <p class="card soft">{t("aid.notice.none")}</p>;
  return (
    <>
      <p class="no-print"><button type="button" class="first" onClick={() => window.print()}>{t("aid.notice.print")}</button></p>
      <p>{t("aid.notice.words")} <b>{t("aid.notice.how")}</b></p>
      {(["request", "offer"] as const).map((side) => <Side key={side} board={board} side={side} />)}
      <p class="soft">{t("aid.notice.of", { when: when(board.printed_at) })}</p>
    </>
  );
}

function Side({ board, side }: { board: Board; side: "request" | "offer" }) {
  const lines = board.items.filter((one) => one.direction === side);
  if (lines.length === 0) return null;
  return (
    <section aria-labelledby={`notice-${side}`}>
      <h2 id={`notice-${side}`}>{t(side === "request" ? "aid.notice.requests" : "aid.notice.offers")}</h2>
      <ul class="plain aid-notice">
        {lines.map((one, at) => (
          <li key={at}><b>{categoryName(one.need)}</b> {[saysOf(one.says, one.when as When | null), one.area].filter(Boolean).join(" · ")}</li>
        ))}
      </ul>
    </section>
  );
}
