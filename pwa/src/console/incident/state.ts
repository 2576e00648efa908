/** The incident that is looked at: loaded, kept fresh by the live stream, and acted on in the version that was seen. */

import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { api, ask, isConflict, newKey, type Outcome } from "../api";
import { pick, say, t } from "../i18n";
import { subscribe } from "../live";
import { toast } from "../parts/toasts";
import type { Incident, Wording } from "./model";

/** Several events of one commit, and of the next, make one call. */
const TOGETHER_MS = 150;
type Init = { params?: unknown; body?: unknown; headers?: Record<string, string> };
type Call = (path: string, init: Init) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
const post = api.POST as unknown as Call;
const get = api.GET as unknown as Call;

/** An act that met a newer version: what was seen, what stands there now, and how to do it all the same. */
export interface Clash {
  readonly seen: Incident;
  readonly again: () => void;
}

/** What came of an act that a form asked for: nothing to say, or the failure. */
export type Answer = Exclude<Outcome<unknown>, { is: "data" }> | undefined;

export class Desk {
  readonly shown: Signal<Incident | undefined> = signal(undefined);
  readonly failure: Signal<Exclude<Outcome<unknown>, { is: "data" }> | undefined> = signal(undefined);
  readonly clash: Signal<Clash | undefined> = signal(undefined);
  readonly busy = signal(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private heard = 0;

  constructor(readonly id: string, readonly purpose: string) {}

  /** Ask the server for all of it. What was shown stays where it cannot be had. */
  async load(): Promise<void> {
    const mine = ++this.asked;
    const outcome = await ask(get("/api/v1/incidents/{incident_id}", {
      params: { path: { incident_id: this.id } }, ...(this.purpose && { headers: { "Linli-Purpose": this.purpose } }),
    }));
    // Answers overtake each other: what was asked for earlier does not replace what was asked for later.
    if (mine < this.heard) return;
    this.heard = mine;
    if (outcome.is === "data") {
      this.shown.value = outcome.data as Incident;
      this.failure.value = undefined;
    } else this.failure.value = outcome;
  }

  /** Load anew soon, once for whatever happens meanwhile. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), TOGETHER_MS);
  }

  /** What is beside it: `answers`, `receivers`, `duplicates`. */
  async beside<T>(path: string, query: Record<string, string> = {}): Promise<Outcome<T>> {
    return (await ask(get(`/api/v1/incidents/{incident_id}/${path}`, { params: { path: { incident_id: this.id }, query } }))) as Outcome<T>;
  }

  /** Do an act in the version `seen`; a newer one is shown beside it, to be decided on. `done` is said after it. */
  async act(path: string, body: unknown, seen: Incident | undefined = this.shown.value, done = ""): Promise<Answer> {
    if (!seen) return undefined;
    this.busy.value = true;
    const outcome = await ask(post(`/api/v1/incidents/{incident_id}/${path}`, {
      params: { path: { incident_id: this.id } }, body: body ?? {},
      headers: { "If-Match": `"${seen.version}"`, "Idempotency-Key": newKey() },
    }));
    await this.load();
    this.busy.value = false;
    if (outcome.is === "data") {
      this.told(done || t("incident.done"));
      return undefined;
    }
    if (outcome.is === "problem" && isConflict(outcome.problem)) {
      this.clash.value = { seen, again: () => void this.now(path, body) };
      return undefined;
    }
    return outcome;
  }

  /** Do an act that no form asks for; what is wrong is said in passing. */
  async now(path: string, body: unknown = {}, done = ""): Promise<void> {
    const failed = await this.act(path, body, undefined, done);
    if (failed) toast(failed.is === "offline" ? t("offline") : [failed.problem.title, failed.problem.detail].filter(Boolean).join(": "));
  }

  private told(words: string): void {
    const undo = this.shown.value?.undo.allowed;
    if (undo) toast(words, () => void this.now("undo", {}, t("incident.undone")));
    else toast(words);
  }
}

/** The desk of an incident, live for as long as it is shown. */
export function useDesk(id: string, purpose: string): Desk {
  const desk = useMemo(() => new Desk(id, purpose), [id, purpose]);
  useEffect(() => {
    void desk.load();
    return subscribe({
      onReset: () => desk.soon(),
      onEvents: (events) => events.some((event) => event.incident_id === id) && desk.soon(),
    });
  }, [desk]);
  return desk;
}

/** What an id is called; the words of the desk where the id is one, else of the body. */
export function bodyName(incident: Incident, org: string | null | undefined, desk?: string | null): string {
  const named: Wording | undefined = (desk ? incident.names.desks[desk] : undefined) ?? (org ? incident.names.organisations[org] : undefined);
  return named ? pick(named) : t("incident.somebody");
}

/** A colleague's name, where the reader may know it. */
export function personName(incident: Incident, id: string | null | undefined): string {
  return id ? (incident.names.people[id] ?? t("incident.colleague")) : "";
}

/** A route in words. */
export function routeName(incident: Incident, code: string): string {
  return pick(incident.names.routes[code]) || code;
}

/** One of the words of this screen by a code of the server. */
export function word(family: string, code: string): string {
  return say(`incident.${family}.${code}`, code);
}
