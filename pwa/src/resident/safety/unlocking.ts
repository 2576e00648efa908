/** Opening the page with the app code, and setting it. */

import { read, type Sealed, write } from "../../shared/db";
import { open, seal } from "../../shared/vault";
import { hasAppCode, locked } from "./lock";
import { isCodeOf, LONGEST_WAIT_MS, type Verifier, verifierOf, waitAfter } from "./verifier";

const KEPT = "app-code";
const TRIES = "app-code-tries";

interface Tries {
  readonly wrong: number;
  readonly until: number;
}

/** What came of a try: open, wrong, or too soon after wrong ones; with the seconds to wait. */
export interface Tried {
  readonly is: "open" | "wrong" | "wait";
  readonly wait_s: number;
}

/** Try a code. Wrong tries are counted before they are checked, so that closing the page saves none. */
export async function unlock(said: string): Promise<Tried> {
  const tries = (await read<Tries>(TRIES)) ?? { wrong: 0, until: 0 };
  const wait = tries.until - Date.now();
  if (wait > 0 && wait <= LONGEST_WAIT_MS) return { is: "wait", wait_s: Math.ceil(wait / 1000) };
  const next = waitAfter(tries.wrong + 1);
  await write(TRIES, { wrong: tries.wrong + 1, until: Date.now() + next } satisfies Tries);
  const verifier = await open<Verifier>((await read<Sealed>(KEPT)) as Sealed, KEPT);
  if (!(await isCodeOf(verifier, said))) return { is: "wrong", wait_s: Math.ceil(next / 1000) };
  await write(TRIES, undefined);
  locked.value = false;
  return { is: "open", wait_s: 0 };
}

/** Set the app code; undefined asks for none any more. */
export async function setAppCode(code: string | undefined): Promise<void> {
  await write(KEPT, code === undefined ? undefined : await seal(await verifierOf(code), KEPT));
  await write(TRIES, undefined);
  hasAppCode.value = code !== undefined;
}
