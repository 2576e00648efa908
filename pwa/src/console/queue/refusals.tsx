/** Which of several were refused: each with its reason in words, how to go on, and the way to it. The others are done. */

import type { Problem, Schemas } from "../api";
import { say, t } from "../i18n";
import { Dialog } from "../parts/dialog";
import type { Listed } from "./asking";

export type Result = Required<Schemas["BulkResult"]>;
/** A refusal of an act names which guard refused. */
type Refused = Problem & { readonly reason?: string };

/** The dialog. `rows` are those that were asked for. */
export function Refusals({ title, results, rows, onClose }: { title: string; results: readonly Result[]; rows: readonly Listed[]; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{t("queue.refused.words")}</p>
      <ul class="plain stack">
        {results.map((result) => {
          const problem = result.problem as unknown as Refused;
          const number = t("number", { number: rows.find((row) => row.id === result.id)?.number ?? "" });
          return (
            <li key={result.id} class="note warn">
              <p><b>{number}: {problem.title}</b></p>
              {problem.detail && <p>{problem.detail}</p>}
              <p>{goOn(problem)}</p>
              <p><a href={`/console/incidents/${result.id}`}>{t("queue.refused.open", { number })}</a></p>
            </li>
          );
        })}
      </ul>
      <p class="row end"><button type="button" class="first" onClick={onClose}>{t("close")}</button></p>
    </Dialog>
  );
}

/** How to go on: by the guard that refused, else by the kind of refusal, else as the server advises. */
function goOn(problem: Refused): string {
  return say(`queue.go_on.${problem.reason}`) || say(`queue.go_on.${problem.code}`) || problem.advice || t("queue.go_on");
}
