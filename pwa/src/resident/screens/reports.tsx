import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { acknowledged, look, waiting } from "../../outbox/outbox";
import { Empty, Loading, Screen } from "../../shared/frame";
import { language, need, t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { place } from "../../shared/router";
import { allKnown, type Known } from "../reports/mylist";
import { MineRow, WaitingRow } from "../reports/rows";

/** My reports, without an account; or one of them. */
export default function Reports() {
  const [isReady, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  const id = place.value.rest[0];
  // The page comes as the same HTML for the list and for one report: until it lives, both look alike.
  if (!isReady) return <Screen title={t("reports.title")}><Loading /></Screen>;
  return id ? <One key={id} id={id} /> : <List />;
}

/** One report: its part of the page is fetched when it is first needed. */
function One({ id }: { id: string }) {
  const [Found, setFound] = useState<{ Part: ComponentType<{ id: string }> }>();
  useEffect(() => void Promise.all([import("../reports/one"), need("thread")]).then(([part]) => setFound({ Part: part.default })), []);
  return (
    <Screen title={t("thread.title")} back="/reports">
      {Found ? <Found.Part id={id} /> : <Loading />}
    </Screen>
  );
}

const NEWEST = 10;

function List() {
  const [all, setAll] = useState<readonly Known[] | "failed">();
  const [asked, setAsked] = useState({ up_to: NEWEST, isBusy: true, isOffline: false });
  const show = () => allKnown().then(setAll, () => setAll("failed"));
  useEffect(() => void look(), []);
  useEffect(() => void show(), [acknowledged.value, waiting.value]);
  useEffect(() => void askAbout(asked.up_to).then((isOffline) => {
    setAsked((now) => ({ ...now, isBusy: false, isOffline }));
    return show();
  }), [asked.up_to, language.value, acknowledged.value]);
  const more = () => setAsked({ up_to: asked.up_to + NEWEST, isBusy: true, isOffline: false });
  return (
    <Screen title={t("reports.title")}>
      <Outbox />
      <section class="stack" aria-labelledby={waiting.value.length > 0 ? "sent" : undefined}>
        {waiting.value.length > 0 && <h2 id="sent">{t("mine.sent")}</h2>}
        {all === undefined && <Loading />}
        {all === "failed" && <p class="note warn" role="alert">{t("mine.failed")}</p>}
        {Array.isArray(all) && <Sent all={all} />}
        <p role="status" class="soft">{asked.isOffline ? t("mine.offline") : asked.isBusy ? t("mine.asking") : ""}</p>
        {Array.isArray(all) && all.length > asked.up_to && <button type="button" onClick={more}>{t("mine.more")}</button>}
      </section>
      <p><a class="button wide" href="/open"><Icon name="list" />{t("mine.open")}</a></p>
    </Screen>
  );
}

/** Ask the server about those that are shown; whether it could not be reached. */
async function askAbout(up_to: number): Promise<boolean> {
  const [{ refresh }, all] = await Promise.all([import("../reports/asking"), allKnown().catch(() => [])]);
  const outcomes = await Promise.all(all.slice(Math.max(0, up_to - NEWEST), up_to).map((one) => refresh(one.mine)));
  return outcomes.some((one) => one.is === "offline");
}

function Outbox() {
  if (waiting.value.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="waiting">
      <h2 id="waiting">{t("mine.waiting")}</h2>
      <p class="soft">{t("mine.waiting_hint")}</p>
      <ul class="plain stack">{waiting.value.map((row) => <WaitingRow key={row.id} row={row} />)}</ul>
    </section>
  );
}

function Sent({ all }: { all: readonly Known[] }) {
  if (all.length > 0) return <ul class="plain stack">{all.map((one) => <MineRow key={one.mine.clientId} known={one} />)}</ul>;
  if (waiting.value.length > 0) return null;
  return (
    <>
      <Empty>{t("mine.empty")}</Empty>
      <p><a class="button first wide" href="/report"><Icon name="report" />{t("mine.begin")}</a></p>
    </>
  );
}
