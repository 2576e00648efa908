/** The report while it is being written: what stands in it besides the fields of the form, and what is done with it. */

import { signal, type Signal } from "@preact/signals";

import { drop, type Draft, goOn, look, type Problem, waiting } from "../../outbox/outbox";
import { plainWords } from "../../shared/config";
import { read as readValue, write } from "../../shared/db";
import { NEUTRAL } from "../../shared/exit";
import { language, t } from "../../shared/i18n";
import { go } from "../../shared/router";
import { Album } from "./album";
import { fill, type Words } from "./fields";
import { type Begun, forgetOthers, type Keeping, keeping, markWriting, wasWriting } from "./keeping";
import { locate, type NoPlace, nudged, type Spot } from "./place";
import { handOver, newId, type Ready, type Unsent } from "./sending";
import { draftOf, isUrgent, lacks, spotOf, type Where, wordsOf, type Wrong, wrongOf } from "./words";

const NAME = "report-draft";
const SHARED = "shared";
/** An urgent report waits no longer than this for a photo that is still being made small. */
const URGENT_PHOTO_MS = 5000;
/** What else is settled when a field is changed. */
const TOGETHER: Readonly<Record<string, readonly Where[]>> = {
  place: ["text", "landmark"], landmark: ["text", "place"], danger_now: ["text", "email", "consent"],
  email: ["consent"], phone: ["consent"], anonymous: ["email", "phone", "consent"],
};

export class Desk {
  readonly spot = signal<Spot | undefined>(undefined);
  readonly looking = signal(false);
  readonly noPlace = signal<NoPlace | undefined>(undefined);
  readonly album = new Album(() => this.photosChanged());
  readonly wrong = signal<Wrong>({});
  readonly unsent = signal<Unsent | undefined>(undefined);
  /** What the server said of the report that is mended. */
  readonly refused = signal<Problem | undefined>(undefined);
  readonly busy = signal(false);
  readonly dialog = signal<"" | "topics" | "discard">("");
  /** Something was begun before, by whoever had this phone: it is shown only when asked for. */
  readonly waitsForLeave = signal<Restored | undefined>(undefined);
  before: Draft | undefined;
  mends: string | undefined;
  private id = newId();
  private kept: Keeping = keeping(NAME);
  private stopLooking: (() => void) | undefined;
  private closed = false;

  constructor(private readonly form: HTMLFormElement, readonly words: Signal<Words>) {}

  /** What is said in the form: of a report that needs attention, else the one begun before, else what is shared. */
  async begin(query: URLSearchParams): Promise<void> {
    const mend = query.get("mend");
    await look();
    void forgetOthers(`${NAME}:`, waiting.value.map((row) => row.id));
    if (mend) await this.mend(mend);
    const found = await this.kept.restore();
    if (found && (mend || wasWriting())) this.show(found);
    else if (found && !isBlank(found)) this.waitsForLeave.value = found;
    if (query.get("shared")) await this.takeShared();
  }

  private async mend(id: string): Promise<void> {
    const row = waiting.value.find((one) => one.id === id);
    // It went after all, or it is not of this phone: its own screen says which.
    if (row?.state !== "attention") return go(`/sent/${id}`, { replace: true });
    this.mends = this.id = id;
    this.kept = keeping(`${NAME}:${id}`);
    this.before = row.problem?.sent ?? { kind: row.kind };
    this.album.held.value = row.photoIds;
    this.refused.value = row.problem;
    this.wrong.value = row.problem ? findings(row.problem) : {};
    this.spot.value = spotOf(this.before);
    this.enter(wordsOf(this.before));
  }

  /** Show what was begun; what was typed since stays on top of it. */
  show({ begun, photos }: Restored): void {
    this.waitsForLeave.value = undefined;
    this.id = this.mends ?? begun.id;
    const spot = begun.spot && withoutTicks(begun.spot);
    this.spot.value = this.mends ? spot : (this.spot.value ?? spot);
    this.enter({ ...begun.words, ...(this.mends ? {} : this.words.value) });
    this.album.show(photos);
    letGoOfShared();
  }

  private enter(words: Words): void {
    fill(this.form, words);
    this.words.value = words;
  }

  private async takeShared(): Promise<void> {
    const shared = await readValue<{ photos?: readonly Blob[]; text?: string }>(SHARED).catch(() => undefined);
    if (!shared) return;
    const said = [this.words.value.text, shared.text].filter(Boolean).join("\n");
    if (said) this.enter({ ...this.words.value, text: said });
    await this.album.add(shared.photos ?? []);
    this.changed();
    // What came is kept with the draft now; while another one waits for a decision, it stays where it came.
    if (!this.waitsForLeave.value) letGoOfShared();
  }

  /** Something was changed by hand: it is kept, and what was said against it before no longer stands. */
  changed(): void {
    this.unsent.value = undefined;
    // What was begun before is not overwritten until somebody has decided about it.
    if (this.waitsForLeave.value) return;
    markWriting(true);
    this.kept.save({ id: this.id, words: this.words.value, spot: this.spot.value });
  }

  /** A field was changed: what was wrong with it is being mended. */
  retyped(field: string): void {
    const mended: readonly string[] = [field, ...(TOGETHER[field] ?? [])];
    this.wrong.value = Object.fromEntries(Object.entries(this.wrong.value).filter(([name]) => !mended.includes(name)));
    this.changed();
  }

  chooseTopic(category: string): void {
    this.dialog.value = "";
    this.words.value = { ...this.words.value, category };
    this.retyped("category");
  }

