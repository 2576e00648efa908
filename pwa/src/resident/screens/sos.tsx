import "../sos/sos.css";

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { calls } from "../../shared/config";
import { CallFirst, Screen } from "../../shared/frame";
import { need, t } from "../../shared/i18n";
import { alarm, beginAnew, left, type Phase, phase, prepare, silent } from "../sos/alarm";
import { Ready } from "../sos/ready";

const after = signal<ComponentType | undefined>(undefined);

/** The rest is fetched while there is a network. Pressing and sending need none of it. */
async function fetchAfter(): Promise<void> {
  after.value ??= await Promise.all([import("../sos/after"), need("alarm")]).then(([found]) => found.default, () => undefined);
}

const TITLES = {
  ready: "sos.title", counting: "sos.title_counting", on: "sos.title_on",
  stopped: "sos.title_stopped", ended: "sos.title_ended", over: "sos.title_over",
} as const;

/** Help at once: the numbers to call, always in view, then what the alarm is at. */
export default function Sos() {
  const now = phase.value;
  const isPlain = silent.value;
  useEffect(() => {
    void prepare();
    return beginAnew;
  }, []);
  useEffect(() => {
    void fetchAfter();
    // The new state is read out, and a key that is still down presses nothing.
    if (now !== "ready") document.querySelector<HTMLElement>("h1")?.focus();
  }, [now]);
  useEffect(() => {
    document.documentElement.classList.toggle("plain-dark", isPlain);
    return () => document.documentElement.classList.remove("plain-dark");
  }, [isPlain]);
  return (
    <Screen title={t(TITLES[now])} {...(now !== "counting" && { back: "/" })}>
      <div class="calls"><CallFirst /></div>
      <Body now={now} />
    </Screen>
  );
}

function Body({ now }: { now: Phase }) {
  const After = after.value;
  if (now === "ready") return <Ready>{After && <After />}</Ready>;
  if (now === "counting" || now === "on") return After ? <After /> : <Shortest now={now} />;
  return <p role="status">{t(`sos.${now}`)}</p>;
}

/** Where no more than this could be fetched: the truth in one sentence. */
function Shortest({ now }: { now: "counting" | "on" }) {
  const told = alarm.value?.told;
  if (now === "counting") return <p class="count">{left.value}</p>;
  return (
    <p class="note large" role="status">
      {told ? t("sos.delivered", { owner: told.owner.label }) : t("sos.undelivered", { number: calls()[0]?.number ?? "" })}
    </p>
  );
}
