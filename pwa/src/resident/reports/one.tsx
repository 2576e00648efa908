/** One report of this phone, by the phone's own id of it. */

import { useEffect, useState } from "preact/hooks";

import { oneOfMine } from "../../outbox/mine";
import { acknowledged, type Mine, waiting } from "../../outbox/outbox";
import { Loading } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { WaitingRow } from "./rows";
import { Thread } from "./thread";

/** The report, or what waits of it, or how it can be opened. */
export default function One({ id }: { id: string }) {
  const [mine, setMine] = useState<Mine | "unknown">();
  const held = waiting.value.find((row) => row.id === id);
  useEffect(() => void oneOfMine(id).then((found) => setMine(found ?? "unknown"), () => setMine("unknown")), [id, acknowledged.value, held]);
  if (held) return <ul class="plain"><WaitingRow row={held} /></ul>;
  if (mine === undefined) return <Loading />;
  if (mine !== "unknown") return <Thread mine={mine} isRemembered />;
  return (
    <>
      <p class="note" role="status">{t("thread.unknown")}</p>
      <p><a class="button first" href="/open">{t("mine.open")}</a></p>
    </>
  );
}
