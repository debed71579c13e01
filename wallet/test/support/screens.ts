/** A wallet without an inside, for tests of single screens. */

import { App } from "../../src/ui/app.svelte";
import type { Cred, Field, Wallet, WalletState } from "../../src/wallet";

export const EMPTY: WalletState = {
  status: "unlocked",
  unlockKind: "prf",
  creds: [],
  pending: [],
  issuers: [],
  history: [],
  notices: [],
  settings: { language: "en", autoLockS: 120 },
  syncing: false,
  syncedAt: null,
};

/** Return what screens talk to; `methods` answer what the test needs. */
export function appWith(state: Partial<WalletState> = {}, methods: Partial<Wallet> = {}): App {
  return changingApp(state, methods).app;
}

/** Return what screens talk to, and `change` to what its state becomes. */
export function changingApp(state: Partial<WalletState> = {}, methods: Partial<Wallet> = {}) {
  let snapshot = { ...EMPTY, ...state };
  let publish: (value: WalletState) => void = () => undefined;
  const wallet = {
    state: {
      subscribe: (run: (value: WalletState) => void) => {
        publish = run;
        run(snapshot);
        return () => undefined;
      },
    },
    notifications: () => "default",
    sync: () => Promise.resolve([]),
    touch: () => undefined,
    ...methods,
  } as unknown as Wallet;
  const change = (now: Partial<WalletState>): void => publish((snapshot = { ...snapshot, ...now }));
  return { app: new App(wallet), change };
}

export function field(name: string, value: Field["value"], isPicture = false): Field {
  return { name, label: name, value, isPicture, parts: [] };
}

export function cred(changes: Partial<Cred> = {}): Cred {
  return {
    id: "1",
    issuer: "https://issuer.example",
    issuerName: "Northwind Robotics",
    typeName: "Employee badge",
    description: null,
    places: null,
    look: { background: "#2b3474", ink: "#ffffff", logo: null, art: null },
    fields: [field("name", "Amara Okafor"), field("employer", "Northwind Robotics"), field("team", "Motion control")],
    state: "active",
    isNew: false,
    receivedAt: new Date(0),
    expiresAt: null,
    checkedAt: null,
    canUpdate: true,
    lastSharedAt: null,
    ...changes,
  } as Cred;
}
