/** The rules of a place, layer by layer: inherited, overridden, its own; where each comes from and what locks it. */

import { useEffect, useState } from "preact/hooks";

import type { Outcome } from "../api";
import { count, language, pick, say, t } from "../i18n";
import { OneFilter } from "../parts/filters";
import { useKeys } from "../parts/keys";
import { Empty, Failed, Loading, Screen } from "../parts/states";
import { go, place, setQuery } from "../router";
import { may } from "../session";
import { areaAsked, readPlace, type PlaceRule, type PlaceRules, type PlaceValue } from "./calls";
import { AreaChoice, Sub } from "./sub";
import { boundWords, valueName } from "./values";

const STATUSES = ["inherited", "overridden", "own", "held_back"] as const;

/** What a place inherits and says itself, of the address; anew for another place. */
export function usePlace(area: number): { rules: PlaceRules | undefined; failure: Exclude<Outcome<unknown>, { is: "data" }> | undefined; again: () => void } {
  const [found, setFound] = useState<{ area: number; outcome: Outcome<PlaceRules> }>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isGone = false;
    void readPlace(area).then((outcome) => isGone || setFound({ area, outcome }));
    return () => { isGone = true; };
  }, [area, turn]);
  const outcome = found?.area === area ? found.outcome : undefined;
  return {
    rules: outcome?.is === "data" ? outcome.data : undefined,
    failure: outcome && outcome.is !== "data" ? outcome : undefined,
    again: () => setTurn(turn + 1),
  };
}

/** The page. */
export function PlacePage() {
  const area = areaAsked();
  const { rules, failure, again } = usePlace(area);
  const [sought, setSought] = useState("");
  useKeys(() => (may("policy.write") ? [{ press: "n", does: t("rules.new"), act: () => go(`/console/rules/new?area=${area}`) }] : []));
  const status = place.value.query.get("status");
  const shown = (rules?.rules ?? []).filter((one) => isShown(one, status, sought)).sort((one, other) => rankOf(one) - rankOf(other));
  return (
    <Screen title={t("rules.heading")} beside={may("policy.write") && <a class="button first" href={`/console/rules/new?area=${area}`}>{t("rules.new")}</a>}>
      <Sub />
      <div class="filters" role="group" aria-label={t("filters")}>
        <AreaChoice value={area} onValue={(next) => setQuery({ area: String(next ?? 0) })} />
        <OneFilter name="status" label={t("rules.status")} options={STATUSES.map((one) => ({ value: one, words: say(`rules.status.${one}`) }))} />
        <label class="filter-one"><span class="soft">{t("rules.find")}</span><input type="search" value={sought} onInput={(event) => setSought(event.currentTarget.value)} /></label>
      </div>
      {failure && <Failed outcome={failure} again={again} />}
      {!rules && !failure && <Loading />}
      {rules && <Layers rules={rules} />}
      {rules && <p role="status" class="soft">{t("rules.shown", { count: count(shown.length), all: count(rules.rules.length) })}</p>}
      {rules && shown.length === 0 && <Empty>{t("rules.none")}</Empty>}
      <ul class="plain stack">{shown.map((one) => <li key={one.code}><RuleCard one={one} area={area} /></li>)}</ul>
    </Screen>
  );
}

/** What the place says itself comes first, then what is written as sentences, then categories and grades with their clocks. */
function rankOf(one: PlaceRule): number {
  if (one.status !== "inherited" || one.values.some((value) => value.status !== "inherited")) return 0;
  return one.clauses.length > 0 || /^R\d/.test(one.code) ? 1 : 2;
}

function isShown(one: PlaceRule, status: string | null, sought: string): boolean {
  const isOfStatus = !status || one.status === status || one.values.some((value) => value.status === status);
  const words = `${one.code} ${one.title.en} ${one.title.zh} ${one.values.map((value) => pick(value.label)).join(" ")}`.toLowerCase();
  return isOfStatus && words.includes(sought.trim().toLowerCase());
}

/** The layers over the place, widest first. */
function Layers({ rules }: { rules: PlaceRules }) {
  return (
    <ol class="layers" aria-label={t("rules.layers")}>
      {rules.layers.map((one) => (
        <li key={one.depth}>
          <b>{layerName(one.name, one.depth)}</b> <span class="soft">{t("rules.layer.rules", { count: count(one.rules) })}</span>
        </li>
      ))}
    </ol>
  );
}

/** A layer's name; what ships has words of ours. */
export function layerName(name: string, depth: number): string {
  return depth === 0 ? t("rules.product") : name;
}

function RuleCard({ one, area }: { one: PlaceRule; area: number }) {
  const said = one.values.filter((value) => value.status !== "inherited");
  return (
    <article class="card">
      <h2><a href={`/console/rules/rule/${one.code}?area=${area}`}>{one.code} {pick(one.title)}</a></h2>
      <RuleMarks one={one} />
      {((one.words as Record<string, string[]>)[language.value] ?? []).slice(0, 2).map((line) => <p key={line}>{line}</p>)}
      {said.map((value) => <ValueWords key={value.name} one={value} />)}
    </article>
  );
}

/** Whose word a rule is, and what locks it. */
export function RuleMarks({ one }: { one: PlaceRule }) {
  return (
    <p class="row">
      <span class={`badge status-${one.status}`}>{say(`rules.status.${one.status}`)}</span>
      <span class="soft">{t("rules.from.layer", { layer: layerName(one.layer, one.depth) })}</span>
      <span class="badge">{say(`rules.lock.${one.lock}`)}</span>
      {one.locked_by && <span class="soft">{t("rules.locked", { layer: layerName(one.locked_by.layer, one.locked_by.depth) })}</span>}
    </p>
  );
}

/** A value: what it is, whose word, and what binds it. */
export function ValueWords({ one }: { one: PlaceValue }) {
  const bound = boundWords(one);
  return (
    <p>
      {valueName(one)}: <b>{pick(one.shown)}</b>{" "}
      <span class={`badge status-${one.status}`}>{say(`rules.status.${one.status}`)}</span>{" "}
      <span class="soft">{t("rules.from.layer", { layer: layerName(one.comes_from.layer, one.comes_from.depth) })}{bound && ` · ${bound}`}</span>
    </p>
  );
}
