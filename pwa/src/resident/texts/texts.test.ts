import { expect, test } from "vitest";

import { AREA_OF } from "../../shared/i18n";
import { en } from "./en";
import { zh } from "./zh";

const FILES = import.meta.glob<Record<string, Record<string, string>>>("./{en,zh}/*.ts", { eager: true });

test("every text is there in both languages, with the same parameters", () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const [key, words] of Object.entries(en)) {
    const params = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();
    expect([key, params(zh[key as keyof typeof zh])]).toEqual([key, params(words)]);
    expect([key, words.trim(), zh[key as keyof typeof zh].trim()]).not.toContain("");
  }
});

test("every text lies in the file that its first word names", () => {
  for (const [path, module] of Object.entries(FILES)) {
    const file = path.split("/").at(-1)?.replace(".ts", "");
    if (file === "index") continue;
    for (const key of Object.values(module).flatMap((part) => Object.keys(part))) {
      expect([key, AREA_OF[key.split(".")[0] ?? ""] ?? "common"]).toEqual([key, file]);
    }
  }
});
