/** The photos of a report: taken in, made small, shown, taken out. */

import { signal } from "@preact/signals";

import { config } from "../../shared/config";
import { shrink } from "./photos";

/** A photo of the report, with the address under which this page shows it. */
export interface Picture {
  readonly blob: Blob;
  readonly url: string;
}

export class Album {
  readonly pictures = signal<readonly Picture[]>([]);
  /** How many are being made small. */
  readonly shrinking = signal(0);
  readonly note = signal<"" | "unreadable" | "many">("");
  /** Photos of a report that is mended: sealed before, so that only their ids are known. */
  readonly held = signal<readonly string[]>([]);
  /** Settled when nothing is being made small. */
  ready: Promise<unknown> = Promise.resolve();

  constructor(private readonly changed: () => void) {}

  get blobs(): readonly Blob[] {
    return this.pictures.value.map((picture) => picture.blob);
  }

  /** Take photos in, each made small, as many as there is room for; what could not be taken is said. */
  add(files: Iterable<Blob>): Promise<unknown> {
    const all = [...files];
    const room = config.value.limits.photos - this.held.value.length - this.pictures.value.length - this.shrinking.value;
    this.note.value = all.length > room ? "many" : "";
    const taken = all.slice(0, Math.max(0, room));
    this.shrinking.value += taken.length;
    // One after the other: a phone has little memory for large pictures.
    for (const file of taken) this.ready = this.ready.then(() => this.addOne(file));
    return this.ready;
  }

  private async addOne(file: Blob): Promise<void> {
    try {
      this.pictures.value = [...this.pictures.value, pictureOf(await shrink(file))];
      this.changed();
    } catch {
      this.note.value = "unreadable";
    }
    this.shrinking.value -= 1;
  }

  /** Show photos that were made small before, ahead of those that are there. */
  show(blobs: readonly Blob[]): void {
    this.pictures.value = [...blobs.map(pictureOf), ...this.pictures.value];
    this.changed();
  }

  remove(picture: Picture): void {
    URL.revokeObjectURL(picture.url);
    this.pictures.value = this.pictures.value.filter((one) => one !== picture);
    this.changed();
  }

  /** Take all photos out, because they are kept elsewhere now. */
  clear(): void {
    this.close();
    this.pictures.value = [];
    this.note.value = "";
  }

  /** Let go of the addresses; the photos themselves are kept elsewhere. */
  close(): void {
    for (const picture of this.pictures.value) URL.revokeObjectURL(picture.url);
  }
}

function pictureOf(blob: Blob): Picture {
  return { blob, url: URL.createObjectURL(blob) };
}
