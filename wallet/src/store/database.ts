/**
 * The browser's database: the vault's header, sealed records and wrapped keys; and what must be readable while
 * locked.
 */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { PushKeys } from "../core/push/message";
import type { Language } from "../wallet";
import type { Sealed } from "./crypto";

const NAME = "billfold";
const DATABASE_VERSION = 1;

/** How the vault opens. It lies in the clear, as do the language and the bells. */
export interface Header {
  readonly version: 1;
  readonly wrappedVaultKey: Sealed;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly unlock: PrfUnlock | PassphraseUnlock;
}

export interface PrfUnlock {
  readonly kind: "prf";
  readonly credentialId: Uint8Array<ArrayBuffer>;
  readonly transports: readonly string[];
  readonly prfSalt: Uint8Array<ArrayBuffer>;
}

export interface PassphraseUnlock {
  readonly kind: "passphrase";
  /** argon2id: memory in KiB, passes, lanes. */
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

export interface SealedRow extends Sealed {
  readonly id: string;
}

/**
 * What a locked wallet needs to say who rang: one issuer's endpoint at the relay, and the keys of its messages. These
 * alone lie outside the vault (design, Push and several issuers).
 */
export interface Bell {
  /** What the relay's messages for this endpoint begin with, in base64url. */
  readonly handle: string;
  readonly issuer: string;
  readonly issuerName: string;
  readonly endpoint: string;
  /** What moves and removes the endpoint. */
  readonly secret: string;
  readonly keys: PushKeys;
  /** The browser's own subscription that the relay rings. */
  readonly rings: string;
}

interface Schema extends DBSchema {
  bells: { key: string; value: Bell };
  header: { key: "header"; value: Header };
  plain: { key: "language"; value: Language };
  records: { key: string; value: SealedRow };
  keys: { key: string; value: SealedRow };
}

export type Database = IDBPDatabase<Schema>;

/** Open the database. A newer release in another tab closes it, so that it can go on. */
export function openDatabase(): Promise<Database> {
  return openDB<Schema>(NAME, DATABASE_VERSION, {
    upgrade(database) {
      database.createObjectStore("header");
      database.createObjectStore("plain");
      database.createObjectStore("bells", { keyPath: "handle" });
      database.createObjectStore("records", { keyPath: "id" });
      database.createObjectStore("keys", { keyPath: "id" });
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
    },
  });
}

/** What one change writes: all of it or nothing. */
export interface Batch {
  readonly records: readonly SealedRow[];
  readonly keys: readonly SealedRow[];
  readonly goneRecords: readonly string[];
  readonly goneKeys: readonly string[];
}

/** Write a batch, and return when it is on its way to the disk for good. */
export async function write(database: Database, { records, keys, goneRecords, goneKeys }: Batch): Promise<void> {
  const transaction = database.transaction(["records", "keys"], "readwrite", { durability: "strict" });
  const rows = transaction.objectStore("records");
  const wrapped = transaction.objectStore("keys");
  await Promise.all([
    ...keys.map((row) => wrapped.put(row)),
    ...records.map((row) => rows.put(row)),
    ...goneRecords.map((id) => rows.delete(id)),
    ...goneKeys.map((id) => wrapped.delete(id)),
    transaction.done,
  ]);
}

/** Destroy everything but the language. */
export async function wipe(database: Database): Promise<void> {
  const stores = ["header", "records", "keys", "bells"] as const;
  const transaction = database.transaction(stores, "readwrite", { durability: "strict" });
  await Promise.all([
    transaction.objectStore("bells").clear(),
    transaction.objectStore("header").clear(),
    transaction.objectStore("records").clear(),
    transaction.objectStore("keys").clear(),
    transaction.done,
  ]);
}
