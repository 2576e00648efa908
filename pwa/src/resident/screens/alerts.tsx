import { CallFirst, Empty, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";

/** Alerts come from coordinators only. There are none: what one would look like, and what to do meanwhile. */
export default function Alerts() {
  return (
    <Screen title={t("alerts.title")}>
      <Empty>{t("alerts.none")}</Empty>
      <section class="tight" aria-labelledby="shows">
        <h2 id="shows">{t("alerts.shows")}</h2>
        <ul>
          <li>{t("alerts.what")}</li>
          <li>{t("alerts.do")}</li>
          <li>{t("alerts.where")}</li>
          <li>{t("alerts.until")}</li>
        </ul>
      </section>
      <p>{t("alerts.never")}</p>
      <section class="tight">
        <p>{t("alerts.danger")}</p>
        <CallFirst />
      </section>
    </Screen>
  );
}
