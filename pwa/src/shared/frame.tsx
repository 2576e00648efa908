/** What every screen has in common: the bar with the way out, the heading, and how waiting and failing look. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Problem } from "../outbox/outbox";
import { calls } from "./config";
import { appName } from "./discreet";
import { leave } from "./exit";
import { choose, LANGUAGE_NAMES, LANGUAGES, language, t, tagOf } from "./i18n";
import { Icon } from "./icons";
import { hasMoved } from "./router";
import type { TextKey } from "../resident/texts/en";

/** A screen: its heading gets the focus when it is shown, so that a screen reader says its name. */
export function Screen(props: { title: string; children: ComponentChildren; back?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Whatever had the focus went with the screen before; where nothing was left, the reader is left alone.
    if (hasMoved && document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <>
      <a class="skip" href="#main">{t("skip")}</a>
      <header class="top">
        <a class="brand" href="/">{appName()}</a>
        <span class="fill" />
        {LANGUAGES.filter((code) => code !== language.value).map((code, at) => (
          // The same button in the other language: the keyboard stays on it.
          <button key={at} type="button" class="bare" lang={tagOf(code)} onClick={() => void choose(code)}>
            {LANGUAGE_NAMES[code]}
          </button>
        ))}
        <button type="button" id="exit" onClick={leave}>
          <Icon name="exit" />
          {t("exit")}
        </button>
      </header>
      <main id="main">
        {props.back !== undefined && (
          <p>
            <a class="button bare" href={props.back}>
              <Icon name="back" />
              {t("back")}
            </a>
          </p>
        )}
        <h1 tabIndex={-1} ref={heading}>{props.title}</h1>
        {props.children}
      </main>
    </>
  );
}

/** The local numbers as links to call, before anything else (INV-13). */
export function CallFirst({ only }: { only?: number }) {
  return (
    <ul class="plain row" aria-label={t("call.label")}>
      {calls().slice(0, only).map((call) => (
        <li key={call.number}>
          <a class="call" href={`tel:${call.number.replaceAll(" ", "")}`}>
            <span>{t(`call.${call.service}`)}</span> <b dir="ltr">{call.number}</b>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Something is being fetched. */
export function Loading() {
  return <p role="status" class="soft">{t("loading")}</p>;
}

/** Nothing is there, and what to do about it. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="card soft">{children}</p>;
}

/** There is no network: what still works. */
export function Offline({ children }: { children?: ComponentChildren }) {
  return (
    <div class="note warn" role="status">
      <p>{t("offline")}</p>
      {children}
    </div>
  );
}

/** A refusal in the server's own words: what is wrong and what to do next. */
export function Refused({ problem }: { problem: Problem }) {
  return (
    <div class="note warn" role="alert">
      <p><b>{problem.title || t("failed")}</b></p>
      {problem.advice && <p>{problem.advice}</p>}
    </div>
  );
}

/** The words of the status of a report: exactly one of those that are true. */
export function statusWords(status: string): string {
  const key = `status.${status}` as TextKey;
  const found = t(key);
  return found === key ? t("status.sent") : found;
}

