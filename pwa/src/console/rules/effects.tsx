/** What follows where a condition holds: effects of the server's vocabulary with their values. */

import { pick, t } from "../i18n";
import { Icon } from "../icons";
import { useLatest } from "../parts/latest";
import { type Effect, vocabulary } from "./calls";
import { Many, OneOf } from "./choices";
import { withName } from "./model";

type Then = Readonly<Record<string, unknown>>;

/** The effects of a clause. Those that only another rule may have are not offered. */
export function EffectsForm({ rule, then, onThen }: { rule: string; then: Then; onThen: (then: Then) => void }) {
  const effects = (vocabulary.value?.effects ?? []).filter((one) => !one.reserved_for || one.reserved_for === rule);
  const free = effects.filter((one) => !(one.name in then));
  const put = useLatest(then, onThen);
  return (
    <fieldset>
      <legend>{t("rules.then")}</legend>
      {Object.entries(then).map(([name, value]) => {
        const effect = effects.find((one) => one.name === name);
        const label = effect ? pick(effect.label) : name;
        return (
          <div key={name} class="effect" role="group" aria-label={label}>
            <span>{label}</span>
            {effect ? <Value effect={effect} label={label} value={value} onValue={(next) => put((former) => ({ ...former, [name]: next }))} /> : <span class="code">{JSON.stringify(value)}</span>}
            <button type="button" class="bare square" aria-label={t("rules.remove", { what: label })} onClick={(event) => { event.currentTarget.closest("fieldset")?.querySelector<HTMLElement>(":scope > select")?.focus(); put((former) => withName(former, name, undefined)); }}><Icon name="close" /></button>
          </div>
        );
      })}
      {free.length > 0 && (
        <OneOf label={t("rules.add.effect")} none={t("rules.add.effect")} value="" values={free.map((one) => ({ code: one.name, label: one.label }))}
          onValue={(name) => name && put((former) => ({ ...former, [name]: firstValue(effects.find((one) => one.name === name)) }))} />
      )}
    </fieldset>
  );
}

function firstValue(effect: Effect | undefined): unknown {
  if (!effect) return undefined;
  if (effect.takes === "true") return true;
  if (effect.takes === "false") return false;
  if (effect.takes === "number") return 1;
  return effect.takes.endsWith("s") ? [] : (effect.values[0]?.code ?? "");
}

function Value({ effect, label, value, onValue }: { effect: Effect; label: string; value: unknown; onValue: (value: unknown) => void }) {
  if (effect.takes === "true" || effect.takes === "false") return <span />;
  if (effect.takes === "number") {
    if (typeof value === "object" && value) return <span class="code">{`$${(value as { value?: string }).value ?? ""}`}</span>;
    return <input type="number" min="1" step="1" aria-label={label} value={String(value)} onInput={(event) => onValue(Math.max(1, Math.trunc(Number(event.currentTarget.value)) || 1))} />;
  }
  if (effect.takes.endsWith("s")) return <Many label={label} values={effect.values} chosen={(value ?? []) as string[]} onChosen={onValue} />;
  return <OneOf label={label} values={effect.values} value={String(value ?? "")} onValue={onValue} />;
}