  /** Find the place once, because the person asked for it. */
  findPlace(): void {
    this.stopLooking?.();
    this.noPlace.value = undefined;
    this.looking.value = true;
    this.stopLooking = locate(navigator.geolocation, (found) => {
      if ("spot" in found) this.setSpot(found.spot);
      else this.looking.value = false;
      if ("none" in found) this.noPlace.value = found.none;
    });
  }

  setSpot(spot: Spot | undefined): void {
    this.spot.value = spot;
    this.retyped("place");
  }

  /** The pin is moved by so many metres: a better position must not take it back. */
  nudge(east: number, north: number): void {
    this.stopLooking?.();
    if (this.spot.value) this.setSpot(nudged(this.spot.value, east, north));
  }

  /** The pin is put so many metres from where the phone found it. */
  putPin(east: number, north: number): void {
    this.nudge(east - (this.spot.value?.east ?? 0), north - (this.spot.value?.north ?? 0));
  }

  removePlace(): void {
    this.stopLooking?.();
    this.setSpot(undefined);
  }

  private photosChanged(): void {
    if (this.closed) return;
    this.changed();
    if (!this.waitsForLeave.value) this.kept.savePhotos(this.album.blobs);
  }

  /** Send it: into the outbox, from where it goes by itself. `straight`: over the network now, kept nowhere. */
  async send(straight = false): Promise<void> {
    if (this.busy.value || this.closed) return;
    const found = lacks(this.words.value, this.spot.value, this.before?.kind);
    this.wrong.value = Object.fromEntries(Object.entries(found).map(([field, key]) => [field, t(key)]));
    if (Object.keys(found).length) return;
    this.busy.value = true;
    try {
      await this.finish(straight);
    } finally {
      this.busy.value = false;
    }
  }

  private async finish(straight: boolean): Promise<void> {
    this.stopLooking?.();
    await Promise.race([this.album.ready, ...(isUrgent(this.words.value, this.before?.kind) ? [after(URGENT_PHOTO_MS)] : [])]);
    const ready = this.ready();
    const unsent = await (straight ? sendStraight(ready) : handOver(ready));
    if (unsent) return this.stays(unsent);
    await this.forget();
    void goOn();
    go(`/sent/${ready.id}`, { replace: true });
  }

  private ready(): Ready {
    const tapped = plainWords(this.words.value.category) || t("report.danger");
    const draft = draftOf(this.words.value, this.spot.value, { language: language.value, tapped, before: this.before });
    return { id: this.id, draft, photos: this.album.blobs, held: this.mends ? this.album.held.value : undefined };
  }

  /** It was not handed over: everything stays on the screen, with the reason. */
  private stays(unsent: Unsent): void {
    // An earlier version arrived although its answer was lost; what stands here now is another report.
    if (unsent.is === "twice") this.id = newId();
    if (unsent.is === "problem") this.wrong.value = findings(unsent.problem);
    if (unsent.is !== "no-key" || this.unsent.value?.is !== "no-key") this.unsent.value = unsent;
  }

  /** Throw it away, because the person wants it; a report that needs attention leaves the outbox with it. */
  async discard(): Promise<void> {
    this.dialog.value = "";
    if (this.mends) await drop(this.mends).catch(() => undefined);
    await this.forget();
    go(this.mends ? "/reports" : "/");
  }

  /** What was begun before is thrown away without being shown. */
  async discardFormer(): Promise<void> {
    this.waitsForLeave.value = undefined;
    await this.kept.forget();
    this.photosChanged();
    letGoOfShared();
  }

  private async forget(): Promise<void> {
    this.closed = true;
    markWriting(false);
    letGoOfShared();
    if (!this.waitsForLeave.value) await this.kept.forget();
  }

  /** The page is hidden or left: what was written is safe first. */
  pause(): void {
    if (this.closed) return;
    this.kept.flush();
    // Whoever comes back after an exit is asked before anything is shown.
    if (location.pathname === NEUTRAL) markWriting(false);
  }

  leave(): void {
    this.pause();
    this.closed = true;
    this.stopLooking?.();
    this.album.close();
  }
}

interface Restored {
  readonly begun: Begun;
  readonly photos: readonly Blob[];
}

function isBlank({ begun, photos }: Restored): boolean {
  return Object.keys(begun.words).length === 0 && !begun.spot && photos.length === 0;
}

/** What the server found, at the fields; who somebody is, is no report: the words themselves are asked for the act (R21). */
function findings(problem: Problem): Wrong {
  return problem.code === "behaviour-first" ? { text: t("report.wrong_behaviour") } : wrongOf(problem);
}

function letGoOfShared(): void {
  void write(SHARED, undefined).catch(() => undefined);
}

function after(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms));
}

async function sendStraight(ready: Ready): Promise<Unsent | undefined> {
  const loaded = await import("./direct").catch(() => undefined);
  // Where not even this part of the page comes, no report goes either.
  return loaded ? loaded.sendStraight(ready) : { is: "offline" };
}

/** The clock that nobody can set begins anew with each page. */
function withoutTicks({ seen: _seen, ...spot }: Spot): Spot {
  return spot;
}

/** Begin to write: what was typed before the scripts came is taken along. */
export async function sitDown(form: HTMLFormElement, words: Signal<Words>, query: URLSearchParams): Promise<Desk> {
  const desk = new Desk(form, words);
  // The next screen must be there when the network is not.
  void import("../screens/sent").catch(() => undefined);
  await desk.begin(query);
  return desk;
}
