/** What the map and its list show, as the server tells it. */

import { api, ask, type Outcome, type Schemas } from "../api";
import type { Box } from "./draw";

export type Point = Required<Schemas["MapPoint"]>;
export type Cell = Required<Schemas["MapCell"]>;
export interface Outlines {
  readonly features: readonly {
    readonly id: number;
    readonly properties: { readonly level: number; readonly name: string; readonly names: Readonly<Record<string, string>>; readonly lat: number; readonly lon: number };
    readonly geometry: unknown;
  }[];
}
export interface Incidents {
  readonly items: readonly Point[];
  readonly truncated: boolean;
  readonly without_place: number;
}
export interface Filters {
  readonly grade?: number[];
  readonly category?: string[];
}

export const NO_AREAS: Outlines = { features: [] };

/** The incidents that fit the filters, wherever they are. */
export async function readIncidents(filters: Filters): Promise<Outcome<Incidents>> {
  const outcome = await ask(api.GET("/api/v1/map/incidents", { params: { query: filters } }));
  return outcome.is === "data" ? { ...outcome, data: outcome.data as Incidents } : outcome;
}

/** Responders on duty within a part of the world; none for whom it is not meant. */
export async function readCells(box: Box): Promise<readonly Cell[]> {
  const outcome = await ask(api.GET("/api/v1/map/responders", { params: { query: box } }));
  return outcome.is === "data" ? ((outcome.data.items ?? []) as Cell[]) : [];
}

/** The borders of the areas that reach into a part of the world; undefined where they cannot be had. */
export async function readAreas(box: Box): Promise<Outlines | undefined> {
  const outcome = await ask(api.GET("/api/v1/map/areas", { params: { query: box } }));
  return outcome.is === "data" ? (outcome.data as unknown as Outlines) : undefined;
}

/** Whether a point lies within a part of the world; one whose west lies above its east crosses the date line. */
export function isWithin(point: Pick<Point, "lat" | "lon">, box: Box): boolean {
  const across = box.west <= box.east ? point.lon >= box.west && point.lon <= box.east : point.lon >= box.west || point.lon <= box.east;
  return across && point.lat >= box.south && point.lat <= box.north;
}

/** The smallest part of the world that holds all these points; undefined when there are none. */
export function around(points: readonly Pick<Point, "lat" | "lon">[]): Box | undefined {
  if (points.length === 0) return undefined;
  const box = { south: 90, west: 180, north: -90, east: -180 };
  for (const { lat, lon } of points) {
    box.south = Math.min(box.south, lat);
    box.north = Math.max(box.north, lat);
    box.west = Math.min(box.west, lon);
    box.east = Math.max(box.east, lon);
  }
  return box;
}
