/** What is wrong with a code that a person would like to set. Pure. */

import { normalForm } from "./codes";

const LEAST = 4;
const MOST = 40;
const DIGITS_MOST = 12;

export type CodeFault = "short" | "long" | "same";

/** What is wrong with a code: 4 to 40 characters. */
export function faultOf(code: string): CodeFault | undefined {
  const length = [...normalForm(code)].length;
  return length < LEAST ? "short" : length > MOST ? "long" : undefined;
}

/** What is wrong with the codes of an SOS. Two that differ in capitals alone are the same. */
export function faultOfCodes(cancel: string, duress: string): CodeFault | undefined {
  const found = faultOf(cancel);
  if (found || normalForm(duress) === "") return found;
  return faultOf(duress) ?? (normalForm(cancel) === normalForm(duress) ? "same" : undefined);
}

/** What is wrong with an app code: 4 to 12 digits, or words. */
export function faultOfAppCode(code: string): CodeFault | undefined {
  const plain = normalForm(code);
  return /^\d+$/.test(plain) && plain.length > DIGITS_MOST ? "long" : faultOf(plain);
}
