/** A rule's page: what it says at a place, whose word each value is, how often people decide otherwise, its versions. */

import { useState } from "preact/hooks";

import { language, pick, say, t } from "../i18n";
import { useList } from "../parts/list";
import { Moment } from "../parts/marks";
import { Failed, Loading, Screen } from "../parts/states";
import { Pages } from "../parts/table";
import { setQuery } from "../router";
import { may } from "../session";
import { areaAsked, areaName, readHistory, type PlaceRule, type Version } from "./calls";
import { layerName, RuleMarks, usePlace, ValueWords } from "./place";
import { personWords } from "./steps";
import { AreaChoice, Sub } from "./sub";

/** The page. */
export function RulePage({ code }: { code: string }) {
  const area = areaAsked();
  const { rules, failure, again } = usePlace(area);
  const rule = rules?.rules.find((one) => one.code === code);
  const title = rule ? `${code} ${pick(rule.title)}` : code;
  const beside = may("policy.write") && rule && <a class="button first" href={`/console/rules/new?area=${area}&rule=${code}`}>{t("rules.change.here")}</a>;
  return (
    <Screen title={title} beside={beside}>
      <Sub />
      <div class="filters"><AreaChoice value={area} onValue={(next) => setQuery({ area: String(next ?? 0) })} /></div>
      {failure && <Failed outcome={failure} again={again} />}
      {!rules && !failure && <Loading />}
      {rules && !rule && <p class="card soft">{t("rules.not.here")}</p>}
      {rule && <Said one={rule} />}
      <Versions code={code} />
    </Screen>
  );
}

function Said({ one }: { one: PlaceRule }) {
  return (
    <>
      <RuleMarks one={one} />
      {pick(one.explanation) && <p>{pick(one.explanation)}</p>}
      {one.clauses.length > 0 && (
        <section class="card" aria-label={t("rules.says")}>
          <h2>{t("rules.says")}</h2>
          {((one.words as Record<string, string[]>)[language.value] ?? []).map((line, index) => (
            <div key={line} class="tight">
              <p>{line}</p>
              <details><summary>{t("rules.when.text")}</summary><p class="code">{one.clauses[index]?.when}</p></details>
            </div>
          ))}
        </section>
      )}
      {one.values.length > 0 && (
        <section class="card" aria-label={t("rules.values")}>
          <h2>{t("rules.values")}</h2>
          {one.values.map((value) => (
            <div key={value.name} class="tight">
              <ValueWords one={value} />
              {value.chain.length > 1 && (
                <p class="soft">{value.chain.map((link) => `${layerName(link.layer, link.depth)}: ${pick(link.shown)}${link.held ? "" : ` (${t("rules.held.back")})`}`).join(" → ")}</p>
              )}
            </div>
          ))}
        </section>
      )}
    </>
  );
}

function Versions({ code }: { code: string }) {
  const [shipped, setShipped] = useState<Record<string, string[]>>();
  const list = useList<Version>(async (cursor) => {
    const outcome = await readHistory(code, undefined, cursor);
    if (outcome.is !== "data") return outcome;
    setShipped((outcome.data.shipped as { words?: Record<string, string[]> } | null)?.words);
    return { ...outcome, data: { items: outcome.data.items, next_cursor: outcome.data.next_cursor } };
  }, [code]);
  return (
    <section class="stack" aria-label={t("rules.versions")}>
      <h2>{t("rules.versions")}</h2>
      <Pages list={list} empty={<p>{t("rules.versions.none")}</p>}>
        {(rows) => (
          <ol class="plain stack">
            {rows.map((one) => (
              <li key={`${one.area_id}-${one.version}-${one.created_at}`} class="card">
                <p><b>{areaName(one.area_id) ?? one.layer} · {t("rules.version", { number: one.version })}</b> <span class="badge">{say(`rules.version.${one.state}`, one.state)}</span></p>
                <p class="soft">
                  {one.effective_from && <>{t("rules.since")} <Moment at={one.effective_from} /></>}{one.effective_to && <> {t("rules.until")} <Moment at={one.effective_to} /></>}
                  {" · "}{t("rules.wrote", { who: personWords(one.owner) })}{one.approver && ` · ${t("rules.approved", { who: personWords(one.approver) })}`}
                </p>
                {((one.words as Record<string, string[]>)[language.value] ?? []).map((line) => <p key={line}>{line}</p>)}
                <details><summary>{t("rules.whole")}</summary><pre class="code">{JSON.stringify(one.body, null, 2)}</pre></details>
              </li>
            ))}
          </ol>
        )}
      </Pages>
      {(shipped?.[language.value]?.length ?? 0) > 0 && <p class="soft">{t("rules.ships")} {(shipped?.[language.value] ?? []).join(" ")}</p>}
    </section>
  );
}
