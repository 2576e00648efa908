import { expect, test } from "vitest";

import { noticesOf, type Permission } from "./notices";

test.each<[string, boolean, Permission, boolean, string]>([
  ["off where the server sends none, whatever the phone allows", false, "granted", true, "off"],
  ["not asked yet", true, "default", false, "default"],
  ["allowed, and not yet taken", true, "granted", false, "granted"],
  ["on", true, "granted", true, "on"],
  ["refused on this phone since", true, "denied", true, "denied"],
  ["not possible in this browser", true, "unsupported", false, "unsupported"],
])("notifications are %s", (_, isSending, permission, isSubscribed, expected) => {
  expect(noticesOf(isSending, permission, isSubscribed)).toBe(expected);
});
