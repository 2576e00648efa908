import { expect, test } from "vitest";

import { isInView } from "./seen";

const cases = [
  ["half of it stands there", true, 0.5, 40, true],
  ["a corner of it stands there", true, 0.2, 40, false],
  ["it is longer than the screen and fills half of it", true, 0.2, 320, true],
  ["it is scrolled away", false, 0, 0, false],
] as const;

test.each(cases)("%s", (_, isIntersecting, intersectionRatio, height, isSeen) => {
  const intersectionRect = { height } as DOMRectReadOnly;
  expect(isInView({ isIntersecting, intersectionRatio, intersectionRect }, 640)).toBe(isSeen);
});
