/** What the server says of itself: the categories by name, and where the live stream is. */

import { signal } from "@preact/signals";

import type { Category, Config } from "../shared/config";
import { language } from "./i18n";

export const config = signal<Config | undefined>(undefined);

/** Ask the server. Never rejects; what was known stays where it cannot be reached. */
export async function learn(): Promise<void> {
  try {
    const answer = await fetch("/api/v1/config", { credentials: "omit" });
    if (answer.ok) config.value = (await answer.json()) as Config;
  } catch {
    // Screens say themselves that there is no network.
  }
}

/** The categories, in the server's order. */
export function categories(): readonly Category[] {
  return config.value?.categories ?? [];
}

/** A category's name in the reader's language; its code where it is not known. */
export function categoryName(code: string | null | undefined): string {
  if (!code) return "";
  const found = categories().find((one) => one.code === code);
  return found?.label[language.value] ?? found?.label["en"] ?? code;
}
