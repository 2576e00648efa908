/** Who fits one request or offer: the best first, each with its reasons, and why others do not. People choose. */

import { api, ask, newKey, once, type Schemas } from "../api";
import { count, t } from "../i18n";
import { confirm } from "../parts/dialog";
import { Table, type Column } from "../parts/table";
import { toast } from "../parts/toasts";
import { place } from "../router";
import { Show, useLoaded, whole, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { Described, type Listing } from "./said";

type Suggestions = Whole<Schemas["Suggestions"]>;
type Suggested = Suggestions["best"][number];

/** The suggestions for a listing. */
export function SuggestionsFor({ id }: { id: string }) {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/aid/listings/{listing_id}/suggestions", { params: { path: { listing_id: id } } }))), [id]);
  const said = place.value.query.toString();
  return (
    <div class="stack">
      <p><a href={`/console/aid${said ? `?${said}` : ""}`}>{t("aid.back")}</a></p>
      <Show of={loaded}>{(found) => <Found found={found as Suggestions} onChange={() => void loaded.reload()} />}</Show>
    </div>
  );
}

function Found({ found, onChange }: { found: Suggestions; onChange: () => void }) {
  const { hear, words } = useSaid();
  const propose = async (other: Listing): Promise<void> => {
    if (!(await confirm({ title: t("aid.propose.sure"), words: t("aid.propose.words"), yes: t("aid.propose.yes") }))) return;
    const [request, offer] = found.listing.direction === "request" ? [found.listing, other] : [other, found.listing];
    const outcome = await ask(api.POST("/api/v1/aid/proposals", { body: { request: request.id, offer: offer.id }, ...once(newKey()) }));
    if (hear(outcome)) toast(t("aid.proposed"));
    onChange();
  };
  return (
    <>
      <section class="card" aria-label={t("aid.find.of", { number: found.listing.incident.number })}><Described listing={found.listing} /></section>
      {words}
      <section class="stack" aria-labelledby="best">
        <h2 id="best">{t("aid.best")}</h2>
        {found.best.length === 0 ? <p class="note">{t("aid.best.none")}</p> : (
          <>
            <Table caption={t("aid.best")} columns={bestColumns((one) => void propose(one))} rows={found.best} keyOf={(one) => one.listing.id} />
            <p class="soft">{t("aid.about_score")}</p>
          </>
        )}
      </section>
      {found.others.length > 0 && <Others found={found} />}
    </>
  );
}

function bestColumns(propose: (one: Listing) => void): readonly Column<Suggested>[] {
  return [
    { key: "what", title: t("aid.says"), cell: (one) => <Described listing={one.listing} /> },
    { key: "why", title: t("aid.reasons"), cell: (one) => <Reasons of={one.reasons} /> },
    { key: "score", title: t("aid.score"), numeric: true, cell: (one) => t("aid.score.of", { percent: count(Math.round(one.score * 100)) }) },
    { key: "act", title: t("aid.step"), cell: (one) => (
      <button type="button" aria-label={t("aid.propose.to", { number: one.listing.incident.number })} onClick={() => propose(one.listing)}>{t("aid.propose")}</button>
    ) },
  ];
}

/** Reasons as a list. */
export function Reasons({ of }: { of: readonly { readonly code: string; readonly words: string }[] }) {
  return <ul class="aid-reasons">{of.map((one) => <li key={one.code}>{one.words}</li>)}</ul>;
}

function Others({ found }: { found: Suggestions }) {
  const columns: readonly Column<Suggestions["others"][number]>[] = [
    { key: "what", title: t("aid.says"), cell: (one) => <Described listing={one.listing} /> },
    { key: "why", title: t("aid.why_not"), cell: (one) => <Reasons of={one.why_not} /> },
  ];
  return (
    <details class="stack">
      <summary>{t("aid.others")}</summary>
      <Barred of={found.barred} />
      <Table caption={t("aid.others")} columns={columns} rows={found.others} keyOf={(one) => one.listing.id} />
    </details>
  );
}

/** How many each reason bars. */
export function Barred({ of }: { of: readonly { readonly code: string; readonly words: string; readonly count: number }[] }) {
  return <ul class="aid-reasons">{of.map((one) => <li key={one.code}>{t("aid.barred", { count: count(one.count), words: one.words })}</li>)}</ul>;
}
