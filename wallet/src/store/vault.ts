/**
 * The vault while it is open: its contents in memory, every change sealed and written before it counts, and signatures
 * by keys that are unwrapped for one use. `close` drops the vault's key; nothing can be read or signed after that.
 */

import { b64urlEncode, fromUtf8, utf8 } from "../core/encoding";
import { WalletError } from "../core/errors";
import type { EcPublicJwk, Signer } from "../core/keys";
import { type Change, type Contents, emptyContents, fromEntries, toEntries } from "../core/state/contents";
import { decodeEntry, type Entry, encodeEntry, keyOf, type StoredKey } from "../core/state/records";
import { newWrappedKey, open, randomBytes, type Sealed, seal, signWrapped } from "./crypto";
import { type Database, type SealedRow, write } from "./database";

const ID_BYTES = 12;

/** What lies in the store for one entry of the contents. */
interface Kept {
  readonly rowId: string;
  readonly value: unknown;
}

export class Vault {
  #key: CryptoKey | undefined;
  #contents: Contents;
  readonly #database: Database;
  readonly #rows: Map<string, Kept>;
  /** Wrapped keys that are not stored yet. */
  readonly #newKeys = new Map<string, Sealed>();
  #writing: Promise<unknown> = Promise.resolve();
  readonly #onChange: (contents: Contents) => void;

  private constructor(
    database: Database,
    key: CryptoKey,
    loaded: { contents: Contents; rows: Map<string, Kept> },
    onChange: (contents: Contents) => void,
  ) {
    this.#database = database;
    this.#key = key;
    this.#contents = loaded.contents;
    this.#rows = loaded.rows;
    this.#onChange = onChange;
  }

  /** Read every record that lies in `database` under the vault's `key`; private keys stay there until one is used. */
  static async open(
    database: Database,
    key: CryptoKey,
    deviceName: string,
    onChange: (contents: Contents) => void,
  ): Promise<Vault> {
    const records = await database.getAll("records");
    const read = await Promise.all(records.map(async (row) => ({ row, entry: await readRow(key, row) })));
    const contents = fromEntries(
      read.map(({ entry }) => entry),
      emptyContents(deviceName),
    );
    const rows = new Map(read.map(({ row, entry }) => [keyOf(entry), { rowId: row.id, value: entry.value }]));
    return new Vault(database, key, { contents, rows }, onChange);
  }

  get contents(): Contents {
    return this.#contents;
  }

  get isOpen(): boolean {
    return this.#key !== undefined;
  }

  close(): void {
    this.#key = undefined;
    this.#rows.clear();
    this.#newKeys.clear();
    this.#contents = emptyContents("");
  }

  /** Apply `change` to the contents as they are when its turn comes, and write what differs in one transaction. */
  change(change: Change): Promise<void> {
    const turn = this.#writing.then(() => this.#apply(change));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  /** Make a key pair. It is kept once the contents name it. */
  async newKey(): Promise<StoredKey> {
    const keyId = newId();
    const { publicJwk, wrapped } = await newWrappedKey(this.#openKey(), placeOfKey(keyId));
    const { x = "", y = "" } = publicJwk;
    this.#newKeys.set(keyId, wrapped);
    return { keyId, jwk: { kty: "EC", crv: "P-256", x, y } };
  }

  signer({ keyId, jwk }: { readonly keyId: string; readonly jwk: EcPublicJwk }): Signer {
    return {
      jwk,
      sign: async (data) => {
        const wrapped = this.#newKeys.get(keyId) ?? (await this.#database.get("keys", keyId));
        if (wrapped === undefined) throw new WalletError("gone", "expected a key that this wallet still holds");
        return signWrapped(this.#openKey(), placeOfKey(keyId), wrapped, data);
      },
    };
  }

  async #apply(change: Change): Promise<void> {
    const key = this.#openKey();
    const next = change(this.#contents);
    if (next === this.#contents) return;
    const entries = new Map(toEntries(next).map((entry) => [keyOf(entry), entry]));
    const changed = [...entries].filter(([name, entry]) => this.#rows.get(name)?.value !== entry.value);
    const gone = [...this.#rows].filter(([name]) => !entries.has(name));
    const named = keyIdsOf(next);
    const newKeys = [...this.#newKeys].filter(([id]) => named.has(id));
    const goneKeys = [...keyIdsOf(this.#contents)].filter((id) => !named.has(id));
    const records = await Promise.all(
      changed.map(([name, entry]) => sealRow(key, this.#rows.get(name)?.rowId ?? newId(), entry)),
    );
    await this.#write({
      records,
      keys: newKeys.map(([id, wrapped]) => ({ id, ...wrapped })),
      goneRecords: gone.map(([, { rowId }]) => rowId),
      goneKeys,
    });
    if (!this.isOpen) return; // locked meanwhile: it is stored, and nothing of it stays here
    for (const [name] of gone) this.#rows.delete(name);
    changed.forEach(([name, entry], index) => {
      this.#rows.set(name, { rowId: records[index]?.id ?? "", value: entry.value });
    });
    for (const [id] of newKeys) this.#newKeys.delete(id);
    this.#contents = next;
    this.#onChange(next);
  }

  async #write(batch: Parameters<typeof write>[1]): Promise<void> {
    try {
      await write(this.#database, batch);
    } catch (cause) {
      const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
      throw new WalletError(isFull ? "storage_full" : "ours", "expected room to store this", { cause });
    }
  }

  #openKey(): CryptoKey {
    if (this.#key === undefined) throw new WalletError("locked", "expected an open vault");
    return this.#key;
  }
}

export function newId(): string {
  return b64urlEncode(randomBytes(ID_BYTES));
}

async function readRow(key: CryptoKey, row: SealedRow): Promise<Entry> {
  return decodeEntry(fromUtf8(await open(key, placeOfRecord(row.id), row)));
}

async function sealRow(key: CryptoKey, id: string, entry: Entry): Promise<SealedRow> {
  return { id, ...(await seal(key, placeOfRecord(id), utf8(encodeEntry(entry)))) };
}

function keyIdsOf({ pairings, creds }: Contents): ReadonlySet<string> {
  const ofCreds = creds.flatMap(({ instances }) => instances.flatMap(({ key }) => key ?? []));
  const ofPairings = pairings.flatMap(({ deviceKey, deferred }) => [deviceKey, ...deferred.flatMap(({ keys }) => keys)]);
  return new Set([...ofPairings, ...ofCreds].map(({ keyId }) => keyId));
}

function placeOfRecord(id: string): string {
  return `record:${id}`;
}

function placeOfKey(id: string): string {
  return `key:${id}`;
}
