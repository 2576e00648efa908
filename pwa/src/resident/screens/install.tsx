import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { config } from "../../shared/config";
import { Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { NOTICE_WORDS, noticesOf, type Permission, permissionNow } from "../install/notices";
import { Picture, type PictureName } from "../install/pictures";
import { install, isInstalled, offered, runsInstalled } from "../install/prompt";

/** Putting Linli on the home screen, and notifications: both asked for by a tap and never before. */
export default function Install() {
  return (
    <Screen title={t("install.title")}>
      <p>{t("install.why")}</p>
      <p class="note">{t("install.shared")}</p>
      <OnHomeScreen />
      <Notifications />
    </Screen>
  );
}

function OnHomeScreen() {
  const [phone, setPhone] = useState("android");
  useEffect(() => {
    isInstalled.value ||= runsInstalled();
    if (/iPhone|iPad/.test(navigator.userAgent)) setPhone("iphone");
  }, []);
  if (isInstalled.value) return <p class="note" role="status">{t("install.done")}</p>;
  return (
    <>
      {offered.value && <button type="button" class="first wide" onClick={() => void install()}>{t("install.now")}</button>}
      {phone === "iphone" ? <><OnIphone /><OnAndroid /></> : <><OnAndroid /><OnIphone /></>}
      <p class="soft">{t("install.without")}</p>
    </>
  );
}

function OnIphone() {
  return (
    <Steps title={t("install.iphone")}>
      <Step picture="share" words={t("install.iphone_1")} />
      <Step picture="add" words={t("install.iphone_2")} />
    </Steps>
  );
}

function OnAndroid() {
  return (
    <Steps title={t("install.android")}>
      <Step picture="dots" words={t("install.android_1")} />
      <Step picture="add" words={t("install.android_2")} />
    </Steps>
  );
}

function Steps({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      <ol class="stack">
        {children}
        <Step picture="phone" words={t("install.open")} />
      </ol>
    </section>
  );
}

function Step({ picture, words }: { picture: PictureName; words: string }) {
  return <li><Picture name={picture} /> {words}</li>;
}

const subscribed = signal(false);

/** Fetched when it is first needed, for where no pushes are sent it never is. */
async function withPush(act: (push: typeof import("../install/push")) => Promise<void>): Promise<void> {
  const push = await import("../install/push");
  await act(push);
  subscribed.value = push.isSubscribed.value === true;
}

function Notifications() {
  const [permission, setPermission] = useState<Permission>();
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    setPermission(permissionNow());
    void withPush((push) => push.lookAtPush()).catch(() => undefined);
  }, []);
  const isSending = config.value.channels["push"] === true;
  const notices = noticesOf(isSending, permission ?? "unsupported", subscribed.value);
  const ask = async (): Promise<void> => {
    setFailed(false);
    const given = await Notification.requestPermission();
    setPermission(given);
    if (given === "granted") await withPush((push) => push.subscribe()).catch(() => setFailed(true));
  };
  return (
    <section class="stack" aria-labelledby="notices">
      <h2 id="notices">{t("install.notices")}</h2>
      <p role="status">{permission && t(NOTICE_WORDS[notices])}</p>
      {(notices === "default" || notices === "granted") && <button type="button" onClick={() => void ask()}>{t("install.notices_ask")}</button>}
      {notices === "on" && (
        <button type="button" onClick={() => void withPush((push) => push.unsubscribe()).catch(() => setFailed(true))}>{t("install.notices_stop")}</button>
      )}
      {hasFailed && <p class="note warn" role="alert">{t("install.notices_failed")}</p>}
      <p class="soft">{t("install.notices_hint")}</p>
    </section>
  );
}
