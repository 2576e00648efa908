/** Breaking the glass: from a link to an incident that one may not see, or by its number. */

import { t } from "../i18n";
import { Screen } from "../parts/states";
import { BreakGlass } from "../glass/form";
import { OwnOpenings } from "../glass/own";
import { place } from "../router";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The screen. */
export default function Glass() {
  const which = place.value.rest[0] ?? "";
  return (
    <Screen title={t("glass.title")}>
      <div class="stack">
        <BreakGlass {...(ID.test(which) && { incidentId: which })} />
        <h2>{t("glass.mine")}</h2>
        <OwnOpenings />
      </div>
    </Screen>
  );
}
