/** What is true of notifications on this phone: never more than the server and the browser both say. */

import type { TextKey } from "../texts/en";

export type Permission = "default" | "granted" | "denied" | "unsupported";

/** `off`: this Linli sends none. `on`: this phone is subscribed. Otherwise what the browser says. */
export type Notices = "off" | "on" | Permission;

/** The state of notifications: whether the server sends any, what the browser says, and whether this phone takes them. */
export function noticesOf(isSending: boolean, permission: Permission, isSubscribed: boolean): Notices {
  if (!isSending) return "off";
  return permission === "granted" && isSubscribed ? "on" : permission;
}

export const NOTICE_WORDS: Record<Notices, TextKey> = {
  off: "install.notices_off", on: "install.notices_on", default: "install.notices_default", granted: "install.notices_granted",
  denied: "install.notices_denied", unsupported: "install.notices_unsupported",
};

/** What the browser says of notifications now. */
export function permissionNow(): Permission {
  return "Notification" in window && "PushManager" in window ? Notification.permission : "unsupported";
}
