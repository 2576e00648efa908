/** What the server says of itself: categories, emergency numbers, limits, keys. Known offline from the first moment. */

import { signal } from "@preact/signals";

import snapshot from "../generated/config.json?url";
import { read, write } from "./db";
import { language } from "./i18n";

export interface Category {
  readonly code: string;
  readonly kind: "concern" | "aid_request" | "aid_offer" | "distress";
  readonly label: Readonly<Record<string, string>>;
  readonly plain: Readonly<Record<string, string>>;
  readonly private: boolean;
  readonly divert: boolean;
  /** Help that neighbours may find by themselves. */
  readonly on_board?: boolean;
}

export interface Config {
  readonly name: string;
  readonly languages: readonly string[];
  readonly categories: readonly Category[];
  readonly country: string;
  readonly countries?: readonly string[];
  readonly emergency: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly limits: { readonly text: number; readonly photos: number; readonly photo_bytes: number };
  readonly keys: { readonly envelope?: { readonly id: string; readonly point: string }; readonly push?: string };
  readonly channels: Readonly<Record<string, boolean>>;
  readonly map: unknown;
  /** The live stream: at a port of its own, or (null) under the page's own address. Not known until the server was asked. */
  readonly stream?: { readonly port: number | null };
}

const UNKNOWN: Config = {
  name: "", languages: [], categories: [], country: "", emergency: {}, keys: {}, channels: {}, map: null,
  limits: { text: 10_000, photos: 3, photo_bytes: 0 },
};
/** The configuration: what came with the page, then what this phone kept, then what the server says now. */
export const config = signal<Config>(UNKNOWN);

/** What came with the page: categories and numbers are known before the server was ever asked (INV-13). Rejects where it cannot be had. */
export async function takeSnapshot(): Promise<void> {
  config.value = (await (await fetch(snapshot)).json()) as Config;
}

const KEPT = "config";

/** Take what was kept, then ask the server. Never rejects; resolves when both were tried. */
export async function learn(): Promise<void> {
  const kept = await read<Config>(KEPT).catch(() => undefined);
  if (kept) config.value = kept;
  try {
    const answer = await fetch("/api/v1/config", { credentials: "omit" });
    if (!answer.ok) return;
    config.value = (await answer.json()) as Config;
    await write(KEPT, config.value);
  } catch {
    // Offline: what is known stays.
  }
}

/** One number to call: what it is for, and the number. */
export interface Call {
  readonly service: (typeof SERVICES)[number];
  readonly number: string;
}

const SERVICES = ["emergency", "police", "fire", "ambulance"] as const;

/** The emergency numbers of the place, the general one first where there is one. */
export function calls(from: Config = config.value): readonly Call[] {
  const numbers = from.emergency[from.country] ?? from.emergency["EU"] ?? {};
  const found = SERVICES.flatMap((service) => {
    const number = numbers[service];
    return typeof number === "string" ? [{ service, number }] : [];
  });
  const seen = new Set<string>();
  return found.filter((call) => !seen.has(call.number) && seen.add(call.number));
}

/** The categories of a kind of report, in the server's order. */
export function categoriesOf(kind: Category["kind"]): readonly Category[] {
  return config.value.categories.filter((one) => one.kind === kind);
}

/** The plain words of a category in the reader's language. */
export function plainWords(code: string | null | undefined): string {
  const found = config.value.categories.find((one) => one.code === code);
  return found ? (found.plain[language.value] ?? found.plain["en"] ?? "") : "";
}
