/** A condition: as a sentence that is built, or as the expression itself; the server reads either as it changes. */

import { useEffect, useRef, useState } from "preact/hooks";

import { pick, t } from "../i18n";
import { Field } from "../parts/fields";
import { Failed } from "../parts/states";
import { useLatest } from "../parts/latest";
import { parseCondition, renderCondition, type Condition } from "./calls";
import { ComparisonLine, firstComparison, isWhole } from "./comparison";
import { isGroup, withAt, type Comparison, type Part, type Tree } from "./model";
import { useLately } from "./lately";
import { markUnfinished } from "./unfinished";

interface Props {
  readonly rule: string;
  readonly area: number;
  readonly when: string;
  readonly onWhen: (when: string) => void;
  /** A name for this condition among those of the draft. */
  readonly name: string;
}

/** The condition of a clause, with both ways to write it. */
export function ConditionForm({ rule, area, when, onWhen, name }: Props) {
  const [read, setRead] = useState<Condition>();
  const [tree, setTree] = useState<Tree>();
  const [isText, setIsText] = useState(false);
  const [failure, setFailure] = useState<Parameters<typeof Failed>[0]["outcome"]>();
  const known = useRef<string | undefined>(undefined);
  const later = useLately();
  const hear = (found: Condition): void => {
    known.current = found.when;
    setRead(found);
    setFailure(undefined);
    if (!found.error) setTree(found.tree ? (found.tree as unknown as Tree) : undefined);
    if (found.expert || (found.error && !tree)) setIsText(true);
  };
  const parse = async (text: string, isStale: () => boolean): Promise<void> => {
    const outcome = await parseCondition(text, rule, area);
    if (isStale()) return;
    if (outcome.is === "data") hear(outcome.data);
    else setFailure(outcome);
  };
  useEffect(() => {
    if (known.current !== when) void parse(when, () => false);
  }, [when, rule, area]);
  useEffect(() => () => markUnfinished(name, false), [name]);
  const write = (next: Tree): void => {
    setTree(next);
    const isReady = comparisonsOf(next).every(isWhole);
    markUnfinished(name, !isReady);
    if (isReady) later(async (isStale) => {
      const outcome = await renderCondition(next, rule, area);
      if (isStale()) return;
      if (outcome.is !== "data") return setFailure(outcome);
      known.current = outcome.data.when;
      setRead(outcome.data);
      setFailure(undefined);
      onWhen(outcome.data.when);
    });
  };
  const type = (text: string): void => {
    known.current = text;
    onWhen(text);
    markUnfinished(name, false);
    later((isStale) => parse(text, isStale));
  };
  return (
    <div class="stack">
      <div class="row" role="group" aria-label={t("rules.when.how")}>
        <button type="button" class="toggle" aria-pressed={!isText} disabled={!tree} onClick={() => setIsText(false)}>{t("rules.when.sentence")}</button>
        <button type="button" class="toggle" aria-pressed={isText} onClick={() => setIsText(true)}>{t("rules.when.text")}</button>
      </div>
      {isText ? <Expression when={when} read={read} onType={type} /> : tree && <Sentence tree={tree} onTree={write} />}
      {read && !read.error && <p class="note" role="status">{pick(read.words)}</p>}
      {isText && read?.expert && <p class="soft">{t("rules.when.expert")}</p>}
      {failure && <Failed outcome={failure} again={() => void parse(when, () => false)} />}
    </div>
  );
}

function comparisonsOf(tree: Tree): readonly Comparison[] {
  return [...tree.all.flatMap((part) => (isGroup(part) ? part.any : [part])), ...tree.unless];
}

/** The expression, with the place of what is wrong marked in a copy below it. */
function Expression({ when, read, onType }: { when: string; read: Condition | undefined; onType: (text: string) => void }) {
  const error = read?.when === when ? read.error : undefined;
  return (
    <>
      <Field label={t("rules.when.label")} hint={t("rules.when.hint")} error={error ? `${pick(error.message)} ${t("rules.when.at", { at: error.position + 1 })}` : undefined}>
        {(ids) => <textarea {...ids} class="code" rows={3} spellcheck={false} autocapitalize="none" value={when} onInput={(event) => onType(event.currentTarget.value)} />}
      </Field>
      {error && (
        <p class="code marked" aria-hidden="true">
          {when.slice(0, error.position)}<mark>{when.slice(error.position, error.position + 1) || "␣"}</mark>{when.slice(error.position + 1)}
        </p>
      )}
    </>
  );
}

/** "When ... and ..., unless ...". */
function Sentence({ tree, onTree }: { tree: Tree; onTree: (tree: Tree) => void }) {
  const put = useLatest(tree, onTree);
  const all = (next: (parts: readonly Part[]) => readonly Part[]): void => put((former) => ({ ...former, all: next(former.all) }));
  const unless = (next: (parts: readonly Comparison[]) => readonly Comparison[]): void => put((former) => ({ ...former, unless: next(former.unless) }));
  return (
    <div class="sentence">
      {tree.all.length === 0 && <p class="soft">{t("rules.always")}</p>}
      {tree.all.map((part, at) => (
        <div key={`${at}-${tree.all.length}`} class="part">
          <b class="word">{at === 0 ? t("rules.when") : t("rules.and")}</b>
          {isGroup(part)
            ? <Group any={part.any} number={at + 1} onAny={(any) => all((parts) => withAt(parts, at, any.length > 1 ? { any } : any[0]))} />
            : <ComparisonLine one={part} label={t("rules.condition", { number: at + 1 })} onChange={(one) => all((parts) => withAt(parts, at, one))} onRemove={() => all((parts) => withAt(parts, at, undefined))} />}
        </div>
      ))}
      {tree.unless.map((one, at) => (
        <div key={`unless-${at}-${tree.unless.length}`} class="part">
          <b class="word">{at === 0 ? t("rules.unless") : t("rules.or")}</b>
          <ComparisonLine one={one} label={t("rules.exception", { number: at + 1 })} onChange={(next) => unless((parts) => withAt(parts, at, next))} onRemove={() => unless((parts) => withAt(parts, at, undefined))} />
        </div>
      ))}
      <div class="row">
        <button type="button" onClick={() => all((parts) => [...parts, firstComparison()])}>{t("rules.add.condition")}</button>
        <button type="button" onClick={() => all((parts) => [...parts, { any: [firstComparison(), firstComparison()] }])}>{t("rules.add.any")}</button>
        <button type="button" onClick={() => unless((parts) => [...parts, firstComparison()])}>{t("rules.add.unless")}</button>
      </div>
    </div>
  );
}

/** Comparisons of which one must hold. */
function Group({ any, number, onAny }: { any: readonly Comparison[]; number: number; onAny: (any: readonly Comparison[]) => void }) {
  const put = useLatest(any, onAny);
  return (
    <div class="any" role="group" aria-label={t("rules.any")}>
      {any.map((one, at) => (
        <div key={`${at}-${any.length}`} class="part">
          <b class="word">{at === 0 ? t("rules.either") : t("rules.or")}</b>
          <ComparisonLine one={one} label={t("rules.condition", { number: `${number}.${at + 1}` })} onChange={(next) => put((former) => withAt(former, at, next))} onRemove={() => put((former) => withAt(former, at, undefined))} />
        </div>
      ))}
      <p><button type="button" onClick={() => put((former) => [...former, firstComparison()])}>{t("rules.add.or")}</button></p>
    </div>
  );
}

