/** The reports of this phone: receipts without an account, sealed, and what the server says of them. */

import { database } from "../shared/db";
import { open, seal } from "../shared/vault";
import type { Mine } from "./outbox";

/** All reports that this phone remembers, the newest first. One that cannot be opened any more is left out. */
export async function allMine(): Promise<readonly Mine[]> {
  const rows = await (await database()).getAllFromIndex("receipts", "at");
  const opened = await Promise.all(rows.map((row) => open<Mine>(row.sealed, `receipt:${row.id}`).catch(() => undefined)));
  return opened.filter((one) => one !== undefined).reverse();
}

/** One report by the phone's own id of it. */
export async function oneOfMine(clientId: string): Promise<Mine | undefined> {
  const row = await (await database()).get("receipts", clientId);
  return row && open<Mine>(row.sealed, `receipt:${row.id}`).catch(() => undefined);
}

/** Remember a report, such as one whose receipt was typed in on this phone. */
export async function remember(mine: Mine): Promise<void> {
  const sealed = await seal(mine, `receipt:${mine.clientId}`);
  await (await database()).put("receipts", { id: mine.clientId, at: Date.parse(mine.received_at), sealed });
}

/** Forget a report on this phone; the server keeps it, and its receipt still opens it. */
export async function forget(clientId: string): Promise<void> {
  await (await database()).delete("receipts", clientId);
}
