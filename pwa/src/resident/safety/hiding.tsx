/** The language, and discreet mode. */

import { discreet } from "../../shared/discreet";
import { choose, LANGUAGE_NAMES, LANGUAGES, language, t, tagOf } from "../../shared/i18n";
import { NEUTRAL_NAMES } from "../../shared/names";
import { beDiscreet } from "./disguise";
import { Part } from "./part";

export function Speech() {
  return (
    <Part title={t("safety.language")} state={LANGUAGE_NAMES[language.value]}>
      <fieldset>
        <legend class="unseen">{t("safety.language")}</legend>
        {LANGUAGES.map((code) => (
          <label key={code} class="check" lang={tagOf(code)}>
            <input type="radio" name="language" checked={language.value === code} onChange={() => void choose(code)} />
            {LANGUAGE_NAMES[code]}
          </label>
        ))}
      </fieldset>
    </Part>
  );
}

export function Hiding() {
  return (
    <Part title={t("safety.discreet")} state={t(discreet.value ? "safety.on" : "safety.off")}>
      <label class="check">
        <input type="checkbox" checked={discreet.value} onChange={(event) => void beDiscreet(event.currentTarget.checked)} />
        {t("safety.discreet_on", { name: NEUTRAL_NAMES[language.value] })}
      </label>
      <p>{t("safety.discreet_what")}</p>
      <p class="soft">{t("safety.discreet_limit")}</p>
    </Part>
  );
}
