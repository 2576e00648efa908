/** Where I am, as far as it is shared: how exact, how old, until when, and how to stop. */

import { ago, t, when } from "../../shared/i18n";
import { alarm } from "./alarm";
import { clock, isSharedNoMore, shareAs, shared, sharedUntil } from "./follow";
import { fault, fix } from "./watch";

export function Place() {
  const how = alarm.value?.share ?? "none";
  const isPossible = !isSharedNoMore();
  return (
    <section class="card" aria-labelledby="place">
      <h2 id="place">{t("alarm.place")}</h2>
      {how === "none" ? <p>{t("alarm.not_shared")}</p> : <Shared />}
      <div class="row">
        {how !== "none" && (
          <>
            <label class="check">
              <input type="checkbox" checked={how === "coarse"} onChange={(event) => shareAs(event.currentTarget.checked ? "coarse" : "exact")} />
              {t("alarm.place_coarse")}
            </label>
            <button type="button" onClick={() => shareAs("none")}>{t("alarm.share_stop")}</button>
          </>
        )}
        {how === "none" && isPossible && <button type="button" onClick={() => shareAs("exact")}>{t("alarm.share")}</button>}
      </div>
    </section>
  );
}

function Shared() {
  const last = shared.value;
  // Nothing is claimed to be shared where the phone tells nothing.
  if (!last && !fix.value && fault.value) return <p>{t(`alarm.place_${fault.value}`)}</p>;
  return (
    <>
      {last && <p><b>{t("alarm.shared_until", { when: when(sharedUntil()) })}</b></p>}
      {last && clock.value >= 0 && (
        <p>{t("alarm.shared", { ago: ago(last.fix.at), metres: Math.round(last.fix.accuracy_m) })}</p>
      )}
      {!last && <p>{t(fix.value ? "alarm.place_known" : "alarm.place_looking")}</p>}
    </>
  );
}
