/** The receipt's code as it is typed: in groups of four, the way it is printed. What looks alike is the server's job. */

const SIGN = /[\p{L}\p{N}]/u;

function signsOf(typed: string): string {
  return [...typed.normalize("NFKC").toUpperCase()].filter((sign) => SIGN.test(sign)).join("");
}

/** A code in groups of four: `7kqf 2m9d` becomes `7KQF-2M9D`. */
export function inFours(typed: string): string {
  return signsOf(typed).replace(/(.{4})(?=.)/gu, "$1-");
}

/** Where the cursor stands after formatting, so that somebody can mend the middle of a code. */
export function cursorIn(typed: string, cursor: number): number {
  const before = signsOf(typed.slice(0, cursor)).length;
  return before + Math.max(0, Math.floor((before - 1) / 4));
}
