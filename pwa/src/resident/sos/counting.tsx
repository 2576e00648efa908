/** The five seconds in which it can still be stopped, without a sound. */

import { t } from "../../shared/i18n";
import { codes, left, send } from "./alarm";
import { AskCode } from "./ask-code";
import { stop } from "./stopping";

export function Counting() {
  return (
    <>
      <p role="status">{t(codes.value ? "alarm.counting_code" : "alarm.counting")}</p>
      <p class="count" aria-hidden="true">{left.value}</p>
      {codes.value ? <AskCode /> : <button type="button" class="wide" onClick={stop}>{t("alarm.stop")}</button>}
      <button type="button" class="sos wide" onClick={send}>{t("alarm.now")}</button>
    </>
  );
}
