/** What a person has set for their safety, given to every report. */

import type { Draft } from "../../outbox/outbox";
import { read, type Sealed } from "../../shared/db";
import { open } from "../../shared/vault";
import type { SafeWay } from "../safety/kept";

/** A draft with the way in which the person said they are safe to be reached, unless they stay anonymous (INV-8). */
export async function safely(draft: Draft): Promise<Draft> {
  if (draft.anonymous || draft.safe_contact) return draft;
  try {
    const kept = await read<Sealed>("safe-contact");
    if (!kept) return draft;
    const { address: _, ...way } = await open<SafeWay>(kept, "safe-contact");
    return { ...draft, safe_contact: way };
  } catch {
    return draft; // a phone that keeps nothing has no such way either
  }
}
