/** My own requests and offers with how they stand. */

import { useEffect, useState } from "preact/hooks";

import { acknowledged, waiting } from "../../outbox/outbox";
import { Empty, Loading } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { allKnown, type Known } from "../reports/mylist";
import { MineRow, WaitingRow } from "../reports/rows";

const AID: ReadonlySet<string> = new Set(["aid_request", "aid_offer"]);

/** The list, once the phone has opened what it keeps. */
export default function Own() {
  const [all, setAll] = useState<readonly Known[]>();
  const show = () => allKnown().then(setAll, () => setAll([]));
  useEffect(() => void show(), [acknowledged.value]);
  if (!all) return <Loading />;
  const held = waiting.value.filter((row) => AID.has(row.kind));
  const sent = all.filter((one) => AID.has(one.mine.kind));
  if (held.length + sent.length === 0) return <Empty>{t("aid.own_empty")}</Empty>;
  return (
    <ul class="plain stack">
      {held.map((row) => <WaitingRow key={row.id} row={row} />)}
      {sent.map((one) => <MineRow key={one.mine.clientId} known={one} />)}
    </ul>
  );
}
