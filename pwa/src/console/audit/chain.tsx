/** Whether the journal was only ever appended to: read from its first entry to its last, step by step. */

import { useState } from "preact/hooks";

import { api, ask, type Outcome, type Schemas } from "../api";
import { count, t } from "../i18n";
import { Failed } from "../parts/states";
import { Table, type Column } from "../parts/table";

type Broken = Required<Schemas["Broken"]>;
interface Progress {
  readonly entries: number;
  readonly streams: number;
  readonly broken: readonly Broken[];
  readonly isDone: boolean;
}

const COLUMNS = (): readonly Column<Broken>[] => [
  { key: "stream", title: t("audit.chain.stream"), cell: (one) => one.stream },
  { key: "entry", title: t("audit.chain.entry"), numeric: true, cell: (one) => one.stream_seq },
  { key: "reason", title: t("audit.chain.reason"), cell: (one) => t(`audit.chain.${one.reason as "missing"}`) },
];

/** The check with its progress. */
export function Chain() {
  const [progress, setProgress] = useState<Progress | undefined>();
  const [failure, setFailure] = useState<Exclude<Outcome<unknown>, { is: "data" }> | undefined>();
  const check = async (): Promise<void> => {
    let so: Progress = { entries: 0, streams: 0, broken: [], isDone: false };
    let after: string | undefined;
    setFailure(undefined);
    setProgress(so);
    do {
      const outcome = await ask(api.GET("/api/v1/audit/chain", { params: { query: after ? { after } : {} } }));
      if (outcome.is !== "data") {
        setProgress(undefined);
        return setFailure(outcome);
      }
      const found = outcome.data;
      after = found.next_after ?? undefined;
      so = { entries: so.entries + (found.entries ?? 0), streams: so.streams + (found.streams ?? 0), broken: [...so.broken, ...((found.broken ?? []) as Broken[])], isDone: !after };
      setProgress(so);
    } while (after);
  };
  const isGoing = progress !== undefined && !progress.isDone;
  return (
    <div class="stack">
      <p>{t("audit.chain.words")}</p>
      <p><button type="button" class="first" aria-disabled={isGoing} onClick={() => void (isGoing || check())}>{t("audit.chain.check")}</button></p>
      {failure && <Failed outcome={failure} again={() => void check()} />}
      {progress && <p role="status" class={progress.broken.length > 0 ? "note warn" : "note"}>{saidOf(progress)}</p>}
      {progress && progress.broken.length > 0 && (
        <Table caption={t("audit.chain.broken.caption")} columns={COLUMNS()} rows={progress.broken} keyOf={(one) => `${one.stream}:${one.stream_seq}`} />
      )}
    </div>
  );
}

function saidOf(progress: Progress): string {
  const numbers = { entries: count(progress.entries), streams: count(progress.streams) };
  if (!progress.isDone) return t("audit.chain.going", numbers);
  return progress.broken.length > 0 ? t("audit.chain.broken", { count: count(progress.broken.length) }) : t("audit.chain.whole", numbers);
}
