/** One part of the safety screen, folded until it is wanted; its state in a word stands beside its name. */

import type { ComponentChildren } from "preact";

export function Part(props: { title: string; state?: string | undefined; open?: boolean; children: ComponentChildren }) {
  return (
    <details class="card part" open={props.open}>
      <summary>
        <h2>{props.title}</h2>
        {props.state && <span class="badge">{props.state}</span>}
      </summary>
      {props.children}
    </details>
  );
}
