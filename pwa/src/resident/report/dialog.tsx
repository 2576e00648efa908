/** A native dialog that is open as long as it is drawn; Escape closes it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { leave } from "../../shared/exit";
import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";

/** The page behind it cannot be reached while it is open, so it has a way out of its own. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    // The keyboard goes on where it was.
    return () => from?.focus();
  }, []);
  return (
    <dialog ref={box} aria-labelledby="dialog-title" onClose={props.onClose}>
      <div class="stack">
        <div class="row">
          <h2 id="dialog-title">{props.title}</h2>
          <button type="button" onClick={leave}><Icon name="exit" />{t("exit")}</button>
        </div>
        {props.children}
      </div>
    </dialog>
  );
}
