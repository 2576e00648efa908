/** Our own few signs of the console; each stands beside words and says nothing alone. */

const PATHS = {
  queue: "M4 6h16 M4 12h16 M4 18h10",
  map: "M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2z M9 4v14 M15 6v14",
  aid: "M12 20c-4.5-3-8-6.3-8-10.2A4.3 4.3 0 0 1 12 7.6a4.3 4.3 0 0 1 8 2.2c0 3.9-3.5 7.2-8 10.2z",
  rosters: "M4 6h16v14H4z M4 10h16 M8 3v4 M16 3v4 M8 14h3 M13 14h3",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z M2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6 M16 4.5a3.5 3.5 0 0 1 0 6.5 M18 14.5c2 .8 3.2 2.7 3.5 5.5",
  organisations: "M4 21V7l8-4 8 4v14 M9 21v-6h6v6 M8 10h.01 M12 10h.01 M16 10h.01",
  areas: "M12 3l9 5-9 5-9-5z M3 13l9 5 9-5",
  rules: "M6 3v12 M6 21v-2 M18 21V9 M18 5V3 M6 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z M18 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4z M12 3v18",
  measures: "M4 20h16 M7 20v-6 M12 20V6 M17 20v-9",
  health: "M3 12h4l2-6 4 12 2-6h6",
  audit: "M12 5c5 0 8.5 4 9.5 7-1 3-4.5 7-9.5 7s-8.5-4-9.5-7c1-3 4.5-7 9.5-7z M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  more: "M5 12h.01 M12 12h.01 M19 12h.01",
  close: "M6 6l12 12 M18 6L6 18",
  out: "M10 4H5v16h5 M14 8l4 4-4 4 M18 12H9",
  keys: "M3 7h18v10H3z M7 11h.01 M11 11h.01 M15 11h.01 M8 14h8",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.5 1.5 M17.5 17.5L19 19 M5 19l1.5-1.5 M17.5 6.5L19 5",
  sos: "M12 3 22 20H2z M12 10v4 M12 17h.01",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z M15.5 15.5L20 20",
  down: "M12 4v12 M7 11l5 5 5-5 M5 20h14",
  up: "M6 15l6-6 6 6",
} as const;

export type IconName = keyof typeof PATHS;

/** A sign beside words. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
