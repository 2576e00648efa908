import { Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";

/** An address that names no screen. */
export default function Missing() {
  return (
    <Screen title={t("missing.title")}>
      <p><a class="button first" href="/">{t("missing.home")}</a></p>
    </Screen>
  );
}
