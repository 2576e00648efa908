/** The way out, explained before it is needed, with what it cannot do. */

import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";

export function ExitExplained() {
  return (
    <section class="note" aria-labelledby="exit-explained">
      <h2 id="exit-explained"><Icon name="exit" /> {t("safety.exit")}</h2>
      <p>{t("safety.exit_how")}</p>
      <p>{t("safety.exit_waiting")}</p>
      <p><b>{t("safety.exit_history")}</b></p>
    </section>
  );
}
