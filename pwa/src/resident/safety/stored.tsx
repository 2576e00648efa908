/** What is stored of me, where, for how long, and who looked: in plain words, and no more than is true. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { allMine } from "../../outbox/mine";
import type { Mine } from "../../outbox/outbox";
import { t, when } from "../../shared/i18n";
import { Part } from "./part";

const PLACES = ["phone", "server", "long", "looked"] as const;

export function Stored() {
  const mine = useSignal<readonly Mine[]>([]);
  useEffect(() => void allMine().then((found) => (mine.value = found), () => undefined), []);
  return (
    <Part title={t("safety.stored")}>
      {PLACES.map((place) => (
        <section key={place} class="tight">
          <h3>{t(`safety.stored_${place}`)}</h3>
          <p>{t(`safety.stored_${place}_text`)}</p>
        </section>
      ))}
      {mine.value.length > 0 ? (
        <ul class="plain tight" aria-label={t("safety.stored_reports")}>
          {mine.value.map((one) => (
            <li key={one.clientId}>
              <a class="button bare" href={`/reports/${one.clientId}`}>{t("safety.stored_report", { when: when(one.received_at) })}</a>
            </li>
          ))}
        </ul>
      ) : <p class="soft">{t("safety.stored_none")}</p>}
    </Part>
  );
}
