/** One rule of a draft: its words, when it is tried, its conditions and effects, its values and its examples. */

import { say, t } from "../i18n";
import { SelectField, TextField, WordsField } from "../parts/fields";
import { useLatest } from "../parts/latest";
import { categoryChoices, eventChoices, type Finding, type PlaceValue, type Tried } from "./calls";
import { Many } from "./choices";
import { ConditionForm } from "./condition";
import { EffectsForm } from "./effects";
import { ExamplesForm, TriedExamples } from "./examples";
import { Findings, findingsAt } from "./findings";
import { LOCKS, newClause, NO_WORDS, withAt, withEffects, type Body, type Clause, type Wording } from "./model";
import { ValuesForm } from "./values";

interface Props {
  readonly code: string;
  readonly area: number;
  readonly body: Body;
  readonly onBody: (body: Body) => void;
  /** The rule's values at the place. */
  readonly known: readonly PlaceValue[];
  readonly findings: readonly Finding[];
  readonly tried: readonly Tried[];
}

/** The form of a rule. One without conditions only says values otherwise. */
export function RuleForm({ code, area, body, onBody, known, findings, tried }: Props) {
  const clauses = body.clauses ?? [];
  const put = useLatest(body, onBody);
  const change = (part: Partial<Body>): void => put((former) => ({ ...former, ...part }) as Body);
  const write = (next: (clauses: readonly Clause[]) => readonly Clause[]): void => put((former) => ({ ...former, clauses: next(former.clauses ?? []) }) as Body);
  return (
    <div class="stack">
      <Findings findings={findingsAt(findings, code, "")} />
      {clauses.length > 0 && <RuleWords body={body} change={change} />}
      {clauses.map((one, at) => (
        <ClauseForm key={one.id} rule={code} area={area} one={one} number={at + 1} isAlone={clauses.length === 1} findings={findingsAt(findings, code, one.id)}
          onOne={(next) => write((former) => withAt(former, at, next))} />
      ))}
      {clauses.length > 0 && (
        <p><button type="button" onClick={() => write((former) => [...former, newClause(former)])}>{t("rules.add.clause")}</button></p>
      )}
      <ValuesForm code={code} values={body.values ?? {}} known={known} onValues={(values) => change({ values })} />
      {clauses.length > 0 && <ExamplesForm rule={code} tests={body.tests ?? []} onTests={(tests) => change({ tests })} />}
      {tried.length > 0 && <TriedExamples tried={tried} />}
    </div>
  );
}

function RuleWords({ body, change }: { body: Body; change: (part: Partial<Body>) => void }) {
  return (
    <>
      <Bilingual label={t("rules.title")} words={body.title} onWords={(title) => change({ title })} />
      <Many isShown label={t("rules.categories")} values={categoryChoices()} chosen={body.categories ?? []} onChosen={(categories) => change({ categories })} />
      <Many isShown label={t("rules.events")} values={eventChoices()} chosen={body.driven_by ?? ["ReportReceived"]} onChosen={(driven_by) => change({ driven_by })} />
      <SelectField label={t("rules.lock")} hint={say(`rules.lock.${body.lock ?? "local"}.means`)} value={body.lock ?? "local"} onValue={(lock) => change({ lock })}
        options={LOCKS.map((one) => ({ value: one, words: say(`rules.lock.${one}`) }))} />
      {body.lock === "floor" && (
        <SelectField label={t("rules.basis")} value={String(body["basis"] ?? "")} onValue={(basis) => change({ basis })} none={t("rules.choose")}
          options={["law", "safety", "rights"].map((one) => ({ value: one, words: say(`rules.basis.${one}`) }))} />
      )}
      <details>
        <summary>{t("rules.explanation")}</summary>
        <Bilingual long label={t("rules.explanation")} words={body.explanation} onWords={(explanation) => change({ explanation })} />
      </details>
    </>
  );
}

/** A text in both languages. */
function Bilingual({ label, words, onWords, long = false }: { label: string; words: Wording | undefined; onWords: (words: Wording) => void; long?: boolean }) {
  const held = words ?? NO_WORDS;
  const put = useLatest(held, onWords);
  const One = long ? WordsField : TextField;
  return (
    <div class="two">
      <One label={t("rules.in.en", { what: label })} value={held.en} onValue={(en) => put((former) => ({ ...former, en }))} />
      <One label={t("rules.in.zh", { what: label })} value={held.zh} onValue={(zh) => put((former) => ({ ...former, zh }))} />
    </div>
  );
}

function ClauseForm({ rule, area, one, number, isAlone, findings, onOne }: {
  rule: string; area: number; one: Clause; number: number; isAlone: boolean; findings: readonly Finding[]; onOne: (one: Clause | undefined) => void;
}) {
  const name = t("rules.clause", { number });
  const put = useLatest(one, onOne);
  return (
    <section class="card clause" aria-label={name}>
      {!isAlone && (
        <div class="screen-head">
          <h3>{name}</h3>
          <button type="button" class="bare" onClick={() => onOne(undefined)}>{t("rules.remove", { what: name })}</button>
        </div>
      )}
      <ConditionForm rule={rule} area={area} when={one.when} name={`${rule}.${one.id}`} onWhen={(when) => put((former) => ({ ...former, when }))} />
      <EffectsForm rule={rule} then={one.then} onThen={(effects) => put((former) => withEffects(former, effects))} />
      <Bilingual label={t("rules.because")} words={one.because} onWords={(because) => put((former) => ({ ...former, because }))} />
      <Findings findings={findings} />
    </section>
  );
}
