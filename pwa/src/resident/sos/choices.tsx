/** What may be chosen before the press, and ways of the emergency service for those who cannot speak. */

import { config } from "../../shared/config";
import { pick, t } from "../../shared/i18n";
import { codes, keepSilent, share, silent } from "./alarm";
import type { Share } from "./positions";

const SHARES: readonly Share[] = ["exact", "coarse", "none"];

/** Where the place has them. */
export function Voiceless() {
  const here = config.value.emergency[config.value.country] ?? {};
  const text = here["text"];
  const how = pick(here["silent"] as Record<string, string> | undefined);
  if (typeof text !== "string" && !how) return null;
  return (
    <p class="note">
      <span><b>{t("alarm.voiceless")}</b> {how}</span>
      {typeof text === "string" && <a class="button" href={`sms:${text}`}>{t("alarm.text", { number: text })}</a>}
    </p>
  );
}

export function Choices() {
  return (
    <section class="card">
      <h2>{t("alarm.before")}</h2>
      <label class="check">
        <input type="checkbox" checked={silent.value} onChange={(event) => keepSilent(event.currentTarget.checked)} />
        {t("alarm.silent")}
      </label>
      <fieldset>
        <legend>{t("alarm.place")}</legend>
        {SHARES.map((one) => (
          <label key={one} class="check">
            <input type="radio" name="share" checked={share.value === one} onChange={() => (share.value = one)} />
            {t(`alarm.place_${one}`)}
          </label>
        ))}
        <small>{t("alarm.place_why")}</small>
      </fieldset>
      <p class="soft">{t(codes.value ? "alarm.has_code" : "alarm.no_code")}</p>
      <div class="row"><a class="button bare" href="/safety">{t("alarm.safety")}</a></div>
    </section>
  );
}
