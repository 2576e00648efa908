import "../safety/safety.css";

import { CallFirst, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { AppCode } from "../safety/app-code";
import { Contact } from "../safety/contact";
import { Delete } from "../safety/delete";
import { ExitExplained } from "../safety/explained";
import { Hiding, Speech } from "../safety/hiding";
import { SosCodes } from "../safety/sos-codes";
import { Stored } from "../safety/stored";

/** What a person can set for their safety, each part folded until it is wanted. */
export default function Safety() {
  return (
    <Screen title={t("safety.title")} back="/">
      <CallFirst only={1} />
      <ExitExplained />
      <Speech />
      <Hiding />
      <AppCode />
      <SosCodes />
      <Contact />
      <Stored />
      <section class="stack" aria-labelledby="delete">
        <h2 id="delete">{t("safety.delete_title")}</h2>
        <Delete />
      </section>
    </Screen>
  );
}
