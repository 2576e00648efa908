/**
 * The drawing of the map, and the only file that knows MapLibre. On plain ground: borders of areas with their names,
 * incidents in clusters, responders by coarse cells. A grade is told by its shape and its number; the colour repeats it.
 */

import { GeoJSONSource, Map as Drawing, ScaleControl, setWorkerUrl, type GeoJSONFeature, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";

import type { Cell, Outlines, Point } from "./read";

export interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** What the map is given to draw and to say. */
export interface Shown {
  readonly points: readonly Point[];
  readonly cells: readonly Cell[];
  readonly areas: Outlines;
  /** The incident that is chosen in the list. */
  readonly chosen: string | undefined;
}

export interface Told {
  /** Another part of the world is seen. */
  readonly onMove: (box: Box) => void;
  readonly onChoose: (id: string) => void;
}

export interface MapDrawing {
  readonly show: (shown: Shown) => void;
  readonly fit: (box: Box) => void;
  readonly zoom: (by: number) => void;
  readonly see: (point: Point) => void;
  readonly remove: () => void;
}

const EMPTY = { type: "FeatureCollection" as const, features: [] };
const CLUSTER_PX = 44;
const CLOSE = 14;
/** The marks of the five grades are the same as in lists: triangle, diamond, square, circle, bar. */
const SIDES: Readonly<Record<number, number>> = { 1: 3, 2: 4, 3: 4, 4: 0, 5: 2 };

allowWorker();

/** Draw into `box`. Throws where this device cannot (no WebGL). */
export function draw(box: HTMLElement, words: { readonly map: string; readonly language: string }, told: Told): MapDrawing {
  const colours = coloursOf(box);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new Drawing({
    container: box, style: styleOf(colours, words.language), attributionControl: false, dragRotate: false, pitchWithRotate: false,
    fadeDuration: 0, maxZoom: 19, renderWorldCopies: true, locale: { "Map.Title": words.map }, center: [0, 20], zoom: 1,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
  let wanted: Shown | undefined;
  let isReady = false;
  const fill = (): void => {
    if (!wanted || !isReady) return;
    put(map, "areas", outlinesOf(wanted.areas));
    put(map, "area-names", namesOf(wanted.areas, words.language));
    put(map, "cells", cellsOf(wanted.cells));
    put(map, "points", pointsOf(wanted.points));
    put(map, "chosen", pointsOf(wanted.points.filter((one) => one.id === wanted?.chosen)));
  };
  map.setMissingStyleImageResolver((id) => {
    const mark = markOf(id, colours);
    if (mark && !map.hasImage(id)) map.addImage(id, mark, { pixelRatio: 2 });
  });
  map.on("load", () => {
    isReady = true;
    fill();
    told.onMove(boxOf(map));
  });
  map.on("moveend", () => told.onMove(boxOf(map)));
  map.on("click", "points", ({ features }) => {
    const id: unknown = features?.[0]?.properties["id"];
    if (typeof id === "string") told.onChoose(id);
  });
  map.on("click", "clusters", ({ features }) => void open(map, features?.[0], still));
  for (const layer of ["points", "clusters"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  return {
    show(shown) {
      wanted = shown;
      fill();
    },
    fit: (to) => void map.fitBounds([to.west, to.south, to.east, to.north], { padding: 40, maxZoom: CLOSE, animate: false }),
    zoom: (by) => void map.zoomTo(map.getZoom() + by, { animate: !still }),
    see: (point) => void map.easeTo({ center: [point.lon, point.lat], zoom: Math.max(map.getZoom(), CLOSE), animate: !still }),
    remove: () => map.remove(),
  };
}

interface Types {
  readonly createPolicy: (name: string, rules: { readonly createScriptURL: (url: string) => string }) => unknown;
}

/** MapLibre starts its worker by a plain address. Under Trusted Types a default policy has to vouch for it, and does for nothing else. */
function allowWorker(): void {
  setWorkerUrl(workerUrl);
  (globalThis as { trustedTypes?: Types }).trustedTypes?.createPolicy("default", {
    createScriptURL(url) {
      if (new URL(url, location.href).href !== new URL(workerUrl, location.href).href) throw new TypeError("not the map's worker");
      return url;
    },
  });
}

async function open(map: Drawing, cluster: GeoJSONFeature | undefined, still: boolean): Promise<void> {
  const source = map.getSource("points");
  if (!cluster || !(source instanceof GeoJSONSource) || cluster.geometry.type !== "Point") return;
  const zoom = await source.getClusterExpansionZoom(Number(cluster.properties["cluster_id"]));
  map.easeTo({ center: cluster.geometry.coordinates as [number, number], zoom, animate: !still });
}

function put(map: Drawing, name: string, features: GeoJSON.FeatureCollection): void {
  const source = map.getSource(name);
  if (source instanceof GeoJSONSource) void source.setData(features);
}

function boxOf(map: Drawing): Box {
  const bounds = map.getBounds();
  const within = (lon: number): number => ((((lon + 180) % 360) + 360) % 360) - 180;
  const isWhole = bounds.getEast() - bounds.getWest() >= 360;
  return {
    south: Math.max(-90, bounds.getSouth()), north: Math.min(90, bounds.getNorth()),
    west: isWhole ? -180 : within(bounds.getWest()), east: isWhole ? 180 : within(bounds.getEast()),
  };
}

type Colours = Readonly<Record<"ground" | "paper" | "ink" | "soft" | "line" | "edge" | "brand" | "brand-ink" | "warn" | "sos" | "sos-ink" | "tint" | "focus", string>>;

function coloursOf(box: HTMLElement): Colours {
  const style = getComputedStyle(box);
  const names = ["ground", "paper", "ink", "soft", "line", "edge", "brand", "brand-ink", "warn", "sos", "sos-ink", "tint", "focus"] as const;
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
}

function styleOf(colours: Colours, language: string): StyleSpecification {
  const source = { type: "geojson" as const, data: EMPTY };
  const font = [language === "zh" ? "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif" : "system-ui, sans-serif"];
  return {
    version: 8,
    sources: {
      areas: source, "area-names": source, cells: source, chosen: source,
      points: { ...source, cluster: true, clusterRadius: CLUSTER_PX, clusterMaxZoom: 17, clusterProperties: { worst: ["min", ["get", "grade"]] } },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colours.ground } },
      { id: "areas", type: "fill", source: "areas", paint: { "fill-color": colours.paper, "fill-opacity": 0.6 } },
      { id: "borders", type: "line", source: "areas", paint: { "line-color": colours.edge, "line-width": ["interpolate", ["linear"], ["get", "level"], 0, 2.5, 4, 0.75] } },
      { id: "cells", type: "symbol", source: "cells", layout: { "icon-image": ["concat", "cell:", ["get", "count"]], "icon-allow-overlap": true } },
      {
        id: "area-names", type: "symbol", source: "area-names",
        layout: { "text-field": ["get", "name"], "text-font": font, "text-size": ["interpolate", ["linear"], ["get", "level"], 0, 17, 4, 12], "symbol-sort-key": ["get", "level"] },
        paint: { "text-color": colours.soft, "text-halo-color": colours.paper, "text-halo-width": 1.5 },
      },
      { id: "clusters", type: "symbol", source: "points", filter: ["has", "point_count"], layout: { "icon-image": ["concat", "cluster:", ["get", "worst"], ":", ["get", "point_count_abbreviated"]], "icon-allow-overlap": true } },
      { id: "points", type: "symbol", source: "points", filter: ["!", ["has", "point_count"]], layout: { "icon-image": ["concat", "grade:", ["get", "grade"]], "icon-allow-overlap": true, "symbol-sort-key": ["-", 9, ["get", "grade"]] } },
      { id: "chosen", type: "circle", source: "chosen", paint: { "circle-radius": 20, "circle-opacity": 0, "circle-stroke-color": colours.focus, "circle-stroke-width": 3 } },
    ],
  };
}

/** A mark by its name: `grade:2`, `cluster:2:14` (the most urgent grade within, how many), `cell:3`. */
function markOf(name: string, colours: Colours): ImageData | undefined {
  const [kind = "", first = "", second = ""] = name.split(":");
  const size = kind === "cluster" ? 92 : 64;
  const canvas = new OffscreenCanvas(size, size);
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  const middle = size / 2;
  const write = (words: string, colour: string, at = middle): void => {
    pen.fillStyle = colour;
    pen.font = "bold 24px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(words, middle, at);
  };
  if (kind === "cell") {
    pen.fillStyle = colours.tint;
    pen.strokeStyle = colours.brand;
    pen.lineWidth = 3;
    pen.setLineDash([6, 5]);
    shape(pen, 6, middle, 28);
    pen.fill();
    pen.stroke();
    write(first, colours.brand);
  } else if (kind === "grade") {
    const { fill, ink } = tone(Number(first), colours);
    pen.fillStyle = fill;
    pen.strokeStyle = colours.paper;
    pen.lineWidth = 4;
    shape(pen, SIDES[Number(first)] ?? 0, middle, 28, Number(first) === 3);
    pen.fill();
    pen.stroke();
    write(first, ink, Number(first) === 1 ? middle + 4 : middle);
  } else if (kind === "cluster") {
    pen.fillStyle = colours.paper;
    pen.strokeStyle = tone(Number(first), colours).fill;
    pen.lineWidth = Number(first) <= 2 ? 8 : 5;
    shape(pen, 0, middle, 40);
    pen.fill();
    pen.stroke();
    write(second, colours.ink, middle - 10);
    write(`G${first}`, colours.soft, middle + 18);
  } else return undefined;
  return pen.getImageData(0, 0, size, size);
}

function tone(grade: number, colours: Colours): { fill: string; ink: string } {
  if (grade === 1) return { fill: colours.sos, ink: colours["sos-ink"] };
  if (grade === 2) return { fill: colours.warn, ink: colours.paper };
  return grade === 5 ? { fill: colours.edge, ink: colours.paper } : { fill: colours.brand, ink: colours["brand-ink"] };
}

/** A figure of so many sides; 0 is a circle, 2 a bar. `level` turns a figure of four onto its side. */
function shape(pen: OffscreenCanvasRenderingContext2D, sides: number, middle: number, radius: number, level = false): void {
  pen.beginPath();
  if (sides === 0) pen.arc(middle, middle, radius, 0, 2 * Math.PI);
  else if (sides === 2) pen.rect(middle - radius, middle - radius / 2, 2 * radius, radius);
  else {
    for (let corner = 0; corner < sides; corner++) {
      const turn = (corner * 2 * Math.PI) / sides - Math.PI / 2 + (level ? Math.PI / 4 : 0);
      pen.lineTo(middle + radius * Math.cos(turn), middle + radius * Math.sin(turn));
    }
  }
  pen.closePath();
}

function pointsOf(points: readonly Point[]): GeoJSON.FeatureCollection {
  return collection(points.map((one) => ({ properties: { id: one.id, grade: one.grade }, geometry: at(one) })));
}

function cellsOf(cells: readonly Cell[]): GeoJSON.FeatureCollection {
  return collection(cells.map((one) => ({ properties: { count: one.count }, geometry: at(one) })));
}

function outlinesOf(areas: Outlines): GeoJSON.FeatureCollection {
  return collection(areas.features.map((one) => ({ properties: { level: one.properties.level }, geometry: one.geometry as GeoJSON.Geometry })));
}

function namesOf(areas: Outlines, language: string): GeoJSON.FeatureCollection {
  return collection(
    areas.features.map((one) => ({
      properties: { level: one.properties.level, name: one.properties.names[language] ?? one.properties.name },
      geometry: at({ lat: one.properties.lat, lon: one.properties.lon }),
    })),
  );
}

function at(place: { readonly lat: number; readonly lon: number }): GeoJSON.Point {
  return { type: "Point", coordinates: [place.lon, place.lat] };
}

function collection(parts: readonly Omit<GeoJSON.Feature, "type">[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features: parts.map((one) => ({ type: "Feature" as const, ...one })) };
}
