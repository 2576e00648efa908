/** Small pictures of what a phone shows, so that each step can be found; the words beside them say the same. */

const SHAPES = {
  share: "M12 4v11 M8 8l4-4 4 4 M7 11H5v9h14v-9h-2",
  add: "M4 4h16v16H4z M12 8v8 M8 12h8",
  dots: "M12 4a1 1 0 1 0 0 2 1 1 0 0 0 0-2z M12 11a1 1 0 1 0 0 2 1 1 0 0 0 0-2z M12 18a1 1 0 1 0 0 2 1 1 0 0 0 0-2z",
  phone: "M7 2h10v20H7z M11 19h2 M10 6h4v4h-4z",
} as const;

export type PictureName = keyof typeof SHAPES;

/** One picture. */
export function Picture({ name }: { name: PictureName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}
