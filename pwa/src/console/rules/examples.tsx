/** A rule's own examples: what is reported, what the rule is to make of it, and what it does make. */

import { pick, t } from "../i18n";
import { TextField } from "../parts/fields";
import { useLatest } from "../parts/latest";
import { categoryChoices, type Tried } from "./calls";
import { OneOf } from "./choices";
import { EffectsForm } from "./effects";
import { useState } from "preact/hooks";
import { withAt, type Example } from "./model";
import { partName, partWords } from "./outcome-words";

/** Examples as they were tried. */
export function TriedExamples({ tried }: { tried: readonly Tried[] }) {
  if (tried.length === 0) return <p class="soft">{t("rules.examples.none")}</p>;
  return (
    <ul class="plain stack">
      {tried.map((one, index) => (
        <li key={`${one.rule}-${index}`} class={one.met ? "note" : "note warn"}>
          <p><b>{one.met ? t("rules.met") : t("rules.unmet")}</b> {one.rule}: {one.name}</p>
          <p>{t("rules.gives", { what: pick(one.words) || t("rules.gives.nothing") })}</p>
          {!one.met && <p>{t("rules.expected")} {effectWords(one.expected) || t("rules.gives.nothing")}</p>}
        </li>
      ))}
    </ul>
  );
}

function effectWords(effects: Readonly<Record<string, unknown>>): string {
  return Object.entries(effects).map(([name, value]) => (value === true ? partName(name) : `${partName(name)}: ${partWords(name, value)}`)).join(t("rules.comma"));
}

/** The examples of a rule, to be written. */
export function ExamplesForm({ rule, tests, onTests }: { rule: string; tests: readonly Example[]; onTests: (tests: readonly Example[]) => void }) {
  const put = useLatest(tests, onTests);
  const add = (): void => put((former) => [...former, { name: "", facts: { category: categoryChoices()[0]?.code ?? "" }, expect: {} }]);
  return (
    <fieldset class="stack">
      <legend>{t("rules.examples")}</legend>
      <p class="soft">{t("rules.examples.hint")}</p>
      {tests.map((one, at) => (
        <ExampleForm key={`${at}-${tests.length}`} rule={rule} one={one} number={at + 1} onOne={(next) => put((former) => withAt(former, at, next))} />
      ))}
      <p><button type="button" onClick={add}>{t("rules.add.example")}</button></p>
    </fieldset>
  );
}

function ExampleForm({ rule, one, number, onOne }: { rule: string; one: Example; number: number; onOne: (one: Example | undefined) => void }) {
  const facts = one.facts ?? {};
  const { category, ...rest } = facts;
  const [more, setMore] = useState(writeFacts(rest));
  const read = readFacts(more);
  const put = useLatest(one, onOne);
  const hear = (text: string): void => {
    setMore(text);
    const found = readFacts(text);
    if (found) put((former) => ({ ...former, facts: { ...(former.facts?.["category"] !== undefined && { category: former.facts["category"] }), ...found } }));
  };
  return (
    <div class="card" role="group" aria-label={t("rules.example", { number })}>
      <TextField label={t("rules.example.name")} value={one.name} onValue={(name) => put((former) => ({ ...former, name }))} />
      <div class="field"><b aria-hidden="true">{t("rules.example.category")}</b>
        <OneOf label={t("rules.example.category")} values={categoryChoices()} value={String(category ?? "")} none={t("rules.nothing")}
          onValue={(code) => put((former) => ({ ...former, facts: { ...without(former.facts, "category"), ...(code && { category: code }) } }))} />
      </div>
      <TextField label={t("rules.example.facts")} hint={t("rules.example.facts.hint")} error={read ? undefined : t("rules.example.facts.wrong")} value={more} onValue={hear} />
      <p><b>{t("rules.example.expect")}</b></p>
      <EffectsForm rule={rule} then={one.expect ?? {}} onThen={(expect) => put((former) => ({ ...former, expect }))} />
      <p><button type="button" class="bare" onClick={() => onOne(undefined)}>{t("rules.remove", { what: one.name || t("rules.example", { number }) })}</button></p>
    </div>
  );
}

function without(facts: Example["facts"], name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts ?? {}).filter(([key]) => key !== name));
}

/** Facts as a line: `photo_count=0, flags=[weapon+child]`. */
function writeFacts(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts).map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join("+")}]` : String(value)}`).join(", ");
}

function readFacts(text: string): Record<string, unknown> | undefined {
  const found: Record<string, unknown> = {};
  for (const part of text.split(/[,，;；]/).map((one) => one.trim()).filter(Boolean)) {
    const [, name, value] = /^([a-z]\w*)\s*=\s*(\S.*)$/.exec(part) ?? [];
    if (!name || value === undefined) return undefined;
    found[name] = readFact(value.trim());
  }
  return found;
}

function readFact(value: string): unknown {
  if (value === "true" || value === "false") return value === "true";
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const list = /^\[(.*)\]$/.exec(value);
  return list ? (list[1] ?? "").split("+").map((one) => one.trim()).filter(Boolean) : value;
}
