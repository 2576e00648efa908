/** What is true of notifications on this phone: never more than the server and the browser both say. */

import type { TextKey } from "../texts/en";

export type Permission = "default" | "granted" | "denied" | "unsupported";

/** `off`: this Linli sends none. Otherwise what the browser says. */
export type Notices = "off" | Permission;

/** The state of notifications, from whether the server sends any and what the browser says. */
export function noticesOf(isSending: boolean, permission: Permission): Notices {
  return isSending ? permission : "off";
}

export const NOTICE_WORDS: Record<Notices, TextKey> = {
  off: "install.notices_off", default: "install.notices_default", granted: "install.notices_granted",
  denied: "install.notices_denied", unsupported: "install.notices_unsupported",
};

/** What the browser says of notifications now. */
export function permissionNow(): Permission {
  return "Notification" in window ? Notification.permission : "unsupported";
}
