/** About where this phone is: asked for once, when somebody taps for it. */

import type { Fix } from "./draft";

/** A position, or undefined where the phone gives none. */
export function roughPlace(geolocation: Geolocation | undefined = navigator.geolocation): Promise<Fix | undefined> {
  return new Promise((tell) => {
    if (!geolocation) return tell(undefined);
    geolocation.getCurrentPosition((found) => tell(fixOf(found)), () => tell(undefined), {
      enableHighAccuracy: false, timeout: 20_000, maximumAge: 300_000,
    });
  });
}

function fixOf({ coords, timestamp }: GeolocationPosition): Fix {
  return { lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy, taken_at: new Date(timestamp).toISOString() };
}
