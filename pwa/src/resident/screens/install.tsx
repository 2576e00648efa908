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

function Notifications() {
  const [permission, setPermission] = useState<Permission>();
  useEffect(() => setPermission(permissionNow()), []);
  const notices = noticesOf(config.value.channels["push"] === true, permission ?? "unsupported");
  const ask = () => Notification.requestPermission().then(setPermission);
  return (
    <section class="stack" aria-labelledby="notices">
      <h2 id="notices">{t("install.notices")}</h2>
      <p role="status">{permission && t(NOTICE_WORDS[notices])}</p>
      {notices === "default" && <button type="button" onClick={() => void ask()}>{t("install.notices_ask")}</button>}
      <p class="soft">{t("install.notices_hint")}</p>
    </section>
  );
}
