// @vitest-environment node
import { expect, it } from "vitest";

import {
  all,
  type Contents,
  emptyContents,
  fromEntries,
  inStackOrder,
  isNew,
  endsSoon,
  isRunningLow,
  nextInstance,
  NEW_FOR_MS,
  stateAt,
  steadyNow,
  toEntries,
  withCred,
  withNotice,
  withoutCred,
  withoutIssuer,
  withPairing,
  withShare,
  withShown,
} from "../../src/core/state/contents";
import {
  decodeEntry,
  type Entry,
  encodeEntry,
  type StoredCred,
  type StoredPairing,
  type StoredShare,
  VERSION,
} from "../../src/core/state/records";

const EMPTY = emptyContents("test");
const SUPPORT = { email: null, phone: null, url: null };
const PAIRING = { issuer: "https://i.example", unwanted: [], pairedAt: 1 } as unknown as StoredPairing;
const CRED = {
  id: "a",
  issuer: "https://i.example",
  configurationId: "badge",
  identifier: "e1",
  revision: 3,
  state: "active",
  receivedAt: 1000,
  firstOpenedAt: null,
  expiresAt: null,
  lastSharedAt: null,
} as unknown as StoredCred;
const cred = (changes: Partial<StoredCred>): StoredCred => ({ ...CRED, ...changes });
const FULL: Contents = all(
  withPairing(PAIRING),
  withCred(CRED),
  withShare({ id: "s", at: 5 } as unknown as StoredShare),
  withNotice({ id: "n", kind: "ended", at: 6, issuer: "x", issuerName: "X", credNames: [], support: SUPPORT }),
)(EMPTY);

it("brings everything back from its entries", () => {
  const entries = toEntries(FULL).map((entry) => decodeEntry(encodeEntry(entry)));
  expect(fromEntries(entries, EMPTY)).toEqual(FULL);
});

it("brings an older record up, step by step", () => {
  const text = JSON.stringify({ version: 1, kind: "cred", value: { id: "a" } });
  const steps = [
    (_: string, value: object) => ({ ...value, second: true }),
    (kind: string, value: object) => ({ ...value, third: kind }),
  ];
  const migrated = decodeEntry(text, steps as never, 3) as unknown as { value: object };
  expect(migrated.value).toEqual({ id: "a", second: true, third: "cred" });
});

it("brings records of version 1 up: a Cred with one copy, used where it was shared", () => {
  const read = (kind: string, value: object) => decodeEntry(JSON.stringify({ version: 1, kind, value })).value;
  const key = { keyId: "k", jwk: {} };

  expect(read("cred", { id: "a", sdJwt: "x~", key, receivedAt: 5, lastSharedAt: 7 })).toEqual({
    id: "a",
    receivedAt: 5,
    lastSharedAt: 7,
    filledAt: 5,
    instances: [{ sdJwt: "x~", key, used: true }],
  });
  expect(read("pairing", { issuer: "i" })).toEqual({ issuer: "i", notifications: true, deferred: [] });
  expect(read("share", { id: "s", shared: [{ credId: "a" }] })).toMatchObject({ about: ["a"] });
});

const DAY_MS = 24 * 3600_000;
const instances = (...used: boolean[]) => used.map((each, at) => ({ sdJwt: String(at), key: null, used: each }));

it("shows each copy once, and the last one again when none is left", () => {
  const shownOf = (...used: boolean[]) => nextInstance(cred({ instances: instances(...used) })).sdJwt;
  expect([shownOf(false, false), shownOf(true, false), shownOf(true, true)]).toEqual(["0", "1", "1"]);
});

it("remembers which copy was shown, and when", () => {
  const held = withCred(cred({ instances: instances(false, false) }))(EMPTY);
  const [first] = withShown("a", instances(false)[0]!, 9)(held).creds;
  expect(first).toMatchObject({ lastSharedAt: 9, instances: [{ used: true }, { used: false }] });
});

