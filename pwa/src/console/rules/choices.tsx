/** Several of many codes, behind one line that says which were chosen. */

import { useState } from "preact/hooks";

import { pick, t } from "../i18n";

export interface Choice {
  readonly code: string;
  readonly label: unknown;
}

const SEARCHED_FROM = 12;

/** Any number of codes. `label` is said to those who hear it, and stands above where `isShown`. */
export function Many({ label, values, chosen, onChosen, isShown = false }: {
  label: string; values: readonly Choice[]; chosen: readonly string[]; onChosen: (chosen: readonly string[]) => void; isShown?: boolean;
}) {
  const [sought, setSought] = useState("");
  const unknown = chosen.filter((code) => !values.some((one) => one.code === code)).map((code) => ({ code, label: { en: code, zh: code } }));
  const all = [...values, ...unknown];
  const turn = (code: string, on: boolean): void => onChosen(on ? [...chosen, code] : chosen.filter((one) => one !== code));
  const shown = all.filter((one) => `${one.code} ${words(one)}`.toLowerCase().includes(sought.trim().toLowerCase()));
  const said = all.filter((one) => chosen.includes(one.code)).map(words).join(t("rules.comma"));
  return (
    <div class="field">
      {isShown && <b aria-hidden="true">{label}</b>}
      <details class="many">
        <summary class="button"><span class="unseen">{label}: </span>{said || t("rules.choose")}</summary>
        <fieldset class="many-box">
          <legend class="unseen">{label}</legend>
          {all.length > SEARCHED_FROM && (
            <input type="search" aria-label={t("rules.choose.find", { what: label })} placeholder={t("rules.find")} value={sought}
              onInput={(event) => setSought(event.currentTarget.value)} />
          )}
          {shown.map((one) => (
            <label key={one.code} class="check">
              <input type="checkbox" checked={chosen.includes(one.code)} onChange={(event) => turn(one.code, event.currentTarget.checked)} />
              <span>{words(one)} <small>{one.code}</small></span>
            </label>
          ))}
        </fieldset>
      </details>
    </div>
  );
}

function words(one: Choice): string {
  return pick(one.label as Record<string, unknown>) || one.code;
}

/** One of many codes, in a select without a label of its own. */
export function OneOf({ label, values, value, onValue, none }: {
  label: string; values: readonly Choice[]; value: string; onValue: (value: string) => void; none?: string;
}) {
  const isKnown = values.some((one) => one.code === value);
  return (
    <select aria-label={label} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
      {none !== undefined && <option value="">{none}</option>}
      {!isKnown && value !== "" && <option value={value}>{value}</option>}
      {values.map((one) => <option key={one.code} value={one.code}>{words(one)}</option>)}
    </select>
  );
}
