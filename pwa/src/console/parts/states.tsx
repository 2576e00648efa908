/** How waiting, nothing, failing and being cut off look, everywhere alike. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Problem } from "../api";
import { t } from "../i18n";
import { hasMoved } from "../router";

/** A screen: its heading gets the focus when it is shown, so that a screen reader says its name. */
export function Screen(props: { title: string; beside?: ComponentChildren; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (hasMoved && (document.activeElement === document.body || !document.activeElement)) heading.current?.focus();
  }, []);
  useEffect(() => {
    document.title = `${props.title} – Linli`;
  }, [props.title]);
  return (
    <>
      <div class="screen-head">
        <h1 tabIndex={-1} ref={heading}>{props.title}</h1>
        {props.beside}
      </div>
      {props.children}
    </>
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

/** There is no network: what to do. */
export function Offline({ again }: { again?: () => void }) {
  return (
    <div class="note warn" role="alert">
      <p>{t("offline")}</p>
      {again && <p><button type="button" onClick={again}>{t("again")}</button></p>}
    </div>
  );
}

/** A refusal in the server's own words: what is wrong and what to do next. */
export function Refused({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="note warn" role="alert">
      <p><b>{problem.title || t("failed")}</b></p>
      {problem.detail && <p>{problem.detail}</p>}
      {problem.advice && <p>{problem.advice}</p>}
      {problem.status >= 500 && problem.request_id && <p class="soft">{t("failed.request", { id: problem.request_id })}</p>}
      {again && <p><button type="button" onClick={again}>{t("again")}</button></p>}
    </div>
  );
}

/** What failed, whichever way it did. */
export function Failed({ outcome, again }: { outcome: { is: "problem"; problem: Problem } | { is: "offline" }; again?: () => void }) {
  const retry = again ? { again } : {};
  return outcome.is === "offline" ? <Offline {...retry} /> : <Refused problem={outcome.problem} {...retry} />;
}
