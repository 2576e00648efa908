/** Our own few signs, drawn in place; each stands beside words and says nothing alone. */

const PATHS = {
  report: "M4 5h16v11H9l-5 4z M8 9h8 M8 12h5",
  aid: "M12 20s-7-4.4-7-9.5A3.8 3.8 0 0 1 12 8a3.8 3.8 0 0 1 7 2.5C19 15.6 12 20 12 20z",
  list: "M8 6h12 M8 12h12 M8 18h12 M4 6h.01 M4 12h.01 M4 18h.01",
  sos: "M12 3 22 20H2z M12 10v4 M12 17h.01",
  camera: "M4 8h3l2-2h6l2 2h3v11H4z M12 10.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  place: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11z M12 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z M12 8v4l3 2",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15z M10 21h4",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z",
  help: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z M9.8 10a2.3 2.3 0 1 1 3.2 2.1c-.7.3-1 .8-1 1.6 M12 16.5h.01",
  phone: "M6 3h4l1 5-2.5 1.5a11 11 0 0 0 5 5L15 12l5 1v4a2 2 0 0 1-2 2A15 15 0 0 1 4 5a2 2 0 0 1 2-2z",
  check: "M5 13l4 4L19 7",
  exit: "M10 4H5v16h5 M14 8l4 4-4 4 M18 12H9",
  back: "M15 5l-7 7 7 7",
} as const;

export type IconName = keyof typeof PATHS;

/** Signs that point along the line: they turn with it where a language is written from right to left. */
const ALONG: ReadonlySet<IconName> = new Set(["back", "exit", "list", "report"]);

/** A sign beside words. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={ALONG.has(name) ? "icon along" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
