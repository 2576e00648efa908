/** What was said, both ways, and saying more. A message is kept on this phone until the server has it. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Problem } from "../../outbox/outbox";
import { config } from "../../shared/config";
import { Refused } from "../../shared/frame";
import { t, when } from "../../shared/i18n";
import { newId } from "../report/sending";
import { can, type Message } from "./answer";
import { askReceipt, say } from "./asking";
import { Confirm } from "./confirm";
import { dropNote, keepNote, lookAtNotes, type Note, notes, sendNotes, tryAgain } from "./notes";
import type { PartProps } from "./thread";
import { spoken } from "./words";

/** The thread with what waits of it, and the field to write. */
export function Conversation(part: PartProps) {
  const { mine, answer } = part;
  useEffect(() => void lookAtNotes(), []);
  const held = part.isRemembered ? notes.value.filter((note) => note.reportId === mine.clientId) : [];
  return (
    <section class="stack" aria-labelledby="messages">
      <h2 id="messages">{t("thread.messages")}</h2>
      <ol class="plain stack" aria-live="polite">
        <li class="card">
          <p><b>{t("thread.me")}</b> <small>{when(answer.received_at)}</small></p>
          {answer.text ? <p class="said">{spoken(answer.text)}</p> : <p class="soft">{t("thread.no_words")}</p>}
        </li>
        {answer.messages.map((one) => <Said key={one.id} one={one} />)}
        {held.map((note) => <Held key={note.id} note={note} part={part} />)}
      </ol>
      {can(answer, "messages") && <Write {...part} />}
    </section>
  );
}

function Said({ one }: { one: Message }) {
  const isMine = one.from === "me";
  return (
    <li class={isMine ? "card" : "note"}>
      <p><b>{t(isMine ? "thread.me" : "name")}</b> <small>{when(one.at)}</small></p>
      <p class="said">{spoken(one.words)}</p>
      {isMine && <p><small>{t(one.seen ? "status.seen" : "status.sent")}</small></p>}
    </li>
  );
}

/** A message that the server does not have yet. */
function Held({ note, part }: { note: Note; part: PartProps }) {
  return (
    <li class="card">
      <p><b>{t("thread.me")}</b> <small>{when(note.at)}</small></p>
      <p class="said">{note.text}</p>
      <p><span class="badge">{t(note.problem ? "status.attention" : "status.waiting")}</span></p>
      {note.problem && <Refused problem={note.problem} />}
      <div class="row">
        {note.problem && <button type="button" onClick={() => void tryAgain(note.id).then(() => sendAndLook(part))}>{t("again")}</button>}
        <Confirm label={t("thread.drop")} yes={t("mine.drop_yes")} onYes={() => dropNote(note.id)}><p>{t("thread.drop_ask")}</p></Confirm>
      </div>
    </li>
  );
}

async function sendAndLook({ mine, take }: PartProps): Promise<void> {
  await sendNotes();
  take(await askReceipt(mine.receipt));
}

function Write(part: PartProps) {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [told, setTold] = useState<Problem | string>();
  // The same words tried again are the same message.
  const attempt = useRef({ text: "", key: "" });
  const send = async (): Promise<void> => {
    const words = text.trim();
    if (!words || isBusy) return;
    setBusy(true);
    if (attempt.current.text !== words) attempt.current = { text: words, key: newId() };
    const problem = await deliver(part, words, attempt.current.key);
    setBusy(false);
    setTold(problem);
    if (problem !== undefined) return;
    attempt.current = { text: "", key: "" };
    setText("");
  };
  return (
    <form class="field" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <label for="message">{t("thread.write")}</label>
      <textarea id="message" rows={3} maxLength={config.value.limits.text} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button class="first" aria-disabled={isBusy || !text.trim()}>{t("thread.send")}</button>
      {typeof told === "string" && <p class="note warn" role="alert">{told}</p>}
      {typeof told === "object" && <Refused problem={told} />}
    </form>
  );
}

/** Keep and send; where nothing may be kept, send at once. What went wrong, if the words must stay in the field. */
async function deliver(part: PartProps, words: string, key: string): Promise<Problem | string | undefined> {
  const { mine, isRemembered, take } = part;
  const isKept = isRemembered && (await keepNote(mine, words).then(() => true, () => false));
  if (isKept) {
    await sendAndLook(part);
    return undefined;
  }
  const outcome = await say(mine.receipt, words, key);
  if (outcome.is === "data") take(outcome);
  return outcome.is === "problem" ? outcome.problem : outcome.is === "offline" ? t("thread.not_sent") : undefined;
}
