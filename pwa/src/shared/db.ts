/** What this phone keeps: one IndexedDB database. Everything personal in it is sealed (see vault.ts, envelope.ts). */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { Waiting, WaitingPhoto } from "../outbox/outbox";

/** Bytes that mean nothing without a key. */
export interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly box: ArrayBuffer;
}

/** A report of ours that the server has acknowledged: its receipt and what was told, sealed. */
export interface Kept {
  readonly id: string;
  readonly at: number;
  readonly sealed: Sealed;
}

interface Schema extends DBSchema {
  outbox: { key: string; value: Waiting; indexes: { next: number } };
  photos: { key: string; value: WaitingPhoto; indexes: { report: string } };
  receipts: { key: string; value: Kept; indexes: { at: number } };
  values: { key: string; value: unknown };
}

export type Database = IDBPDatabase<Schema>;

let opened: Promise<Database> | undefined;

/** The database, opened once. Rejects where the browser keeps nothing (some private windows). */
export function database(): Promise<Database> {
  opened ??= openDB<Schema>("linli", 1, {
    upgrade(db) {
      db.createObjectStore("outbox", { keyPath: "id" }).createIndex("next", "nextAt");
      db.createObjectStore("photos", { keyPath: "id" }).createIndex("report", "reportId");
      db.createObjectStore("receipts", { keyPath: "id" }).createIndex("at", "at");
      db.createObjectStore("values");
    },
    blocking() {
      // Another tab wants to upgrade or to delete everything: let go, and open anew when asked again.
      void close();
    },
    terminated() {
      opened = undefined;
    },
  });
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
}

/** Close the database, so that it can be deleted. */
export async function close(): Promise<void> {
  const held = opened;
  opened = undefined;
  await held?.then((db) => db.close(), () => undefined);
}

/** A value by its name; undefined when there is none. */
export async function read<T>(name: string): Promise<T | undefined> {
  return (await (await database()).get("values", name)) as T | undefined;
}

/** Keep a value under a name; undefined forgets it. */
export async function write(name: string, value: unknown): Promise<void> {
  const db = await database();
  await (value === undefined ? db.delete("values", name) : db.put("values", value, name));
}
