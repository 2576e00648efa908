/** The last known answer of each report of this phone and how far its person has looked: sealed, for offline. */

import { forget } from "../../outbox/mine";
import { read, type Sealed, write } from "../../shared/db";
import { open, seal } from "../../shared/vault";
import type { Answer } from "./answer";
import { type Mark, markOf } from "./news";

/** An answer and when it was given, in milliseconds. */
export interface KeptAnswer {
  readonly at: number;
  readonly answer: Answer;
}

async function readSealed<T>(name: string): Promise<T | undefined> {
  const sealed = await read<Sealed>(name);
  return sealed && open<T>(sealed, name).catch(() => undefined);
}

async function writeSealed(name: string, value: unknown): Promise<void> {
  await write(name, await seal(value, name));
}

/** The last known answer of a report; undefined when it was never asked for. */
export function keptAnswer(clientId: string): Promise<KeptAnswer | undefined> {
  return readSealed<KeptAnswer>(`answer:${clientId}`);
}

/** Keep an answer as the last known one. */
export function keepAnswer(clientId: string, answer: Answer, at: number = Date.now()): Promise<void> {
  return writeSealed(`answer:${clientId}`, { at, answer } satisfies KeptAnswer);
}

/** How far the person has looked at a report; undefined when it was never opened here. */
export function lookedAt(clientId: string): Promise<Mark | undefined> {
  return readSealed<Mark>(`looked:${clientId}`);
}

/** The person looks at this answer now. */
export function markLooked(clientId: string, answer: Answer): Promise<void> {
  return writeSealed(`looked:${clientId}`, markOf(answer));
}

/** Forget a report on this phone with all that was known of it. */
export async function forgetReport(clientId: string): Promise<void> {
  await forget(clientId);
  await write(`answer:${clientId}`, undefined);
  await write(`looked:${clientId}`, undefined);
}
