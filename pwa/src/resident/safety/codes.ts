/** Codes that a person chose: how they are compared, and which one was meant. Pure. */

/** The codes of an SOS: one that ends it, and one that only seems to. */
export interface Codes {
  readonly cancel: string;
  readonly duress?: string;
}

/** A code as it is compared: capitals, width and spaces do not matter to somebody who is afraid. */
export function normalForm(code: string): string {
  return code.normalize("NFKC").trim().toLowerCase().replace(/\s+/g, " ");
}

/** Which of the codes was said; both are always compared. */
export function whichCode(codes: Codes, said: string): "cancel" | "duress" | undefined {
  const plain = normalForm(said);
  const cancels = plain === normalForm(codes.cancel);
  const isDuress = codes.duress !== undefined && plain === normalForm(codes.duress);
  return cancels ? "cancel" : isDuress ? "duress" : undefined;
}
