/** The service worker, registered when the page has settled, under strict Trusted Types. */

interface Policy {
  createScriptURL(address: string): string;
}
interface Types {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): Policy;
}

const ADDRESS = "/sw.js";

/** Register it; where the browser cannot, the page works without. */
export async function registerWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const types = (globalThis as { trustedTypes?: Types }).trustedTypes;
  const policy = types?.createPolicy("linli", {
    createScriptURL: (address) => {
      if (address !== ADDRESS) throw new TypeError("not our worker");
      return address;
    },
  });
  const address = policy ? policy.createScriptURL(ADDRESS) : ADDRESS;
  await navigator.serviceWorker.register(address, { scope: "/", type: "classic" }).catch(() => undefined);
}
