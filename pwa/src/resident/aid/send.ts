/** Sending a request or an offer through the outbox, as every report goes. */

import { goOn } from "../../outbox/outbox";
import { plainWords } from "../../shared/config";
import { language, t, tagOf } from "../../shared/i18n";
import { handOver, type Unsent } from "../report/sending";
import { draftOf, type Plea } from "./draft";
import { TIMES } from "./parts";

/**
 * Keep it and begin to send it; a phone that keeps nothing sends it straight while there is a network. Resolves with
 * undefined when one of the two was done, else with why not.
 */
export async function send(plea: Plea, id: string): Promise<Unsent | undefined> {
  const said = { what: plainWords(plea.category), ...(plea.time && { time: t("aid.when_line", { when: t(TIMES[plea.time]) }) }) };
  const codes = plea.wish ? (await import("./wish")).saidIn(plea.wish) : {};
  const ready = { id, draft: draftOf(plea, said, tagOf(language.value), codes), photos: [] };
  const unkept = await handOver(ready);
  if (!unkept) return void goOn();
  const unsent = await (await import("../report/direct")).sendStraight(ready);
  return unsent?.is === "problem" ? unsent : unsent && unkept;
}
