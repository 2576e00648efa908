/** Asking before something that cannot be undone. In place, not as a dialog: the way out stays in reach. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { t } from "../../shared/i18n";

/** A button that asks once more; `children` say what will happen. */
export function Confirm(props: { label: string; yes: string; onYes: () => void | Promise<void>; children: ComponentChildren }) {
  const [isAsking, setAsking] = useState(false);
  const trigger = useRef<HTMLButtonElement>(null);
  const asked = useRef<HTMLDivElement>(null);
  const wasAsking = useRef(false);
  const id = useId();
  useEffect(() => {
    if (isAsking) asked.current?.focus();
    else if (wasAsking.current) trigger.current?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);
  if (!isAsking) return <button type="button" ref={trigger} onClick={() => setAsking(true)}>{props.label}</button>;
  const answer = (isYes: boolean) => () => {
    setAsking(false);
    if (isYes) void props.onYes();
  };
  return (
    <div class="note warn wide" role="group" aria-labelledby={id} tabIndex={-1} ref={asked}
      onKeyDown={(event) => event.key === "Escape" && setAsking(false)}>
      <div class="tight" id={id}>{props.children}</div>
      <div class="row">
        <button type="button" class="first" onClick={answer(true)}>{props.yes}</button>
        <button type="button" onClick={answer(false)}>{t("mine.no")}</button>
      </div>
    </div>
  );
}
