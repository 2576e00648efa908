import { expect, test } from "vitest";

import { noticesOf, type Permission } from "./notices";

test.each<[string, boolean, Permission, string]>([
  ["off where the server sends none, whatever the phone allows", false, "granted", "off"],
  ["not asked yet", true, "default", "default"],
  ["allowed", true, "granted", "granted"],
  ["refused on this phone", true, "denied", "denied"],
  ["not possible in this browser", true, "unsupported", "unsupported"],
])("notifications are %s", (_, isSending, permission, expected) => {
  expect(noticesOf(isSending, permission)).toBe(expected);
});
