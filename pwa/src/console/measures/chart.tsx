/** A measure as bars: the first series is filled, the second an outline, so that they differ without colour. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { say, t } from "../i18n";
import { numberOf, type Measure, type Name } from "./asked";

/** Which columns are drawn, at most two. Seconds are drawn in minutes. */
const SERIES: Record<Name, readonly string[]> = {
  times: ["p50_s", "p90_s"], clocks: ["kept", "missed"], fairness: ["p50_s"], outcomes: ["ended"], load: ["accepted", "open_now"], duplicates: ["pairs"], deliveries: ["sent", "failed"],
};
const HEIGHT = 260;
const LABEL_MOST = 14;

export interface ChartProps {
  readonly measure: Measure;
}

/** The chart. For those who hear the page it is one picture with a name; the table says the rest. */
export function Chart({ measure }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const found = box.current;
    if (!found) return undefined;
    const plot = new uPlot(optionsOf(measure, found), dataOf(measure), found);
    const watch = new ResizeObserver(() => plot.setSize({ width: Math.max(240, found.clientWidth), height: HEIGHT }));
    watch.observe(found);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [measure]);
  const keys = SERIES[measure.name];
  return (
    <figure class="chart">
      <figcaption class="chart-legend">
        {keys.map((key, at) => (
          <span key={key}><span class={`chart-mark chart-mark-${at}`} aria-hidden="true" /> {say(`measures.column.${key}`)}{key.endsWith("_s") && ` (${t("measures.unit.s")})`}</span>
        ))}
      </figcaption>
      <div ref={box} role="img" aria-label={t("measures.chart", { title: t(`measures.${measure.name}`) })} />
    </figure>
  );
}

function dataOf(measure: Measure): uPlot.AlignedData {
  const series = SERIES[measure.name].map((key) =>
    measure.rows.map((row) => {
      const value = numberOf(measure, row, key);
      return value !== null && key.endsWith("_s") ? value / 60 : value;
    }));
  return [measure.rows.map((_, at) => at), ...series] as uPlot.AlignedData;
}

function optionsOf(measure: Measure, box: HTMLElement): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const ink = colour("--ink");
  const label = (at: number): string => {
    const words = measure.rows[at]?.label ?? "";
    return words.length > LABEL_MOST ? `${words.slice(0, LABEL_MOST - 1)}…` : words;
  };
  const isCrowded = measure.rows.length > 8 || box.clientWidth < 600;
  const axis = { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: `13px ${style.fontFamily}` };
  return {
    width: Math.max(240, box.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: () => [-0.6, measure.rows.length - 0.4] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      {
        ...axis, grid: { show: false }, splits: () => measure.rows.map((_, at) => at), values: (_, splits) => splits.map(label),
        rotate: isCrowded ? 45 : 0, size: isCrowded ? 84 : 40, space: 0,
      },
      { ...axis, size: 56 },
    ],
    series: [{}, ...SERIES[measure.name].map((key, at, all) => ({
      label: key, stroke: at === 0 ? colour("--brand") : ink, width: at === 0 ? 0 : 2,
      ...(at === 0 && { fill: colour("--brand") }),
      points: { show: false },
      paths: uPlot.paths.bars?.({ size: [0.7 / all.length, 60], align: all.length === 1 ? 0 : at === 0 ? -1 : 1 }),
    }) as uPlot.Series)],
  };
}
