/** How one signs in: passkeys, app, recovery codes, password, and where one is signed in. */

import "../security/security.css";

import { useState } from "preact/hooks";

import { api, ask } from "../api";
import { t } from "../i18n";
import { Screen } from "../parts/states";
import { Show } from "../rosters/common";
import { App, Recovery } from "../security/codes";
import { Passkeys } from "../security/passkeys";
import { Password } from "../security/password";
import { Sessions } from "../security/sessions";
import { useSignIn } from "../security/state";
import { me } from "../session";
import { whoAmI } from "../signing";

/** The screen. */
export default function Security() {
  const loaded = useSignIn();
  const [codes, setCodes] = useState<readonly string[]>([]);
  // Whoever comes here for the first time goes on only by a button: the codes are shown once.
  const isFirst = (me.value?.must.length ?? 0) > 0;
  const show = async (made: readonly string[]): Promise<void> => {
    setCodes(made);
    await loaded.reload();
  };
  const changed = async (): Promise<void> => {
    await loaded.reload();
    const now = loaded.data.value;
    if (!now || now.recovery_left > 0 || !(now.app || now.passkeys.length)) return;
    const outcome = await ask(api.POST("/api/v1/me/recovery-codes"));
    if (outcome.is === "data") await show(outcome.data.codes ?? []);
  };
  return (
    <Screen title={t("security.title")}>
      <Show of={loaded}>
        {(state) => {
          const of = { state, changed };
          return (
            <div class="stack">
              {state.must.includes("second_factor") && <p class="note">{t("security.must.second")}</p>}
              {state.must.includes("password") && <p class="note">{t("security.must.password")}</p>}
              {isFirst && state.must.length === 0 && (
                <div class="note" role="status"><p>{t("security.done")}</p><p><button type="button" class="first" onClick={() => void whoAmI()}>{t("security.go_on")}</button></p></div>
              )}
              {state.second_factor === "offered" && <p class="note">{t("security.offered")}</p>}
              {state.agency && <p>{t("security.agency", { agency: state.agency })}</p>}
              {state.must.includes("password") && <Password {...of} />}
              {codes.length > 0 && <Recovery {...of} codes={codes} onCodes={(made) => void show(made)} />}
              <Passkeys {...of} />
              <App {...of} />
              {codes.length === 0 && <Recovery {...of} codes={codes} onCodes={(made) => void show(made)} />}
              {!state.must.includes("password") && <Password {...of} />}
              <Sessions />
            </div>
          );
        }}
      </Show>
    </Screen>
  );
}