it.each([
  ["all copies are there", { instances: instances(false, false, false, false) }, false],
  ["two were shown", { instances: instances(true, true, false, false) }, false],
  ["one is left", { instances: instances(true, true, true, false) }, true],
  ["the only one was shown", { instances: instances(true) }, true],
])("is refilled in time: %s", (_, changes, expected) => {
  expect(isRunningLow(cred(changes))).toBe(expected);
});

it.each([
  ["it has no end", { filledAt: -900 * DAY_MS, expiresAt: null }, false],
  ["the end is far", { filledAt: 0, expiresAt: 100 * DAY_MS }, false],
  ["the end is near", { filledAt: -900 * DAY_MS, expiresAt: 50 * DAY_MS }, true],
  ["it has ended", { filledAt: -900 * DAY_MS, expiresAt: -1 }, true],
  ["the end is near, and it came today", { filledAt: 0, expiresAt: 1 }, false],
])("is renewed before it ends: %s", (_, changes, expected) => {
  expect(endsSoon(cred(changes), 0)).toBe(expected);
});

it("refuses a record of a newer Billfold", () => {
  const text = JSON.stringify({ version: VERSION + 1, kind: "cred", value: {} });
  expect(() => decodeEntry(text)).toThrow(expect.objectContaining({ code: "newer_version" }));
});

it.each(["[]", "{}", '{"version":1,"kind":"cred"}'])("refuses what is no record: %s", (text) => {
  expect(() => decodeEntry(text)).toThrow("a record of the vault");
});

it("removes an issuer with its Creds, and keeps the history", () => {
  const left = withoutIssuer("https://i.example")(FULL);
  expect([left.pairings, left.creds, left.history.length]).toEqual([[], [], 1]);
});

it("remembers which Cred the person deleted", () => {
  const left = withoutCred("a")(FULL);
  expect(left.creds).toEqual([]);
  expect(left.pairings[0]?.unwanted).toEqual([{ configurationId: "badge", identifier: "e1", revision: 3 }]);
});

it("is New until it is opened, and for a day at most, whatever the clock does", () => {
  const at = (now: number, clockMark: number) =>
    steadyNow({ ...EMPTY, settings: { ...EMPTY.settings, clockMark } }, now);
  expect(isNew(CRED, at(1000, 0))).toBe(true);
  expect(isNew(CRED, at(1000 + NEW_FOR_MS, 0))).toBe(false);
  expect(isNew(CRED, at(1000, 1000 + NEW_FOR_MS))).toBe(false);
  expect(isNew(cred({ firstOpenedAt: 1001 }), at(1002, 0))).toBe(false);
});

it("calls an expired Cred expired, whatever its list said", () => {
  expect(stateAt(cred({ expiresAt: 5, state: "suspended" }), 5)).toBe("expired");
  expect(stateAt(cred({ expiresAt: 5, state: "suspended" }), 4)).toBe("suspended");
});

it("stacks expired, revoked, suspended, active by last use, and New at the front", () => {
  const opened = { firstOpenedAt: 2000 };
  const creds = [
    cred({ id: "new" }),
    cred({ id: "used", ...opened, lastSharedAt: 9000 }),
    cred({ id: "active", ...opened }),
    cred({ id: "suspended", ...opened, state: "suspended" }),
    cred({ id: "suspended since it came", state: "suspended", receivedAt: 1500 }),
    cred({ id: "revoked", ...opened, state: "revoked" }),
    cred({ id: "expired", ...opened, expiresAt: 1 }),
  ];
  const order = inStackOrder({ ...EMPTY, creds }, 10_000, 10_000).map(({ id }) => id);
  expect(order).toEqual(["expired", "revoked", "suspended", "suspended since it came", "active", "used", "new"]);
});

it("gives every entry a name of its own", () => {
  const entries: readonly Entry[] = toEntries(FULL);
  expect(entries.map(({ kind }) => kind)).toEqual(["pairing", "cred", "share", "notice", "settings"]);
});
