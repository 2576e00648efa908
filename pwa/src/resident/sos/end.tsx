/** How an alarm is ended by its person: with the code, or, where none is set, after a question. */

import { useRef } from "preact/hooks";

import { leave } from "../../shared/exit";
import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { AskCode } from "./ask-code";
import { needsCode, takeBack } from "./stopping";

export function End() {
  return (
    <section class="card" aria-labelledby="end">
      <h2 id="end">{t("alarm.end")}</h2>
      <p class="soft">{t("alarm.end_silence")}</p>
      {needsCode() ? <AskCode /> : <TakeBack />}
    </section>
  );
}

function TakeBack() {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>{t("alarm.end_ask")}</button>
      <dialog ref={dialog} aria-labelledby="end-sure">
        <div class="stack">
          <h2 id="end-sure">{t("alarm.end_sure")}</h2>
          <p>{t("alarm.end_what")}</p>
          <div class="row">
            <button type="button" onClick={() => dialog.current?.close()}>{t("alarm.end_no")}</button>
            <button type="button" class="first" onClick={takeBack}>{t("alarm.end_yes")}</button>
            {/* The bar behind cannot be reached while this is open. */}
            <button type="button" onClick={leave}><Icon name="exit" />{t("exit")}</button>
          </div>
        </div>
      </dialog>
    </>
  );
}
