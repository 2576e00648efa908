/** Taking a report back: from the phone while it waits, by its receipt once the server has it. */

import { drop, look, type Mine, type Problem, waiting } from "../../outbox/outbox";
import { oneOfMine, remember } from "../../outbox/mine";
import { tell, toldOf } from "./lately";

/** What a tap on "Undo" would do now. */
export type Undo = "drop" | "withdraw" | "none";

/** What can be undone: what waits, at any time; what was sent, for a moment. Later the report's own screen does it. */
export function undoOf(state: { readonly waits: boolean; readonly mine?: Pick<Mine, "status"> | undefined }, leftMs: number): Undo {
  if (state.mine) return leftMs > 0 && state.mine.status !== "withdrawn" ? "withdraw" : "none";
  return state.waits ? "drop" : "none";
}

/** What became of it. `unsure`: it was tried before and may have arrived although no answer came. */
export type TakenBack =
  | { readonly is: "unsent" | "unsure" | "withdrawn" | "offline" }
  | { readonly is: "problem"; readonly problem: Problem };

const LOCK = "linli-outbox";

/** Take a report back, wherever it is by now. */
export async function takeBack(id: string): Promise<TakenBack> {
  const mine = toldOf(id) ?? (await oneOfMine(id));
  if (mine) return withdraw(mine);
  await look();
  const tries = waiting.value.find((row) => row.id === id)?.attempts ?? 0;
  await drop(id);
  const wasUnderWay = await settled();
  const arrived = await oneOfMine(id);
  if (arrived) return withdraw(arrived);
  // A refusal that came meanwhile would have put it back.
  await drop(id);
  return { is: tries > 0 || wasUnderWay ? "unsure" : "unsent" };
}

/** Wait until nothing is being sent; whether something was. */
async function settled(): Promise<boolean> {
  const locks = navigator.locks;
  if (!locks) return true;
  const isFree = await locks.request(LOCK, { ifAvailable: true }, (lock) => lock !== null);
  if (!isFree) await locks.request(LOCK, () => undefined);
  return !isFree;
}

async function withdraw(mine: Mine): Promise<TakenBack> {
  const loaded = await import("../../shared/api").catch(() => undefined);
  if (!loaded) return { is: "offline" };
  const { api, ask } = loaded;
  const headers = { Authorization: `Receipt ${mine.receipt}` };
  const answer = await ask(api.POST("/api/v1/receipt/withdraw", { headers, body: {} }));
  if (answer.is === "problem") return answer;
  if (answer.is === "offline") return { is: "offline" };
  const after: Mine = { ...mine, status: "withdrawn" };
  await remember(after).catch(() => tell(after));
  return { is: "withdrawn" };
}
