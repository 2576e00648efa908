/** The audit and one's own access: who looked, openings to review, what one looked at oneself, and whether it is whole. */

import { t } from "../i18n";
import { Screen } from "../parts/states";
import { Tabs, type Tab } from "../parts/tabs";
import { Chain } from "../audit/chain";
import { Looks, OwnLooks } from "../audit/looks";
import { OwnOpenings } from "../glass/own";
import { Reviews } from "../glass/reviews";
import { place, setQuery } from "../router";
import { may } from "../session";

/** The screen: everybody sees what they looked at themselves. */
export default function Audit() {
  const tabs: Tab[] = [];
  if (may("audit.read")) tabs.push({ key: "looks", title: t("audit.tab.looks"), content: () => <Looks /> });
  if (may("glass.review")) tabs.push({ key: "reviews", title: t("audit.tab.reviews"), content: () => <Reviews /> });
  tabs.push({ key: "mine", title: t("audit.tab.mine"), content: () => <Mine /> });
  if (may("audit.read")) tabs.push({ key: "chain", title: t("audit.tab.chain"), content: () => <Chain /> });
  const chosen = tabs.some((one) => one.key === place.value.query.get("tab")) ? (place.value.query.get("tab") as string) : (tabs[0]?.key ?? "");
  return (
    <Screen title={t("audit.title")} beside={may("glass.break") && <a class="button" href="/console/break-glass">{t("glass.title")}</a>}>
      <Tabs label={t("audit.tabs")} tabs={tabs} chosen={chosen} onChoose={(tab) => setQuery({ tab })} />
    </Screen>
  );
}

function Mine() {
  return (
    <div class="stack">
      <OwnLooks />
      {may("glass.break") && <><h2>{t("glass.mine")}</h2><OwnOpenings /></>}
    </div>
  );
}
