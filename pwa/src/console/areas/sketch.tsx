/** Outlines as a picture beside a list that says the same. What each area is, is told by its line as well as its colour. */

import type { Schemas } from "../api";
import { count, t } from "../i18n";
import type { Whole } from "../rosters/common";

export type Sketch = Whole<Schemas["Sketch"]>;

/** The picture. `chosen` stands out. */
export function SketchView({ sketch, label, chosen }: { sketch: Sketch; label: string; chosen?: string | undefined }) {
  if (sketch.shapes.length === 0) return null;
  const km = sketch.metres / 1000;
  return (
    <figure class="sketch card">
      <svg viewBox={`-8 -8 ${sketch.width + 16} ${sketch.height + 16}`} role="img" aria-label={label}>
        {sketch.shapes.map((shape) => (
          <path key={shape.source_id} d={shape.path} class={`shape shape-${shape.kind}${shape.source_id === chosen ? " shape-chosen" : ""}`}><title>{shape.name}</title></path>
        ))}
      </svg>
      <figcaption class="soft">
        {t("areas.sketch.scale", { km: km >= 10 ? count(Math.round(km)) : km.toFixed(1) })}
        {sketch.left_out > 0 && ` · ${t("areas.sketch.left_out", { count: sketch.left_out })}`}
      </figcaption>
    </figure>
  );
}
