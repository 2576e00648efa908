/** Delete what is on this phone: asked once more, with what would be lost. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { goOn, hurry, look, waiting } from "../../outbox/outbox";
import { read } from "../../shared/db";
import { leave } from "../../shared/exit";
import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { goAway, wipe } from "./wipe";

export function Delete() {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" class="wide" onClick={() => dialog.current?.showModal()}>{t("safety.delete")}</button>
      <dialog ref={dialog} aria-labelledby="delete-sure">
        <Sure no={() => dialog.current?.close()} />
      </dialog>
    </>
  );
}

function Sure({ no }: { no: () => void }) {
  const progress = useSignal<"going" | "failed" | undefined>(undefined);
  const hasSos = useSignal(false);
  useEffect(() => {
    void look();
    void read("sos-active").then((found) => (hasSos.value = found !== undefined), () => undefined);
  }, []);
  const act = async (): Promise<void> => {
    progress.value = "going";
    if (await wipe()) goAway();
    else progress.value = "failed";
  };
  const held = waiting.value.length;
  return (
    <div class="stack">
      <h2 id="delete-sure">{t("safety.delete_sure")}</h2>
      <p>{t("safety.delete_what")}</p>
      {held > 0 && <Waits count={held} />}
      {hasSos.value && <p class="note warn">{t("safety.delete_sos")}</p>}
      <p class="soft">{t("safety.delete_not")}</p>
      <p role="status">{progress.value && t(`safety.delete_${progress.value}`)}</p>
      <div class="row">
        <button type="button" onClick={no}>{t("safety.delete_no")}</button>
        <button type="button" class="first" aria-disabled={progress.value === "going"} onClick={() => void act()}>{t("safety.delete_yes")}</button>
        {/* The bar behind cannot be reached while this is open. */}
        <button type="button" onClick={leave}><Icon name="exit" />{t("exit")}</button>
      </div>
    </div>
  );
}

/** What waits would be lost: it can be sent first. */
function Waits({ count }: { count: number }) {
  const isTrying = useSignal(false);
  const sendFirst = async (): Promise<void> => {
    isTrying.value = true;
    await hurry().catch(() => undefined);
    await goOn();
    isTrying.value = false;
  };
  return (
    <div class="note warn">
      <p><b>{t("safety.delete_waiting", { count })}</b></p>
      <button type="button" aria-disabled={isTrying.value} onClick={() => void sendFirst()}>{t(isTrying.value ? "safety.delete_sending" : "safety.delete_send")}</button>
    </div>
  );
}
