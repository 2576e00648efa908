/** More details of a request or an offer. All of it may be left out. */

import { useEffect } from "preact/hooks";

import { need, t } from "../../shared/i18n";
import type { TextKey } from "../texts/en";
import type { PartProps } from "./parts";
import { ACCESS, CONDITIONS, dayName, SPOKEN, spokenName, UNITS, WEEKDAYS, type Wish } from "./wish";

type Lists = "days" | "languages" | "conditions" | "accessibility";

/** The fields, once somebody has opened them. */
export default function More({ plea, change }: PartProps) {
  useEffect(() => void need("wish").catch(() => undefined), []);
  const wish: Wish = plea.wish ?? {};
  const set = (more: Partial<Record<keyof Wish, unknown>>): void => {
    const kept = Object.entries({ ...wish, ...more }).filter(([, value]) => value !== undefined && value !== "");
    change({ wish: Object.fromEntries(kept) });
  };
  const isOffer = plea.direction === "aid_offer";
  const checks = (name: Lists, legend: TextKey, all: readonly string[], words: (code: string) => string) => (
    <Checks legend={t(legend)} all={all} words={words} chosen={wish[name] ?? []} choose={(chosen) => set({ [name]: chosen })} />
  );
  const said = (code: string): string => t(`wish.${code}` as TextKey);
  return (
    <div class="stack">
      <div class="row">
        <Figure id="amount" words={t("wish.amount")} step="0.1" most={500} value={wish.amount} set={(amount) => set({ amount })} />
        <label class="field">
          {t("wish.unit")}
          <select value={wish.unit ?? ""} onChange={(event) => set({ unit: event.currentTarget.value })}>
            <option value="">{t("wish.unit_none")}</option>
            {UNITS.map((unit) => <option key={unit} value={unit}>{said(unit)}</option>)}
          </select>
        </label>
        <Figure id="people" words={t("wish.people")} step="1" most={100} value={wish.people} set={(people) => set({ people })} />
      </div>
      {checks("days", "wish.hours", WEEKDAYS, dayName)}
      <div class="row">
        <Clock words={t("wish.from")} value={wish.from} set={(from) => set({ from })} />
        <Clock words={t("wish.to")} value={wish.to} set={(to) => set({ to })} />
      </div>
      {checks("languages", "wish.languages", SPOKEN, spokenName)}
      {checks("conditions", "wish.conditions", CONDITIONS, said)}
      {checks("accessibility", isOffer ? "wish.access_offer" : "wish.access_need", ACCESS, said)}
    </div>
  );
}

function Figure(props: { id: string; words: string; step: string; most: number; value: number | undefined; set: (value: number | undefined) => void }) {
  const { id, words, step, most, value, set } = props;
  return (
    <label class="field" for={id}>
      {words}
      <input id={id} type="number" inputMode="decimal" min={step} max={most} step={step} value={value ?? ""}
        onInput={(event) => set(event.currentTarget.valueAsNumber > 0 ? event.currentTarget.valueAsNumber : undefined)} />
    </label>
  );
}

function Clock(props: { words: string; value: string | undefined; set: (value: string) => void }) {
  return (
    <label class="field">
      {props.words}
      <input type="time" value={props.value ?? ""} onInput={(event) => props.set(event.currentTarget.value.slice(0, 5))} />
    </label>
  );
}

function Checks(props: { legend: string; all: readonly string[]; words: (code: string) => string; chosen: readonly string[]; choose: (chosen: string[]) => void }) {
  const { legend, all, words, chosen, choose } = props;
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="row">
        {all.map((code) => (
          <label key={code} class="check">
            <input type="checkbox" checked={chosen.includes(code)}
              onChange={(event) => choose(event.currentTarget.checked ? [...chosen, code] : chosen.filter((one) => one !== code))} />
            <span>{words(code)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
