/** What was done, said in passing, with the way back where there is one. */

import { signal } from "@preact/signals";

import { t } from "../i18n";
import { Icon } from "../icons";

interface Toast {
  readonly id: number;
  readonly words: string;
  readonly undo?: () => unknown;
}

/** How long the way back stays: long enough to read and to reach it by keyboard. */
const LASTS_MS = 12_000;
const MOST = 3;
const toasts = signal<readonly Toast[]>([]);
let counted = 0;

/** Say what was done. `undo` is offered for 12 s; while the pointer or the keyboard is on it, it stays. */
export function toast(words: string, undo?: () => unknown): void {
  const made: Toast = { id: ++counted, words, ...(undo && { undo }) };
  toasts.value = [...toasts.value, made].slice(-MOST);
  later(made.id);
}

function later(id: number): void {
  setTimeout(() => {
    if (document.querySelector(`#toast-${id}:is(:hover, :focus-within)`)) later(id);
    else drop(id);
  }, LASTS_MS);
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** Where `toast` speaks; once in the page. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} id={`toast-${one.id}`} class="toast">
          <span>{one.words}</span>
          {one.undo && <button type="button" onClick={() => (drop(one.id), one.undo?.())}>{t("undo")}</button>}
          <button type="button" class="bare square" aria-label={t("close")} onClick={() => drop(one.id)}><Icon name="close" /></button>
        </div>
      ))}
    </div>
  );
}
