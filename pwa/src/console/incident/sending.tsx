/** What every form of this screen has: whom it may concern, sending in the version that was seen, and its end. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Outcome } from "../api";
import { pick, t } from "../i18n";
import { FormProblem } from "../parts/fields";
import { Failed } from "../parts/states";
import type { Incident, Receiver } from "./model";
import type { Answer, Desk } from "./state";

/** What a local time field means, as the server reads it. */
export function instant(local: string): string {
  return new Date(local).toISOString();
}

export interface FormProps {
  readonly desk: Desk;
  readonly incident: Incident;
  readonly onDone: () => void;
}

/** Bodies with a desk for this place; undefined until they are there. */
export function useReceivers(desk: Desk): Outcome<{ items: readonly Receiver[] }> | undefined {
  const [found, setFound] = useState<Outcome<{ items: readonly Receiver[] }>>();
  useEffect(() => void desk.beside<{ items: readonly Receiver[] }>("receivers").then(setFound), []);
  return found;
}

/** Those bodies as choices, with how many are on duty. */
export function receiverOptions(receivers: Outcome<{ items: readonly Receiver[] }> | undefined, only?: (one: Receiver) => boolean): { value: string; words: string }[] {
  const items = receivers?.is === "data" ? receivers.data.items : [];
  return items.filter(only ?? (() => true)).map((one) => ({
    value: one.organisation_id,
    words: `${pick(one.label)} · ${one.always_staffed ? t("incident.always") : one.on_duty > 0 ? t("incident.on_duty", { count: one.on_duty }) : t("incident.nobody_on_duty")}`,
  }));
}

/** Send a form in the version that was seen when it was opened. */
export function useSend(desk: Desk, incident: Incident, onDone: () => void): { failed: Answer; send: (path: string, body: unknown, done?: string) => Promise<void> } {
  const [failed, setFailed] = useState<Answer>();
  const seen = useRef(incident);
  const send = async (path: string, body: unknown, done = ""): Promise<void> => {
    const answer = await desk.act(path, body, seen.current, done);
    setFailed(answer);
    if (!answer) onDone();
  };
  return { failed, send };
}

/** What was wrong with a form. */
export function Wrong({ failed }: { failed: Answer }) {
  if (!failed) return null;
  return failed.is === "problem" ? <FormProblem problem={failed.problem} /> : <Failed outcome={failed} />;
}

/** The end of a form: leave it, or do it. */
export function Send({ desk, words, ready = true, onDone }: { desk: Desk; words: string; ready?: boolean; onDone: () => void }) {
  return (
    <p class="row end">
      <button type="button" onClick={onDone}>{t("cancel")}</button>
      <button type="submit" class="first" disabled={!ready || desk.busy.value}>{words}</button>
    </p>
  );
}

interface DoProps {
  readonly desk: Desk;
  readonly onDo: () => void;
  readonly children: ComponentChildren;
  readonly label?: string;
  readonly press?: string;
  readonly look?: string;
}

/** A button of an act: it waits while another act is under way, and keeps the focus meanwhile. */
export function Do({ desk, onDo, children, label, press, look = "" }: DoProps) {
  const isBusy = desk.busy.value;
  return (
    <button type="button" class={look} aria-disabled={isBusy} {...(label && { "aria-label": label })} {...(press && { "aria-keyshortcuts": press })} onClick={() => isBusy || onDo()}>
      {children}
    </button>
  );
}
