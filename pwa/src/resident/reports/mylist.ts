/** My reports as the list shows them: what this phone remembers, with the last known answer and its news. */

import { allMine } from "../../outbox/mine";
import type { Mine } from "../../outbox/outbox";
import { updates } from "../updates";
import { isOver } from "./answer";
import { keptAnswer, type KeptAnswer, lookedAt } from "./kept";
import { type News, newsOf } from "./news";

/** One report of mine and what is known of it. */
export interface Known {
  readonly mine: Mine;
  readonly kept?: KeptAnswer | undefined;
  readonly news?: News | undefined;
}

/** A report with the last known answer and its news. */
export async function known(mine: Mine): Promise<Known> {
  const [kept, looked] = await Promise.all([keptAnswer(mine.clientId), lookedAt(mine.clientId)]);
  return { mine, kept, news: kept && newsOf(kept.answer, looked) };
}

/** All reports that this phone remembers, the newest first; the signal of unseen news is brought in step. */
export async function allKnown(): Promise<readonly Known[]> {
  const all = await Promise.all((await allMine()).map(known));
  updates.value = countNews(all);
  return all;
}

/** How many reports have news that nobody has looked at. */
export function countNews(all: readonly Known[]): number {
  return all.filter((one) => one.news !== undefined).length;
}

/** Those worth asking about at the start: the newest that are not over. */
export function stillOpen(all: readonly Known[], most: number): readonly Mine[] {
  return all.filter((one) => !one.kept || !isOver(one.kept.answer)).slice(0, most).map((one) => one.mine);
}
