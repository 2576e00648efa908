/** Moving the pin without a map: by keys, by buttons or by hand, in metres and directions. */

import { useRef, useState } from "preact/hooks";

import { t } from "../../shared/i18n";
import type { Desk } from "./desk";
import { type Spot, stepOf } from "./place";

type Move = readonly [key: string, sign: string, word: "north" | "south" | "west" | "east", east: number, north: number];

const MOVES: readonly Move[] = [
  ["ArrowUp", "↑", "north", 0, 1],
  ["ArrowLeft", "←", "west", -1, 0],
  ["ArrowRight", "→", "east", 1, 0],
  ["ArrowDown", "↓", "south", 0, -1],
];

/** How far the pin stands from where the phone found it, in words. */
export function shiftWords(spot: Pick<Spot, "east" | "north">): string {
  const parts = [
    spot.north > 0 && t("report.go_north", { metres: spot.north }),
    spot.north < 0 && t("report.go_south", { metres: -spot.north }),
    spot.east > 0 && t("report.go_east", { metres: spot.east }),
    spot.east < 0 && t("report.go_west", { metres: -spot.east }),
  ].filter(Boolean);
  return parts.length ? t("report.moved", { shift: parts.join(" · ") }) : t("report.not_moved");
}

export function Pin({ desk, spot }: { desk: Desk; spot: Spot }) {
  const step = stepOf(spot);
  const press = (event: KeyboardEvent): void => {
    const move = MOVES.find(([key]) => key === event.key);
    if (!move) return;
    event.preventDefault();
    desk.nudge(move[3] * step, move[4] * step);
  };
  return (
    <div class="card">
      <p class="soft" id="pin-hint">{t("report.pin_hint")}</p>
      <Field desk={desk} spot={spot} />
      <div class="row" role="group" aria-describedby="pin-hint" onKeyDown={press}>
        {MOVES.map(([key, sign, word, east, north]) => (
          <button key={key} type="button" onClick={() => desk.nudge(east * step, north * step)}>
            <span aria-hidden="true">{sign}</span> {t(`report.go_${word}`, { metres: step })}
          </button>
        ))}
      </div>
      <p role="status">{shiftWords(spot)}</p>
    </div>
  );
}

/** How far the field reaches to each side, in metres. */
function reachOf(spot: Spot): number {
  return Math.max(40, spot.accuracy_m * 1.3, Math.abs(spot.east) * 1.4, Math.abs(spot.north) * 1.4);
}

/** North is up. The circle is what the phone is unsure of; the dot is the pin, which can be drawn along. */
function Field({ desk, spot }: { desk: Desk; spot: Spot }) {
  const field = useRef<SVGSVGElement>(null);
  // While a hand draws the pin, the field keeps its size under it.
  const [held, setHeld] = useState(0);
  const reach = held || reachOf(spot);
  const take = (element: SVGSVGElement | null): void => {
    field.current = element;
    if (element) element.style.touchAction = "none";
  };
  const begin = (event: PointerEvent): void => {
    field.current?.setPointerCapture(event.pointerId);
    setHeld(reach);
    draw(event);
  };
  const draw = (event: PointerEvent): void => {
    const matrix = field.current?.getScreenCTM()?.inverse();
    if (!matrix) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    desk.putPin(at.x, -at.y);
  };
  return (
    <svg
      ref={take} viewBox={`${-reach} ${-reach} ${2 * reach} ${2 * reach}`} width="100%" height="200" aria-hidden="true"
      onPointerDown={begin} onPointerMove={(event) => held && draw(event)} onPointerUp={() => setHeld(0)} onPointerCancel={() => setHeld(0)}
    >
      <g class="soft" fill="none" stroke="currentColor" stroke-width={reach / 100}>
        <path d={`M${-reach} 0H${reach}M0 ${-reach}V${reach}`} opacity="0.4" />
        <circle r={spot.accuracy_m} stroke-dasharray={`${reach / 25}`} />
      </g>
      <circle cx={spot.east} cy={-spot.north} r={reach / 14} fill="currentColor" />
    </svg>
  );
}
