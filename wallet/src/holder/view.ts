/**
 * Views: records as the screens show them, in the person's language, with colours and pictures checked.
 *
 * Source: OpenID4VCI 1.0 appendix B (names and order of claims); WCAG 2.2, 1.4.3 (contrast); design, Pictures.
 */

import { type ClaimPath, fieldName, select } from "../core/dcql/path";
import { type Json, sha256 } from "../core/encoding";
import { type CredentialConfiguration, inLanguage } from "../core/openid4vci/configuration";
import type { IssuerMetadata } from "../core/openid4vci/metadata";
import { shown } from "../core/shape";
import { type Contents, credsOf, inStackOrder, isNew, pairingOf, stateAt, steadyNow } from "../core/state/contents";
import type { StoredCred, StoredPairing, StoredShare } from "../core/state/records";
import type { Certificate } from "../core/trust/certificate";
import type { CertificateView, Cred, Field, HistoryEntry, Issuer, Language, Look, Support } from "../wallet";

// What makes the Cred work, not what it says of the person.
const TECHNICAL: readonly string[] = ["iss", "iat", "nbf", "exp", "vct", "vct#integrity", "aka_vcts", "cnf", "status"];
const PLAIN_LOOK = { background: "#33404a", ink: "#ffffff" };
const MIN_CONTRAST = 4.5;
const PICTURE = /^data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/]+=*$/;
const MAX_PICTURE_CHARACTERS = 24 + (48 * 1024 * 4) / 3;

/** Everything that the screens show of `contents`. */
export function viewOf(contents: Contents, language: Language, now: number) {
  return {
    creds: inStackOrder(contents, now, steadyNow(contents, now)).map((cred) => credView(cred, contents, language, now)),
    issuers: contents.pairings.map((pairing) => issuerView(pairing, contents)),
    history: contents.history.toReversed().map(historyView),
    notices: contents.notices.map((notice) => ({ ...notice, at: new Date(notice.at) })),
    syncedAt: dateOf(contents.settings.syncedAt),
  };
}

export function credView(cred: StoredCred, contents: Contents, language: Language, now: number): Cred {
  const pairing = pairingOf(contents, cred.issuer);
  return {
    id: cred.id,
    issuer: cred.issuer,
    issuerName: pairing?.issuerName ?? cred.issuer,
    typeName: typeName(cred.configuration, cred.configurationId, language),
    description: shown(inLanguage(cred.configuration.display, language)?.description) ?? null,
    look: lookOf(cred.configuration, language),
    fields: fieldsOf(cred, language),
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
  const { issuer, issuerName, proven, deviceName, logo, support, tryIt } = pairing;
  return {
    identifier: issuer,
    name: issuerName,
    proven,
    logo,
    pairedAt: new Date(pairing.pairedAt),
    deviceName,
    canUpdate: pairing.state === "active",
    checkedAt: dateOf(pairing.checkedAt),
    support,
    tryIt,
    credCount: credsOf(contents, issuer).length,
  };
}

function historyView(share: StoredShare): HistoryEntry {
  return { ...share, at: new Date(share.at) };
}

export function typeName({ display }: CredentialConfiguration, id: string, language: Language): string {
  return shown(inLanguage(display, language)?.name) ?? id;
}

/** Return the fields in the order of the issuer's descriptions, then those that it does not describe. */
export function fieldsOf({ claims, configuration }: StoredCred, language: Language): readonly Field[] {
  const described = configuration.claims.flatMap(({ path }) => {
    const places = select(claims, path);
    const [first] = places;
    if (first === undefined) return [];
    const value = path.includes(null) ? places.map((place) => place.value) : first.value;
    return [fieldView(path, value, configuration, language)];
  });
  const known = new Set([...TECHNICAL, ...configuration.claims.map(({ path }) => path[0])]);
  const rest = Object.entries(claims)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => fieldView([name], value, configuration, language));
  return [...described, ...rest];
}

export function fieldView(
  path: ClaimPath,
  value: Json,
  configuration: CredentialConfiguration,
  language: Language,
): Field {
  return {
    name: fieldName(path),
    label: labelOf(path, configuration, language),
    value,
    isPicture: pictureOf(value) !== null,
  };
}

/** Return what people call the claim at `path`; an index of an array counts as any. */
export function labelOf(path: ClaimPath, { claims }: CredentialConfiguration, language: Language): string {
  const isSame = (other: ClaimPath, exactly: boolean) =>
    other.length === path.length &&
    other.every((part, at) => part === path[at] || (!exactly && part === null && typeof path[at] === "number"));
  const found = claims.find((claim) => isSame(claim.path, true)) ?? claims.find((claim) => isSame(claim.path, false));
  return shown(found && inLanguage(found.display, language)?.name) ?? fieldName(path);
}

/** Return a picture that may be shown: a data URI of JPEG or PNG, not too large; else nothing. */
export function pictureOf(value: Json | undefined): string | null {
  const isPicture = typeof value === "string" && value.length <= MAX_PICTURE_CHARACTERS && PICTURE.test(value);
  return isPicture ? value : null;
}

/** Return a look that can be read: an ink of too little contrast gives way to black or white. */
export function lookOf({ display }: CredentialConfiguration, language: Language): Look {
  const own = inLanguage(display, language);
  const background = colour(own?.background);
  const logo = pictureOf(own?.logo);
  if (background === undefined) return { ...PLAIN_LOOK, logo };
  const ink = colour(own?.ink);
  if (ink !== undefined && contrast(background, ink) >= MIN_CONTRAST) return { background, ink, logo };
  const better = contrast(background, "#000000") > contrast(background, "#ffffff") ? "#000000" : "#ffffff";
  return { background, ink: better, logo };
}

function colour(value: string | undefined): string | undefined {
  const [, short] = /^#([0-9a-f]{3})$/i.exec(value ?? "") ?? [];
  const full = short === undefined ? value : `#${[...short].map((digit) => digit + digit).join("")}`;
  return full !== undefined && /^#[0-9a-f]{6}$/i.test(full) ? full.toLowerCase() : undefined;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
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
