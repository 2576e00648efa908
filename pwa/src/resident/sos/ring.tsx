/** The ring: press and hold, by finger, mouse or key. One short press of an assistive device asks instead. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { t } from "../../shared/i18n";
import { after, type Hold, IDLE, type Push, secondsLeft } from "./hold";

interface Heard {
  readonly onPress: () => void;
  readonly onDone: () => void;
  /** Pressed by something that cannot hold, such as a screen reader or a switch. */
  readonly onTap: () => void;
}

export function Ring(heard: Heard) {
  const hold = useSignal<Hold>(IDLE);
  const seconds = useSignal(secondsLeft(IDLE, 0));
  const push = (act: Push): void => {
    const next = after(hold.value, act);
    if (next.is === "holding" && hold.value.is !== "holding") heard.onPress();
    hold.value = next;
    seconds.value = secondsLeft(next, performance.now());
    if (next.is === "done") heard.onDone();
  };
  const release = (): void => push({ act: "release", at: performance.now() });
  const isHolding = hold.value.is === "holding";
  useEffect(() => {
    if (!isHolding) return;
    const ticking = setInterval(() => push({ act: "time", at: performance.now() }), 100);
    return () => clearInterval(ticking);
  }, [isHolding]);
  return (
    <>
      <button
        type="button" class={`ring${isHolding ? " held" : ""}`} aria-describedby="ring-how"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          push({ act: "press", at: performance.now(), x: event.clientX, y: event.clientY });
        }}
        onPointerMove={(event) => push({ act: "move", x: event.clientX, y: event.clientY })}
        onPointerUp={release} onPointerCancel={release} onBlur={release}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (event.key !== " " && event.key !== "Enter") return;
          event.preventDefault();
          push({ act: "key", at: performance.now(), repeat: event.repeat });
        }}
        onKeyUp={(event) => {
          if (event.key !== " " && event.key !== "Enter") return;
          event.preventDefault();
          release();
        }}
        onClick={(event) => {
          if (event.detail === 0) heard.onTap();
        }}
      >
        <svg viewBox="0 0 100 100" aria-hidden="true" focusable="false">
          <circle cx="50" cy="50" r="46" />
          <circle class="run" cx="50" cy="50" r="46" pathLength={100} />
        </svg>
        <b>{isHolding ? seconds.value : t("sos.title")}</b>
        <span>{t(isHolding ? "sos.holding" : "sos.hold")}</span>
      </button>
      <p id="ring-how" class="soft" role="status">{t(hold.value.is === "early" ? "sos.early" : "sos.how")}</p>
    </>
  );
}
