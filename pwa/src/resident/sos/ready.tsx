/** Before anything is sent: the ring, the other way, and who will be told. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../../shared/i18n";
import { begin, buzz, share } from "./alarm";
import { Ring } from "./ring";
import { isAllowed, watchPlace } from "./watch";

/** Warm up the place while the ring is held, where that asks no question. */
async function warmUp(): Promise<void> {
  buzz(30);
  if (share.value !== "none" && (await isAllowed())) watchPlace();
}

/** `children`: what may be chosen before, as soon as it was fetched. */
export function Ready({ children }: { children?: ComponentChildren }) {
  const isAsking = useSignal(false);
  return (
    <>
      <div class="tight middle">
        <Ring onPress={() => void warmUp()} onDone={begin} onTap={() => (isAsking.value = true)} />
        {isAsking.value ? <Sure no={() => (isAsking.value = false)} /> : (
          <button type="button" onClick={() => (isAsking.value = true)}>{t("sos.tap")}</button>
        )}
      </div>
      <section class="card">
        <h2>{t("sos.who")}</h2>
        <p>{t("sos.who_text")}</p>
        <p class="soft">{t("sos.who_not")}</p>
      </section>
      {children}
    </>
  );
}

function Sure({ no }: { no: () => void }) {
  const question = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    question.current?.focus();
    // On a small phone the answers would stand below the edge.
    question.current?.parentElement?.scrollIntoView({ block: "center" });
  }, []);
  return (
    <div class="card" role="group" aria-labelledby="sure">
      <p id="sure" tabIndex={-1} ref={question}><b>{t("sos.sure")}</b></p>
      <div class="row">
        <button type="button" class="sos" onClick={begin}>{t("sos.sure_yes")}</button>
        <button type="button" onClick={no}>{t("sos.sure_no")}</button>
      </div>
    </div>
  );
}
