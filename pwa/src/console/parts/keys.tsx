/** Keys of a screen: single letters, and letters after `g`. They wait while somebody writes or a dialog is open. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { t } from "../i18n";
import { Dialog } from "./dialog";

export interface Key {
  /** As in `j`, `?`, `Enter`, or `g q` for one after the other. */
  readonly press: string;
  /** What it does, in the reader's language. */
  readonly does: string;
  readonly act: (event: KeyboardEvent) => void;
}

const NEXT_WITHIN_MS = 1500;
const groups = signal<readonly (() => readonly Key[])[]>([]);
const isHelpOpen = signal(false);
let first: { readonly key: string; readonly at: number } | undefined;

/** Listen for keys for as long as the caller is shown; `make` is asked at each press, so it may close over what is shown. */
export function useKeys(make: () => readonly Key[]): void {
  useEffect(() => {
    groups.value = [...groups.value, make];
    return () => {
      groups.value = groups.value.filter((one) => one !== make);
    };
  });
}

/** Show which keys there are. */
export function showKeys(): void {
  isHelpOpen.value = true;
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select"));
}

function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting(event.target) || document.querySelector("dialog[open]")) return;
  // What has the focus answers to Enter and space itself.
  if ((event.key === "Enter" || event.key === " ") && (event.target as Element | null)?.closest?.("a, button, summary, input")) return;
  if (event.key === "?") return showKeys();
  const after = first && performance.now() - first.at < NEXT_WITHIN_MS ? `${first.key} ${event.key}` : event.key;
  first = undefined;
  const all = groups.value.flatMap((make) => make());
  const found = all.find((key) => key.press === after) ?? all.find((key) => key.press === event.key);
  if (found) {
    event.preventDefault();
    found.act(event);
  } else if (all.some((key) => key.press.startsWith(`${event.key} `))) first = { key: event.key, at: performance.now() };
}

/** Where keys are heard and their help is shown; once in the page. */
export function Keys() {
  useEffect(() => {
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  if (!isHelpOpen.value) return null;
  const all = groups.value.flatMap((make) => make());
  return (
    <Dialog title={t("keys.title")} onClose={() => (isHelpOpen.value = false)}>
      <dl class="keys">
        {all.map((key) => (
          <div key={key.press}>
            <dt>{key.press.split(" ").map((part) => <kbd key={part}>{part}</kbd>)}</dt>
            <dd>{key.does}</dd>
          </div>
        ))}
        <div><dt><kbd>?</kbd></dt><dd>{t("keys.title")}</dd></div>
      </dl>
    </Dialog>
  );
}
