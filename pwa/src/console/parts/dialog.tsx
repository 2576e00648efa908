/** Questions that stand above the page: the browser's own dialog, which keeps the keyboard in and gives it back after. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { t } from "../i18n";
import { Icon } from "../icons";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** Whether Escape and the corner close it; without, one of its own buttons has to. */
  readonly closable?: boolean;
  readonly wide?: boolean;
}

/** A dialog, for as long as it is rendered. */
export function Dialog({ title, onClose, children, closable = true, wide = false }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    const before = document.activeElement as HTMLElement | null;
    dialog?.showModal();
    // What is asked for first has the keyboard, and not the corner that closes it.
    dialog?.querySelector<HTMLElement>(":scope > .stack :is(input, select, textarea, button, a)")?.focus();
    return () => {
      dialog?.close();
      // A dialog that is taken away gives the keyboard back to nothing; whoever opened it goes on where they were.
      if (before?.isConnected && !document.querySelector("dialog[open]")) before.focus();
    };
  }, []);
  const cancelled = (event: Event): void => {
    event.preventDefault();
    if (closable) onClose();
  };
  return (
    <dialog ref={box} aria-labelledby={id} class={wide ? "wide-dialog" : ""} onCancel={cancelled}>
      <div class="dialog-head">
        <h2 id={id} tabIndex={-1}>{title}</h2>
        {closable && <button type="button" class="bare square" aria-label={t("close")} onClick={onClose}><Icon name="close" /></button>}
      </div>
      <div class="stack">{children}</div>
    </dialog>
  );
}

interface Question {
  readonly title: string;
  readonly words?: string;
  /** What the button that does it says: the deed, not "OK". */
  readonly yes: string;
  readonly no?: string;
}

const question = signal<(Question & { readonly answer: (said: boolean) => void }) | undefined>(undefined);

/** Ask before what cannot be undone. Resolves with whether the person wants it. */
export function confirm(asked: Question): Promise<boolean> {
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      answer: (said) => {
        question.value = undefined;
        resolve(said);
      },
    };
  });
}

/** Where `confirm` asks; once in the page. */
export function Questions() {
  const asked = question.value;
  if (!asked) return null;
  return (
    <Dialog title={asked.title} onClose={() => asked.answer(false)}>
      {asked.words && <p>{asked.words}</p>}
      <div class="row end">
        <button type="button" onClick={() => asked.answer(false)}>{asked.no ?? t("cancel")}</button>
        <button type="button" class="first" onClick={() => asked.answer(true)}>{asked.yes}</button>
      </div>
    </Dialog>
  );
}
