/** Views: records as the screens show them, in the person's language. Source: Billfold's own contract, `wallet.ts`. */

import { sha256 } from "../core/encoding";
import { type CredentialConfiguration, inLanguage } from "../core/openid4vci/configuration";
import type { IssuerMetadata } from "../core/openid4vci/metadata";
import { shown } from "../core/shape";
import { type Contents, credsOf, inStackOrder, isNew, pairingOf, stateAt, steadyNow } from "../core/state/contents";
import type { StoredCred, StoredPairing, StoredShare } from "../core/state/records";
import type { Certificate } from "../core/trust/certificate";
import type { CertificateView, Cred, HistoryEntry, Issuer, Language, PendingCred, Support } from "../wallet";
import { fieldsOf } from "./fields";
import { lookOf } from "./look";

/** Everything that the screens show of `contents`. */
export function viewOf(contents: Contents, language: Language, now: number) {
  return {
    creds: inStackOrder(contents, now, steadyNow(contents, now)).map((cred) => credView(cred, contents, language, now)),
    pending: contents.pairings.flatMap(pendingOf),
    issuers: contents.pairings.map((pairing) => issuerView(pairing, contents)),
    history: contents.history.toReversed().map(historyView),
    notices: contents.notices.map((notice) => ({ ...notice, at: new Date(notice.at) })),
    syncedAt: dateOf(contents.settings.syncedAt),
  };
}

type Unchanging = Pick<Cred, "typeName" | "description" | "places" | "look" | "fields">;

/** What a record says in one language is worked out once: the screens are told of every change, however small. */
const KNOWN = new WeakMap<StoredCred, Map<Language, Unchanging>>();

function unchanging(cred: StoredCred, language: Language): Unchanging {
  const known = KNOWN.get(cred) ?? new Map<Language, Unchanging>();
  KNOWN.set(cred, known);
  const own = inLanguage(cred.configuration.display, language);
  const found = known.get(language) ?? {
    typeName: typeName(cred.configuration, cred.configurationId, language),
    description: shown(own?.purpose ?? own?.description) ?? null,
    places: shown(own?.places) ?? null,
    look: lookOf(cred.configuration, language),
    fields: fieldsOf(cred, language),
  };
  known.set(language, found);
  return found;
}

export function credView(cred: StoredCred, contents: Contents, language: Language, now: number): Cred {
  const pairing = pairingOf(contents, cred.issuer);
  return {
    id: cred.id,
    issuer: cred.issuer,
    issuerName: pairing?.issuerName ?? cred.issuer,
    ...unchanging(cred, language),
    state: stateAt(cred, now),
    isNew: isNew(cred, steadyNow(contents, now)),
    receivedAt: new Date(cred.receivedAt),
    expiresAt: dateOf(cred.expiresAt),
    checkedAt: dateOf(cred.checkedAt),
    canUpdate: pairing?.state === "active",
    lastSharedAt: dateOf(cred.lastSharedAt),
  };
}

export function issuerView(pairing: StoredPairing, contents: Contents): Issuer {
  const { issuer, issuerName, proven, deviceName, logo, support, tryIt, notifications } = pairing;
  return {
    identifier: issuer,
    name: issuerName,
    proven,
    logo,
    pairedAt: new Date(pairing.pairedAt),
    deviceName,
    notifications,
    canUpdate: pairing.state === "active",
    checkedAt: dateOf(pairing.checkedAt),
    support,
    tryIt,
    credCount: credsOf(contents, issuer).length,
  };
}

function pendingOf({ issuer, issuerName, deferred }: StoredPairing): readonly PendingCred[] {
  return deferred.map(({ typeName }) => ({ issuer, issuerName, typeName }));
}

function historyView(share: StoredShare): HistoryEntry {
  return { ...share, at: new Date(share.at) };
}

export function typeName({ display }: CredentialConfiguration, id: string, language: Language): string {
  return shown(inLanguage(display, language)?.name) ?? id;
}

/** Return where the person gets help, where the issuer says so. */
export function supportOf({ pairing }: IssuerMetadata): Support | undefined {
  return pairing && { email: pairing.email ?? null, phone: pairing.phone ?? null, url: pairing.url ?? null };
}

export async function certificateView(certificate: Certificate): Promise<CertificateView> {
  const digest = await sha256(certificate.der);
  return {
    subject: shown(certificate.subjectName) ?? "",
    issuer: shown(certificate.issuerName) ?? "",
    notBefore: new Date(certificate.notBefore),
    notAfter: new Date(certificate.notAfter),
    fingerprint: [...digest]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase(),
  };
}

function dateOf(instant: number | null): Date | null {
  return instant === null ? null : new Date(instant);
}
