/** Who else looks at an incident: a lease that is renewed while it is open, and asked for while a list is shown. */

import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { api, ask, type Schemas } from "./api";

export type Present = Required<Schemas["Present"]>;

/** A lease lasts 30 s; it is renewed well before. */
const RENEW_MS = 10_000;

/** Say that one looks at an incident for as long as the caller is shown; who else does. */
export function useLooking(incidentId: string | undefined): Signal<readonly Present[]> {
  const others = useMemo(() => signal<readonly Present[]>([]), [incidentId]);
  useEffect(() => {
    if (!incidentId) return undefined;
    const path = { params: { path: { incident_id: incidentId } } };
    const renew = async (): Promise<void> => {
      if (document.visibilityState === "hidden") return;
      const outcome = await ask(api.PUT("/api/v1/incidents/{incident_id}/looking", path));
      if (outcome.is === "data") others.value = (outcome.data.items ?? []) as Present[];
    };
    void renew();
    const timer = setInterval(() => void renew(), RENEW_MS);
    return () => {
      clearInterval(timer);
      void ask(api.DELETE("/api/v1/incidents/{incident_id}/looking", path));
    };
  }, [incidentId]);
  return others;
}

/** Who looks at the incidents of a list, by incident; `ids` is asked each time. */
export function usePresence(ids: () => readonly string[]): Signal<ReadonlyMap<string, readonly Present[]>> {
  const found = useMemo(() => signal<ReadonlyMap<string, readonly Present[]>>(new Map()), []);
  useEffect(() => {
    const look = async (): Promise<void> => {
      const wanted = ids().slice(0, 200);
      if (wanted.length === 0 || document.visibilityState === "hidden") return;
      const outcome = await ask(api.POST("/api/v1/incidents/looking", { body: { ids: [...wanted] } }));
      if (outcome.is !== "data") return;
      const items = (outcome.data.items ?? []) as Present[];
      if (items.length > 0 || found.value.size > 0) found.value = byIncident(items);
    };
    void look();
    const timer = setInterval(() => void look(), RENEW_MS);
    return () => clearInterval(timer);
  }, []);
  return found;
}

function byIncident(items: readonly Present[]): ReadonlyMap<string, readonly Present[]> {
  const found = new Map<string, Present[]>();
  for (const one of items) found.set(one.incident_id, [...(found.get(one.incident_id) ?? []), one]);
  return found;
}
