/** What a report is called in a list. */

import type { Draft } from "../../outbox/outbox";
import { config, plainWords } from "../../shared/config";
import { pick, t } from "../../shared/i18n";
import type { TextKey } from "../texts/en";

const KIND: Record<Draft["kind"], TextKey> = {
  concern: "mine.kind_concern", aid_request: "mine.kind_aid_request", aid_offer: "mine.kind_aid_offer", distress: "mine.kind_distress",
};
const OF: Partial<Record<Draft["kind"], TextKey>> = { aid_request: "mine.kind_need_of", aid_offer: "mine.kind_offer_of" };

/** What a kind of report is called. */
export function kindWords(kind: Draft["kind"]): string {
  return t(KIND[kind]);
}

/**
 * What a report is called. A private matter is not named in a list, where somebody else may look over the shoulder.
 *
 * `isByCode`: the report was opened by its code, which does not tell asking from offering.
 */
export function nameOf(kind: Draft["kind"], category: string | null | undefined, isByCode = false): string {
  const found = config.value.categories.find((one) => one.code === category);
  if (found?.private) return t("mine.kind_private");
  const words = plainWords(category);
  if (!words) return isByCode ? t("mine.kind_any") : kindWords(kind);
  const frame = isByCode ? undefined : OF[kind];
  return frame ? t(frame, { what: words }) : words;
}

/** Words that the server kept: as they are, or that they were erased. */
export function spoken(words: unknown): string {
  if (typeof words === "string") return words;
  // A text in both languages comes as an object of them; what was erased has none.
  return pick(words as Record<string, string> | undefined) || t("thread.erased");
}
