/** Areas: the tree, outlines, and importing. */

import "../areas/areas.css";
import "../rosters/rosters.css";

import { AreaPage, Below } from "../areas/tree";
import { ImportAreas } from "../areas/wizard";
import { t } from "../i18n";
import { Screen } from "../parts/states";
import { place } from "../router";
import { may } from "../session";

/** The screen. */
export default function Areas() {
  const [part] = place.value.rest;
  if (part === "import") return <Screen title={t("areas.import")} beside={<a class="button" href="/console/areas">{t("areas.all")}</a>}><ImportAreas /></Screen>;
  const beside = may("areas.write") && <a class="button" href="/console/areas/import">{t("areas.import")}</a>;
  return <Screen title={t("areas.title")} beside={beside}>{part ? <AreaPage id={Number(part)} /> : <Below id={undefined} />}</Screen>;
}
