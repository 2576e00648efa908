/** What a change would change, rule by rule: sentences and values before and after. */

import { language, pick, say, t } from "../i18n";
import type { RuleDiff } from "./calls";
import { typed } from "./model";
import { valueName } from "./values";

/** The rules that differ. */
export function Diff({ diff }: { diff: readonly RuleDiff[] }) {
  if (diff.length === 0) return <p class="soft">{t("rules.diff.none")}</p>;
  return <div class="stack">{diff.map((one) => <OneRule key={one.code} one={one} />)}</div>;
}

function OneRule({ one }: { one: RuleDiff }) {
  return (
    <section class="card" aria-label={`${one.code} ${pick(one.title)}`}>
      <h3>{one.code} {pick(one.title)} <span class="badge">{say(`rules.diff.${one.kind}`)}</span></h3>
      {one.says_otherwise && <Sentences one={one} />}
      {one.values.map((value) => (
        <p key={value.name}>
          <b>{valueName(value)}</b>: <del>{shown(value.shown, 0)}</del> → <ins>{shown(value.shown, 1)}</ins>
          {value.direction !== "other" && <> <span class="badge">{say(`rules.direction.${value.direction}`)}</span></>}
          {value.locks[0] !== value.locks[1] && value.locks[1] && <> <span class="badge">{say(`rules.lock.${value.locks[1]}`)}</span></>}
        </p>
      ))}
      {one.kind !== "added" && one.fields.map((field) => (
        <p key={field.name}><b>{say(`rules.field.${field.name}`, field.name)}</b>: <del>{plain(field.before)}</del> → <ins>{plain(field.after)}</ins></p>
      ))}
      {one.tests["before"] !== one.tests["after"] && (
        <p class="soft">{t("rules.diff.tests", { before: one.tests["before"] ?? 0, after: one.tests["after"] ?? 0 })}</p>
      )}
    </section>
  );
}

function Sentences({ one }: { one: RuleDiff }) {
  const words = one.words as Record<"before" | "after", Record<string, string[]> | null>;
  const [before, after] = [words.before, words.after].map((side) => side?.[language.value] ?? []);
  return (
    <>
      {(before ?? []).filter((line) => !after?.includes(line)).map((line) => <p key={`-${line}`} class="gone"><span class="sign" aria-hidden="true">−</span><span class="unseen">{t("rules.diff.before")}: </span><del>{line}</del></p>)}
      {(after ?? []).filter((line) => !before?.includes(line)).map((line) => <p key={`+${line}`} class="come"><span class="sign" aria-hidden="true">+</span><span class="unseen">{t("rules.diff.after")}: </span><ins>{line}</ins></p>)}
    </>
  );
}

function shown(held: unknown, at: 0 | 1): string {
  const pair = (held as Record<string, (string | null)[]>)[language.value] ?? [];
  return pair[at] ?? t("rules.diff.unsaid");
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return t("rules.diff.unsaid");
  if (typeof value === "object" && !Array.isArray(value)) return pick(value as Record<string, unknown>);
  return typed(value);
}
