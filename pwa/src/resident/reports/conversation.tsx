/** What was said, both ways, and saying more. A message is kept on this phone until the server has it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Problem } from "../../outbox/outbox";
import { config } from "../../shared/config";
import { Refused } from "../../shared/frame";
import { t, when } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { Album } from "../report/album";
import { Pictures } from "../report/pictures";
import { newId } from "../report/sending";
import { can, type Message } from "./answer";
import { askReceipt, say } from "./asking";
import { Confirm } from "./confirm";
import { dropNote, keepNote, lookAtNotes, NO_PHOTO, type Note, notes, sendNotes, tryAgain } from "./notes";
import { useSeen } from "./seen";
import type { PartProps } from "./thread";
import { spoken } from "./words";

/** The thread with what waits of it, and the field to write. */
export function Conversation(part: PartProps) {
  const { mine, answer } = part;
  const list = useSeen(mine.receipt, answer.messages);
  useEffect(() => void lookAtNotes(), []);
  const held = part.isRemembered ? notes.value.filter((note) => note.reportId === mine.clientId) : [];
  return (
    <section class="stack" aria-labelledby="messages">
      <h2 id="messages">{t("thread.messages")}</h2>
      <ol class="plain stack" aria-live="polite" ref={list}>
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
    <li class={isMine ? "card" : "note"} {...(!isMine && !one.seen && { "data-unseen": one.id })}>
      <p><b>{t(isMine ? "thread.me" : "name")}</b> <small>{when(one.at)}</small></p>
      {one.words ? <p class="said">{spoken(one.words)}</p> : null}
      <Enclosed count={one.photos ?? 0} />
      {(one.voices ?? 0) > 0 && <p>{t("thread.voices", { count: one.voices ?? 0 })}</p>}
      {isMine && <p><small>{t(one.seen ? "status.seen" : "status.sent")}</small></p>}
    </li>
  );
}

/** How many photos came along; they are not shown again on a phone that others may pick up. */
function Enclosed({ count }: { count: number }) {
  return count > 0 ? <p class="row"><Icon name="camera" />{t("thread.photos", { count })}</p> : null;
}

/** A message that the server does not have yet. */
function Held({ note, part }: { note: Note; part: PartProps }) {
  return (
    <li class="card">
      <p><b>{t("thread.me")}</b> <small>{when(note.at)}</small></p>
      {note.text && <p class="said">{note.text}</p>}
      <Enclosed count={note.photoIds?.length ?? 0} />
      <p><span class="badge">{t(note.problem ? "status.attention" : "status.waiting")}</span></p>
      {note.problem && <Refused problem={note.problem.code === NO_PHOTO ? { ...note.problem, title: t("report.photo_unreadable") } : note.problem} />}
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
  const album = useMemo(() => new Album(() => setTold(undefined)), []);
  useEffect(() => () => album.close(), []);
  const isBlank = !text.trim() && album.pictures.value.length === 0;
  // The same words with the same photos tried again are the same message.
  const attempt = useRef<Said & { key: string }>({ words: "", photos: [], key: "" });
  const send = async (): Promise<void> => {
    if (isBlank || isBusy) return;
    setBusy(true);
    await album.ready;
    const said: Said = { words: text.trim(), photos: album.blobs };
    if (!isSame(attempt.current, said)) attempt.current = { ...said, key: newId() };
    const problem = await deliver(part, attempt.current);
    setBusy(false);
    setTold(problem);
    if (problem !== undefined) return;
    attempt.current = { words: "", photos: [], key: "" };
    setText("");
    album.clear();
  };
  return (
    <form class="field" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <label for="message">{t("thread.write")}</label>
      <textarea id="message" rows={3} maxLength={config.value.limits.text} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <Pictures album={album} />
      <p role="status">{album.shrinking.value > 0 && t("thread.shrinking")}</p>
      <div class="tiles">
        <label class="tile">
          <input type="file" accept="image/*" multiple onChange={(event) => takeFiles(album, event.currentTarget)} />
          <Icon name="camera" />
          <span>{t("thread.photo")}</span>
        </label>
        <button class="first" aria-disabled={isBusy || isBlank}>{t("thread.send")}</button>
      </div>
      {typeof told === "string" && <p class="note warn" role="alert">{told}</p>}
      {typeof told === "object" && <Refused problem={told} />}
    </form>
  );
}

/** What is said: words, photos, or both. */
interface Said {
  readonly words: string;
  readonly photos: readonly Blob[];
}

function isSame(one: Said, other: Said): boolean {
  return one.words === other.words && one.photos.length === other.photos.length && one.photos.every((photo, at) => photo === other.photos[at]);
}

function takeFiles(album: Album, field: HTMLInputElement): void {
  if (field.files?.length) void album.add([...field.files]);
  field.value = "";
}

/** Keep and send; where nothing may be kept, send at once. What went wrong, if the words must stay in the field. */
async function deliver(part: PartProps, said: Said & { key: string }): Promise<Problem | string | undefined> {
  const { mine, isRemembered, take } = part;
  const server = config.value.keys.envelope;
  const canBeKept = isRemembered && (server !== undefined || said.photos.length === 0);
  const enclosed = server && said.photos.length > 0 ? { photos: said.photos, server } : undefined;
  if (canBeKept && (await keepNote(mine, said.words, enclosed).then(() => true, () => false))) {
    await sendAndLook(part);
    return undefined;
  }
  const { photosOf } = await import("../report/direct");
  const photoIds = await photosOf(said.photos);
  if (!photoIds) return t("thread.not_sent");
  const outcome = await say(mine.receipt, { text: said.words, photoIds }, said.key);
  if (outcome.is === "data") take(outcome);
  return outcome.is === "problem" ? outcome.problem : outcome.is === "offline" ? t("thread.not_sent") : undefined;
}
