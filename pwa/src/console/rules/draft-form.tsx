/** What a draft says: its title and reason, and the rules that it touches. */

import { useState } from "preact/hooks";

import { pick, t } from "../i18n";
import { TextField, WordsField } from "../parts/fields";
import { Failed } from "../parts/states";
import { toast } from "../parts/toasts";
import { useLatest } from "../parts/latest";
import { bodyOf, ownBody, type Finding, type PlaceRule, type PlaceRules, type Tried } from "./calls";
import { OneOf } from "./choices";
import { isCode, isSame, newRule, spread, withName, type Body, type Edits } from "./model";
import { RuleForm } from "./rule-form";

export interface Work {
  readonly title: string;
  readonly why: string;
  readonly edits: Edits;
}

interface Props {
  readonly area: number;
  readonly rules: PlaceRules;
  readonly work: Work;
  readonly onWork: (work: Work) => void;
  readonly findings?: readonly Finding[];
  readonly tried?: readonly Tried[];
}

/** The edits that say something: a rule that was added and not written on is none. */
export function saidEdits(edits: Edits, rules: PlaceRules): Edits {
  const isSaid = (code: string, body: Body | null): boolean => {
    const isOwn = (rules.rules.find((one) => one.code === code)?.own_version ?? null) !== null;
    return isOwn || body === null || (spread(body).clauses?.length ?? 0) > 0 || Object.keys(body.values ?? {}).length > 0;
  };
  return Object.fromEntries(Object.entries(edits).filter(([code, body]) => isSaid(code, body)));
}

/** The form of a draft. */
export function DraftForm({ area, rules, work, onWork, findings = [], tried = [] }: Props) {
  const put = useLatest(work, onWork);
  const edit = (code: string, body: Body | null | undefined): void => {
    let former: Body | null | undefined;
    put((held) => {
      former = held.edits[code];
      return { ...held, edits: withName(held.edits, code, body) };
    });
    if (body === undefined && former !== undefined) toast(t("rules.dropped", { code }), () => edit(code, former));
  };
  return (
    <div class="stack">
      <div class="two">
        <TextField label={t("rules.draft.title")} value={work.title} onValue={(title) => put((held) => ({ ...held, title }))} maxLength={200} />
        <WordsField rows={2} label={t("rules.draft.why")} hint={t("rules.why.hint")} value={work.why} onValue={(why) => put((held) => ({ ...held, why }))} />
      </div>
      {Object.entries(work.edits).map(([code, body]) => (
        <OneEdit key={code} code={code} area={area} body={body} rule={rules.rules.find((one) => one.code === code)} findings={findings} tried={tried.filter((one) => one.rule === code)}
          onBody={(next) => edit(code, next)} />
      ))}
      <AddRule rules={rules} area={area} taken={Object.keys(work.edits)} onAdd={edit} />
    </div>
  );
}

function OneEdit({ code, area, body, rule, findings, tried, onBody }: {
  code: string; area: number; body: Body | null; rule: PlaceRule | undefined; findings: readonly Finding[]; tried: readonly Tried[];
  onBody: (body: Body | null | undefined) => void;
}) {
  const title = `${code} ${pick(body?.title ?? rule?.title)}`;
  const [failure, setFailure] = useState<Parameters<typeof Failed>[0]["outcome"]>();
  const writeAnew = async (): Promise<void> => {
    if (!rule) return;
    const outcome = await bodyOf(rule);
    if (outcome.is !== "data") return setFailure(outcome);
    const { version: _, values: __, effective_from: ___, effective_to: ____, ...whole } = outcome.data;
    onBody({ ...spread(whole as Body), ...(body?.values && { values: body.values }) });
  };
  const hasClauses = (body?.clauses?.length ?? 0) > 0;
  const canBeWritten = body !== null && !hasClauses && rule && !rule.locked_by && rule.clauses.length > 0;
  return (
    <section class="card edit" aria-label={title}>
      <div class="screen-head">
        <h2>{title}</h2>
        <button type="button" class="bare" onClick={() => onBody(undefined)}>{t("rules.edit.drop")}</button>
      </div>
      {failure && <Failed outcome={failure} again={() => void writeAnew()} />}
      {body === null && <p class="note">{t("rules.edit.gone")}</p>}
      {body && !hasClauses && rule?.locked_by && <p class="soft">{t("rules.locked", { layer: rule.locked_by.layer })}</p>}
      {canBeWritten && <p><button type="button" onClick={() => void writeAnew()}>{t("rules.edit.anew")}</button></p>}
      {body && <RuleForm code={code} area={area} body={spread(body)} known={rule?.values ?? []} findings={findings} tried={tried} onBody={onBody} />}
      {body && rule?.own_version && <p><button type="button" class="bare" onClick={() => onBody(null)}>{t("rules.edit.take")}</button></p>}
    </section>
  );
}

/** Another rule of the place, or a new one. */
function AddRule({ rules, area, taken, onAdd }: { rules: PlaceRules; area: number; taken: readonly string[]; onAdd: (code: string, body: Body) => void }) {
  const [code, setCode] = useState("");
  const [failure, setFailure] = useState<Parameters<typeof Failed>[0]["outcome"]>();
  const isTaken = taken.includes(code) || rules.rules.some((one) => one.code === code);
  const addHeld = async (chosen: string): Promise<void> => {
    const rule = rules.rules.find((one) => one.code === chosen);
    if (!rule) return;
    const outcome = await startingBody(rule, area);
    if (outcome.is !== "data") return setFailure(outcome);
    setFailure(undefined);
    onAdd(chosen, outcome.data);
  };
  const addNew = (): void => {
    onAdd(code, newRule());
    setCode("");
  };
  const free = rules.rules.filter((one) => !taken.includes(one.code));
  return (
    <fieldset class="card">
      <legend class="unseen">{t("rules.edit.add")}</legend>
      <h2 aria-hidden="true">{t("rules.edit.add")}</h2>
      {failure && <Failed outcome={failure} />}
      <OneOf label={t("rules.edit.held")} none={t("rules.edit.held")} value="" onValue={(chosen) => void addHeld(chosen)}
        values={free.map((one) => ({ code: one.code, label: { en: `${one.code} ${one.title.en}`, zh: `${one.code} ${one.title.zh}` } }))} />
      <TextField label={t("rules.edit.code")} hint={t("rules.edit.code.hint")} value={code} onValue={setCode} maxLength={40}
        error={code && !isCode(code) ? t("rules.edit.code.wrong") : isTaken ? t("rules.edit.code.taken") : undefined} />
      <p><button type="button" aria-disabled={!isCode(code) || isTaken} onClick={() => isCode(code) && !isTaken && addNew()}>{t("rules.edit.new")}</button></p>
    </fieldset>
  );
}

/** What an edit of a rule begins with: the place's own words where it has some, else nothing but room for values. */
export async function startingBody(rule: PlaceRule, area: number): ReturnType<typeof ownBody> {
  const own = rule.own_version === null ? undefined : await ownBody(rule.code, area);
  return own ?? { is: "data", data: { values: {} }, etag: undefined };
}

/** Whether two states of the form say the same. */
export function isSameWork(one: Work, other: Work): boolean {
  return one.title === other.title && one.why === other.why && isSame(one.edits, other.edits);
}
