/** A report that is being written stays on this phone, sealed, until it is sent or thrown away. */

import { fromBase64, toBase64 } from "../../outbox/envelope";
import { database, read, type Sealed, write } from "../../shared/db";
import { open, seal } from "../../shared/vault";
import type { Words } from "./fields";
import type { Spot } from "./place";

/** What was written so far. */
export interface Begun {
  /** The report's own id, kept so that a report whose answer was lost stays one. */
  readonly id: string;
  readonly words: Words;
  readonly spot?: Spot | undefined;
}

/** Where one report is kept while it is being written. */
export interface Keeping {
  save(begun: Begun): void;
  savePhotos(photos: readonly Blob[]): void;
  /** Write at once what still waits to be written: the page may be about to end. */
  flush(): void;
  restore(): Promise<{ readonly begun: Begun; readonly photos: readonly Blob[] } | undefined>;
  forget(): Promise<void>;
}

const PAUSE_MS = 300;

/** Keep a report under `name`. Where the browser keeps nothing, nothing is kept, and writing goes on all the same. */
export function keeping(name: string): Keeping {
  const photosName = `${name}-photos`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest: Begun | undefined;
  // One after the other, so that an older state never overwrites a newer one.
  let last: Promise<unknown> = Promise.resolve();
  const queue = (act: () => Promise<void>): Promise<unknown> => (last = last.then(act).catch(() => undefined));
  const now = (): void => {
    clearTimeout(timer);
    const begun = latest;
    latest = undefined;
    if (begun) void queue(async () => write(name, await seal(begun, name)));
  };
  return {
    save(begun) {
      latest = begun;
      clearTimeout(timer);
      timer = setTimeout(now, PAUSE_MS);
    },
    flush: now,
    savePhotos(photos) {
      void queue(async () => write(photosName, photos.length ? await seal(await packed(photos), photosName) : undefined));
    },
    async restore() {
      const begun = await opened<Begun>(name);
      return begun && { begun, photos: unpacked((await opened<readonly string[]>(photosName)) ?? []) };
    },
    async forget() {
      clearTimeout(timer);
      latest = undefined;
      await queue(async () => {
        await write(name, undefined);
        await write(photosName, undefined);
      });
    },
  };
}

/** Let go of what was begun on reports that wait no longer: sent, or dropped on another screen. */
export async function forgetOthers(prefix: string, waiting: readonly string[]): Promise<void> {
  try {
    const names = await (await database()).getAllKeys("values", IDBKeyRange.bound(prefix, `${prefix}\uffff`));
    const gone = names.filter((name) => !waiting.some((id) => name.startsWith(prefix + id)));
    await Promise.all(gone.map((name) => write(name, undefined)));
  } catch {
    // Where nothing is kept there is nothing to let go of.
  }
}

async function opened<T>(name: string): Promise<T | undefined> {
  try {
    const sealed = await read<Sealed>(name);
    return sealed && (await open<T>(sealed, name));
  } catch {
    // The key is gone or the browser keeps nothing: there is nothing to go on with.
    return undefined;
  }
}

function packed(photos: readonly Blob[]): Promise<readonly string[]> {
  return Promise.all(photos.map(async (photo) => toBase64(new Uint8Array(await photo.arrayBuffer()))));
}

function unpacked(photos: readonly string[]): readonly Blob[] {
  return photos.map((photo) => new Blob([fromBase64(photo)], { type: "image/jpeg" }));
}

const MARK = "linli-writing";

/** Whether this tab was writing: then what was begun may be shown at once. Somebody who opens the page later is asked. */
export function wasWriting(): boolean {
  try {
    return sessionStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}

/** Remember or forget, in this tab alone, that a report is being written; nothing of the report itself. */
export function markWriting(isWriting: boolean): void {
  try {
    if (isWriting) sessionStorage.setItem(MARK, "1");
    else sessionStorage.removeItem(MARK);
  } catch {
    // A tab that remembers nothing asks before it shows what was begun.
  }
}
