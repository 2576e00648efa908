import { waiting } from "../../outbox/outbox";
import { appName } from "../../shared/discreet";
import { CallFirst, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { updates } from "../updates";

/** Four ways to begin, and one calm line. */
export default function Home() {
  const held = waiting.value.length;
  return (
    <Screen title={t("home.title")}>
      <nav class="tight" aria-label={t("home.title")}>
        <a class="choice" href="/report">
          <Icon name="report" />
          <span><b>{t("home.report")}</b><br /><small>{t("home.report_hint")}</small></span>
        </a>
        <a class="choice" href="/aid">
          <Icon name="aid" />
          <span><b>{t("home.aid")}</b><br /><small>{t("home.aid_hint")}</small></span>
        </a>
        <a class="choice" href="/reports">
          <Icon name="list" />
          <span><b>{t("home.reports")}</b><br /><small>{t("home.reports_hint")}</small></span>
        </a>
        <a class="button sos wide" href="/sos">
          <Icon name="sos" />
          {t("home.sos")} · {t("home.sos_hint")}
        </a>
      </nav>
      <p role="status">
        {held > 0 && <a href="/reports">{t("home.waiting", { count: held })}</a>}
        {held > 0 && " · "}
        {updates.value > 0 ? <a href="/reports">{t("home.updates", { count: updates.value })}</a> : t("home.no_updates")}
      </p>
      <section class="tight">
        <p class="soft">{t("home.not_emergency", { name: appName() })}</p>
        <CallFirst />
      </section>
      <nav class="row" aria-label={t("home.more")}>
        <a class="button bare" href="/alerts"><Icon name="bell" />{t("home.alerts")}</a>
        <a class="button bare" href="/safety"><Icon name="shield" />{t("home.safety")}</a>
        <a class="button bare" href="/help"><Icon name="help" />{t("home.help")}</a>
      </nav>
    </Screen>
  );
}
