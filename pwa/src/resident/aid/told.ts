/** A refusal with its reason of this time where the server gives one, which says more than the general advice. */

import type { Problem } from "../../outbox/outbox";

export function reasoned(problem: Problem & { readonly detail?: string }): Problem {
  return problem.detail ? { ...problem, advice: problem.detail } : problem;
}
