/**
 * The server's clock, as its answers tell it. A phone's own may be a year off, and what was promised is measured by
 * the server's.
 */

/** Less than this is the road and not the clock. */
const SLACK_MS = 120_000;

let ahead = 0;
let hasHeard = false;

/** Take the time from a fresh answer of the server. */
export function hearTime(answer: Response, clock: number = Date.now()): void {
  const at = Date.parse(answer.headers.get("Date") ?? "");
  if (!Number.isFinite(at)) return;
  hasHeard = true;
  ahead = Math.abs(at - clock) > SLACK_MS ? at - clock : 0;
}

/** A moment of this phone's clock by the server's; as it is where the server was not heard yet. */
export function byServer(at: number = Date.now()): number {
  return at + ahead;
}

/** A moment of the server's clock as this phone's clock would show it. */
export function byPhone(at: number): number {
  return at - ahead;
}

/** Whether a moment of the server's clock has passed for sure: a phone that was not told the time cannot say. */
export function isPast(at: number): boolean {
  return hasHeard && byServer() > at;
}

/** When something was, as the server takes it; undefined when this phone's clock cannot be right. */
export function timeToTell(at: number): string | undefined {
  const told = new Date(byServer(at));
  const year = told.getUTCFullYear();
  return year >= 2000 && year <= 2099 ? told.toISOString() : undefined;
}
