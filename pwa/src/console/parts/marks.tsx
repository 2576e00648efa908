/** Small marks: a grade, a state, a moment, and a clock that runs. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { byServer } from "../../shared/clock";
import { say, span, t, tagOf, when } from "../i18n";

/** A grade by its words, its number and its shape; the colour only repeats them. */
export function Grade({ grade }: { grade: number }) {
  return (
    <span class={`grade grade-${grade}`}>
      <span class="grade-shape" aria-hidden="true" />
      {t("grade", { grade })} {say(`grade.${grade}`)}
    </span>
  );
}

/** The words of a state of an incident. */
export function statusName(status: string): string {
  return say(`status.${status}`, status);
}

/** A moment in words; the whole of it when pointed at. */
export function Moment({ at }: { at: string }) {
  const whole = new Intl.DateTimeFormat(tagOf(), { dateStyle: "full", timeStyle: "medium" }).format(new Date(at));
  return <time dateTime={at} title={whole}>{when(at)}</time>;
}

/** The present moment by the server's clock, in ms; it moves each second while somebody looks. */
export const present = signal(typeof performance === "undefined" ? 0 : byServer());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Keep `present` moving for as long as the caller is shown. */
export function usePresent(): void {
  useEffect(() => {
    if (++watchers === 1) {
      present.value = byServer();
      timer = setInterval(() => (present.value = byServer()), 1000);
    }
    return () => {
      if (--watchers === 0) clearInterval(timer);
    };
  }, []);
}

/** How long until a moment, or how late it is. Nothing is said each second: a screen reader hears it when it asks. */
export function Countdown({ due }: { due: string }) {
  usePresent();
  const left = Math.round((Date.parse(due) - present.value) / 1000);
  return (
    <time dateTime={due} class={left < 0 ? "late" : left < 120 ? "soon" : ""} title={when(due)}>
      {left < 0 ? `⚠ ${t("clock.late", { span: span(-left) })}` : t("clock.due", { span: span(left) })}
    </time>
  );
}
