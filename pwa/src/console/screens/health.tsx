/** Health: what is late, what fails, what has gone quiet, and what to do; it looks again by itself. */

import { useEffect, useState } from "preact/hooks";

import { api, ask, type Outcome, type Schemas } from "../api";
import { t } from "../i18n";
import { Moment } from "../parts/marks";
import { Failed, Loading, Screen } from "../parts/states";
import { Table, type Column } from "../parts/table";
import "../health/health.css";

type Health = Required<Schemas["Health"]>;
type Finding = Required<Schemas["HealthItem"]>;
type Level = "ok" | "warning" | "problem";

const AGAIN_MS = 30_000;

/** The screen. */
export default function HealthScreen() {
  const [found, setFound] = useState<Health | undefined>();
  const [failure, setFailure] = useState<Exclude<Outcome<Health>, { is: "data" }> | undefined>();
  const load = async (): Promise<void> => {
    const outcome = (await ask(api.GET("/api/v1/health"))) as Outcome<Health>;
    if (outcome.is === "data") setFound(outcome.data);
    setFailure(outcome.is === "data" ? undefined : outcome);
  };
  useEffect(() => {
    void load();
    const timer = setInterval(() => document.visibilityState === "visible" && void load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Screen title={t("health.title")} beside={<button type="button" onClick={() => void load()}>{t("health.again")}</button>}>
      <div class="stack">
        {failure && <Failed outcome={failure} again={() => void load()} />}
        {!found && !failure && <Loading />}
        {found && <Found health={found} />}
      </div>
    </Screen>
  );
}

function Found({ health }: { health: Health }) {
  const items = health.items as Finding[];
  const order: Record<string, number> = { problem: 0, warning: 1, ok: 2 };
  const bad = items.filter((one) => one.level !== "ok").sort((a, b) => (order[a.level] ?? 0) - (order[b.level] ?? 0));
  const level = health.level as Level;
  return (
    <>
      <p class={`note ${level === "ok" ? "" : "warn"}`} role="status"><Mark level={level} /> {t(`health.all.${level}`)}</p>
      <p class="soft"><AtTime at={health.at} /></p>
      {bad.length > 0 && <Table caption={t("health.caption.bad")} columns={COLUMNS(true)} rows={bad} keyOf={keyOf} />}
      <Table caption={t("health.caption.good")} columns={COLUMNS(false)} rows={items.filter((one) => one.level === "ok")} keyOf={keyOf} />
    </>
  );
}

/** "Looked at 12:00 …" with the moment as a moment. */
function AtTime({ at }: { at: string }) {
  const [before = "", after = ""] = t("health.at", { at: "\u0000" }).split("\u0000");
  return <>{before}<Moment at={at} />{after}</>;
}

const keyOf = (one: Finding): string => `${one.code}:${one.name}`;

const COLUMNS = (isBad: boolean): readonly Column<Finding>[] => [
  { key: "level", title: t("health.state"), cell: (one) => <Mark level={one.level as Level} /> },
  { key: "title", title: t("health.what"), cell: (one) => <b>{one.title}</b> },
  { key: "said", title: t("health.said"), cell: (one) => one.said },
  ...(isBad ? [{ key: "advice", title: t("health.do"), cell: (one: Finding) => one.advice }] : []),
];

/** A state by its sign and its word; the colour only repeats them. */
function Mark({ level }: { level: Level }) {
  return <span class={`health-mark health-${level}`}><span aria-hidden="true">{{ ok: "✓", warning: "!", problem: "✕" }[level]}</span> {t(`health.level.${level}`)}</span>;
}
