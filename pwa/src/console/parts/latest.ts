/** Changing a part of something that a form holds above: of what was said last, also where the screen is not that far yet. */

import { useRef } from "preact/hooks";

/** Several changes between two pictures of the screen all count: each is made to the outcome of the one before. */
export function useLatest<T>(value: T, on: (value: T) => void): (change: (former: T) => T) => void {
  const latest = useRef(value);
  latest.current = value;
  return (change) => {
    latest.current = change(latest.current);
    on(latest.current);
  };
}
