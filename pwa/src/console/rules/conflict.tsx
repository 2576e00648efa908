/** A draft that somebody else saved meanwhile: both versions, rule by rule, and which of them to go on with. */

import { useState } from "preact/hooks";

import { say, t } from "../i18n";
import { Dialog } from "../parts/dialog";
import type { ChangeDetail } from "./calls";
import type { Work } from "./draft-form";
import { isSame, spread, typed, valueOf, type Body, type Edits } from "./model";

type Side = "mine" | "theirs";

/** Ask which version of each rule is to stand. `onChosen` gets the work to save upon theirs. */
export function ConflictDialog({ mine, theirs, onChosen, onClose }: {
  mine: Work; theirs: ChangeDetail; onChosen: (work: Work) => void; onClose: () => void;
}) {
  const held = theirs.edits as Edits;
  const codes = [...new Set([...Object.keys(mine.edits), ...Object.keys(held)])].filter((code) => !isSame(mine.edits[code], held[code])).sort();
  const [sides, setSides] = useState<Readonly<Record<string, Side>>>({});
  const isTitle = mine.title !== theirs.title || mine.why !== theirs.why;
  const sideOf = (name: string): Side => sides[name] ?? "mine";
  const choose = (): void => {
    const edits: Record<string, Body | null> = { ...held };
    for (const code of codes) {
      if (sideOf(code) === "theirs") continue;
      const own = mine.edits[code];
      if (own === undefined) delete edits[code];
      else edits[code] = own;
    }
    const words = sideOf("title") === "mine" ? mine : theirs;
    onChosen({ title: words.title, why: words.why, edits });
  };
  const pair = (name: string, label: string, own: readonly string[], other: readonly string[]) => (
    <fieldset key={name} class="card">
      <legend class="unseen">{label}</legend>
      <b aria-hidden="true">{label}</b>
      <div class="two">
        {(["mine", "theirs"] as const).map((side) => (
          <label key={side} class="version">
            <span class="row"><input type="radio" name={`side-${name}`} checked={sideOf(name) === side} onChange={() => setSides((former) => ({ ...former, [name]: side }))} /> {say(`rules.conflict.${side}`)}</span>
            {(side === "mine" ? own : other).map((line) => <span key={line} class="code">{line}</span>)}
          </label>
        ))}
      </div>
    </fieldset>
  );
  return (
    <Dialog title={t("rules.conflict")} wide onClose={onClose}>
      <p>{t("rules.conflict.words")}</p>
      {isTitle && pair("title", t("rules.draft.title"), [mine.title, mine.why], [theirs.title, theirs.why])}
      {codes.map((code) => pair(code, code, outline(mine.edits[code]), outline(held[code])))}
      <div class="row end">
        <button type="button" onClick={onClose}>{t("cancel")}</button>
        <button type="button" class="first" onClick={choose}>{t("rules.conflict.save")}</button>
      </div>
    </Dialog>
  );
}

/** A rule in a few lines. */
function outline(body: Body | null | undefined): readonly string[] {
  if (body === undefined) return [t("rules.conflict.untouched")];
  if (body === null) return [t("rules.edit.gone")];
  const rule = spread(body);
  return [
    ...(rule.title ? [`${rule.title.en} / ${rule.title.zh}`] : []),
    ...(rule.clauses ?? []).map((one) => `${one.when} → ${JSON.stringify(one.then)}`),
    ...Object.entries(rule.values ?? {}).map(([name, held]) => `${name}: ${typed(valueOf(held))}`),
    ...(rule.tests ?? []).map((one) => `✓ ${one.name}`),
  ];
}
