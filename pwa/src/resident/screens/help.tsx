import { leave } from "../../shared/exit";
import { CallFirst, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";

const LINES = [1, 2, 3, 4, 5] as const;
const STATES = ["waiting", "attention", "sent", "seen", "handled", "closed", "withdrawn"] as const;

/** What Linli is and is not, and how it works. */
export default function Help() {
  return (
    <Screen title={t("help.title")}>
      <section class="tight" aria-labelledby="danger">
        <h2 id="danger">{t("help.danger")}</h2>
        <CallFirst />
      </section>
      <section class="tight" aria-labelledby="what">
        <h2 id="what">{t("help.what")}</h2>
        <ul>{LINES.map((line) => <li key={line}>{t(`help.what_${line}`)}</li>)}</ul>
      </section>
      <section class="tight" aria-labelledby="states">
        <h2 id="states">{t("help.states")}</h2>
        <dl class="stack">
          {STATES.map((state) => (
            <div key={state}><dt><b>{t(`status.${state}`)}</b></dt><dd>{t(`help.${state}`)}</dd></div>
          ))}
        </dl>
      </section>
      <section class="tight" aria-labelledby="offline">
        <h2 id="offline">{t("help.offline")}</h2>
        <p>{t("help.offline_1")}</p>
        <p>{t("help.offline_2")}</p>
        <p><a href="/install">{t("help.install")}</a></p>
      </section>
      <section class="tight" aria-labelledby="leave">
        <h2 id="leave">{t("help.leave")}</h2>
        <p>{t("help.leave_1")}</p>
        <p>{t("help.leave_2")}</p>
        <p><button type="button" onClick={leave}><Icon name="exit" />{t("exit")}</button></p>
      </section>
      <section class="tight" aria-labelledby="plain">
        <h2 id="plain">{t("help.plain")}</h2>
        <p><a class="button" href="/form">{t("help.form")}</a></p>
      </section>
    </Screen>
  );
}
