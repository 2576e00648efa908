/**
 * News as it happens: the server rings when a report has changed, and the page asks what is new. The receipt travels in
 * a header, which only a fetch can send. Where no stream comes through, the page asks by itself as before.
 */

import { config } from "../../shared/config";

const PATH = "/api/v1/receipt/stream";
/** The server says something every 15 s; one that says nothing for longer is gone. */
const QUIET_MS = 40_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 120_000;

/** A line to the server, as long as somebody looks at the page. */
export interface Line {
  /** Whether the server rings by itself now, so that there is less to ask. */
  readonly isLive: () => boolean;
  readonly end: () => void;
}

/** Where the stream is; undefined where the server names none. */
export function addressOf(stream: { readonly port: number | null } | undefined, page: Pick<Location, "protocol" | "hostname"> = globalThis.location): string | undefined {
  if (!stream) return undefined;
  return stream.port === null ? PATH : `${page.protocol}//${page.hostname}:${stream.port}${PATH}`;
}

/** Call `onNews` whenever the report of a receipt may have changed: at each ring, and whenever the line begins anew. */
export function listen(receipt: string, onNews: () => void): Line {
  let call: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;
  let isLive = false;
  let isOver = false;
  const rings = (): void => {
    isLive = true;
    wait = FIRST_WAIT_MS;
    onNews();
  };
  const begin = async (): Promise<void> => {
    clearTimeout(timer);
    const address = addressOf(config.value.stream);
    if (isOver || call || !address || document.visibilityState === "hidden") return;
    call = new AbortController();
    isOver = (await hear(address, receipt, call, rings)) === "refused" || isOver;
    call = undefined;
    isLive = false;
    if (!isOver) timer = setTimeout(() => void begin(), wait);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  };
  // A page that nobody looks at keeps no line open: that is the phone's battery.
  const look = (): void => {
    if (document.visibilityState === "hidden") call?.abort();
    else void begin();
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", look);
  void begin();
  return {
    isLive: () => isLive,
    end: () => {
      isOver = true;
      clearTimeout(timer);
      call?.abort();
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", look);
    },
  };
}

/** Listen until the line breaks. Resolves with whether it is worth another try; never rejects. */
async function hear(address: string, receipt: string, call: AbortController, rings: () => void): Promise<"again" | "refused"> {
  let watchdog = setTimeout(() => call.abort(), QUIET_MS);
  try {
    const headers = { Authorization: `Receipt ${receipt}`, Accept: "text/event-stream" };
    const answer = await fetch(address, { headers, credentials: "omit", cache: "no-store", signal: call.signal });
    if (answer.status === 401) return "refused";
    const isStream = answer.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (!answer.ok || !answer.body || !isStream) return "again";
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return "again";
      clearTimeout(watchdog);
      watchdog = setTimeout(() => call.abort(), QUIET_MS);
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      if (lines.some((line) => /^event: ?(open|changed)\r?$/.test(line))) rings();
    }
  } catch {
    return "again";
  } finally {
    clearTimeout(watchdog);
  }
}
