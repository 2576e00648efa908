/** What stands in the fields of the form. The form itself holds it, so that it works before and without scripts. */

/** The fields by the names that the plain form has too. */
export const FIELDS = ["danger_now", "category", "text", "landmark", "anonymous", "email", "phone", "consent"] as const;
export type Words = Readonly<Partial<Record<(typeof FIELDS)[number], string>>>;

/** What was typed and ticked; what is empty is left out. */
export function read(form: HTMLFormElement): Words {
  const typed = new FormData(form);
  const found = FIELDS.map((name) => [name, typed.get(name)] as const);
  return Object.fromEntries(found.filter(([, value]) => value));
}

/** Put words into the fields; the topic is the screen's own, because its tile may have to be drawn first. */
export function fill(form: HTMLFormElement, words: Words): void {
  for (const name of FIELDS) {
    if (name === "category") continue;
    for (const field of form.querySelectorAll<HTMLInputElement>(`[name="${name}"]`)) {
      if (field.type === "checkbox") field.checked = words[name] !== undefined;
      else field.value = words[name] ?? "";
    }
  }
}
