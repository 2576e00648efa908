import { expect, test } from "vitest";

import built from "../../generated/config.json";
import type { Category } from "../../shared/config";
import { grouped, sixOf } from "./tiles";

const category = (code: string): Category => ({ code, kind: "concern", label: {}, plain: {}, private: false, divert: false });
const concerns = (built.categories as unknown as readonly Category[]).filter((one) => one.kind === "concern");
const codes = (all: readonly Category[]): readonly string[] => all.map((one) => one.code);

test.each<[string, string[], string[]]>([
  ["the useful ones, in the server's order", ["CN13", "CN05", "CN01", "CN02", "CN07", "CN03", "CN12", "CN04"],
    ["CN13", "CN01", "CN02", "CN03", "CN12", "CN04"]],
  ["filled up with the first others", ["CN09", "CN01", "CN08", "CN10", "CN11", "CN15", "CN16"], ["CN09", "CN01", "CN08", "CN10", "CN11", "CN15"]],
  ["other topics than ours in their own order", ["X1", "X2", "X3", "X4", "X5", "X6", "X7"], ["X1", "X2", "X3", "X4", "X5", "X6"]],
  ["as many as there are", ["CN01", "CN09"], ["CN01", "CN09"]],
])("six tiles: %s", (_, all, six) => {
  expect(codes(sixOf(all.map(category)))).toEqual(six);
});

test("the six do not ask who is suspicious", () => {
  const six = codes(sixOf(concerns));
  expect(six).toHaveLength(6);
  expect(six).not.toContain("CN07");
});

test("every topic stands in one group, new ones in the last", () => {
  const all = [...concerns, category("NEW1")];
  const groups = grouped(all);
  expect(groups.flatMap(({ topics }) => codes(topics)).toSorted()).toEqual(codes(all).toSorted());
  expect(groups.at(-1)).toEqual({ group: "more", topics: [category("NEW1")] });
  expect(groups).toHaveLength(5);
});
