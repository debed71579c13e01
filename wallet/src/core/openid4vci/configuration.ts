/**
 * One Cred type on offer: its format, how keys are proven, how it looks and what its fields are called.
 *
 * Source: OpenID4VCI 1.0 section 12.2.4, appendices A.3.2 (format) and B (claims).
 * A fault in what only the screen needs costs the look, not the Cred type (B.3).
 */

import { isObject, type Json, type JsonObject, member } from "../encoding";
import { CheckFailed } from "../errors";
import { flag, objects, optionalObject, optionalText, optionalTexts, text, texts } from "../shape";
import { type ClaimPath, checkPath } from "../dcql/path";

export const FORMAT_SD_JWT_VC = "dc+sd-jwt";
const FORMAT_MDOC = "mso_mdoc"; // described, so that an offer may name it; not received yet
const FORMATS = [FORMAT_SD_JWT_VC, FORMAT_MDOC];

export interface TypeDisplay {
  readonly name: string;
  readonly locale: string | undefined;
  readonly description: string | undefined;
  /** What it is for, and where it can be used, in the issuer's words. */
  readonly purpose?: string | undefined;
  readonly places?: string | undefined;
  readonly background: string | undefined;
  readonly ink: string | undefined;
  readonly logo: string | undefined;
  /** The card's picture. */
  readonly art: string | undefined;
}

export interface Named {
  readonly name: string | undefined;
  readonly locale: string | undefined;
}

/** One field; the order of descriptions is the order shown (B.2). */
export interface ClaimDescription {
  readonly path: ClaimPath;
  readonly mandatory: boolean;
  readonly display: readonly Named[];
}

export interface CredentialConfiguration {
  readonly format: string;
  readonly vct: string | undefined;
  /** Whether its Creds are bound to a key. */
  readonly bound: boolean;
  /** Algorithms for key proofs of type `jwt`; empty where that type is not taken. */
  readonly proofAlgorithms: readonly string[];
  readonly needsAttestation: boolean;
  readonly display: readonly TypeDisplay[];
  readonly claims: readonly ClaimDescription[];
}

/** Read one entry of `credential_configurations_supported`. @throws CheckFailed: this type cannot be used. */
export function readConfiguration(entry: Json): CredentialConfiguration {
  if (!isObject(entry)) throw new CheckFailed("expected a Cred type as an object");
  const format = text(entry, "format");
  if (!FORMATS.includes(format)) throw new CheckFailed(`expected format ${FORMATS.join(" or ")}`);
  const vct = optionalText(entry, "vct");
  if (format === FORMAT_SD_JWT_VC && vct === undefined) throw new CheckFailed("expected vct beside dc+sd-jwt");
  if (format === FORMAT_MDOC) text(entry, "doctype");
  const bound = optionalTexts(entry, "cryptographic_binding_methods_supported").length > 0;
  const proofTypes = optionalObject(entry, "proof_types_supported");
  if (bound !== Object.keys(proofTypes ?? {}).length > 0) {
    throw new CheckFailed("expected cryptographic_binding_methods_supported and proof_types_supported, or neither");
  }
  const jwt = proofTypes && optionalObject(proofTypes, "jwt");
  return {
    format,
    vct,
    bound,
    proofAlgorithms: jwt ? texts(jwt, "proof_signing_alg_values_supported") : [],
    needsAttestation: jwt !== undefined && optionalObject(jwt, "key_attestations_required") !== undefined,
    ...readLook(member(entry, "credential_metadata")),
  };
}

type LookPart = Pick<CredentialConfiguration, "display" | "claims">;

function readLook(value: Json | undefined): LookPart {
  if (!isObject(value)) return { display: [], claims: [] };
  const display = attempt(() => onePerLocale(objects(value, "display").map(readDisplay))) ?? [];
  const claims = attempt(() => {
    const found = objects(value, "claims").map(readClaim);
    checkClaimDescriptions(found);
    return found;
  });
  return { display, claims: claims ?? [] };
}

function readDisplay(entry: JsonObject): TypeDisplay {
  const logo = optionalObject(entry, "logo");
  const art = optionalObject(entry, "background_image");
  return {
    name: text(entry, "name"),
    locale: optionalText(entry, "locale"),
    description: optionalText(entry, "description"),
    purpose: optionalText(entry, "billfold_purpose"),
    places: optionalText(entry, "billfold_places"),
    background: optionalText(entry, "background_color"),
    ink: optionalText(entry, "text_color"),
    logo: logo && optionalText(logo, "uri"),
    art: art && optionalText(art, "uri"),
  };
}

function readClaim(entry: JsonObject): ClaimDescription {
  return {
    path: checkPath(member(entry, "path")),
    mandatory: flag(entry, "mandatory", false),
    display: onePerLocale(objects(entry, "display").map(readNamed)),
  };
}

export function readNamed(entry: JsonObject): Named {
  return { name: optionalText(entry, "name"), locale: optionalText(entry, "locale") };
}

/**
 * Check that the paths are well formed and do not contradict each other (B.3).
 *
 * @throws CheckFailed: a path that starts with no name or comes twice, or a place that is array and object.
 */
export function checkClaimDescriptions(claims: readonly ClaimDescription[]): void {
  const seen = new Set<string>();
  const kinds = new Map<string, string>();
  for (const { path } of claims) {
    const key = JSON.stringify(path);
    if (typeof path[0] !== "string" || seen.has(key)) {
      throw new CheckFailed("expected each claim path once, starting with a name");
    }
    seen.add(key);
    for (const [depth, component] of path.entries()) {
      const parent = JSON.stringify(path.slice(0, depth));
      const kind = component === null ? "null" : typeof component;
      if ((kinds.get(parent) ?? kind) !== kind) {
        throw new CheckFailed("expected each place in the claims as one kind of container");
      }
      kinds.set(parent, kind);
    }
  }
}

/** Return the first display object of each locale. */
export function onePerLocale<T extends { readonly locale: string | undefined }>(displays: readonly T[]): readonly T[] {
  return displays.filter(({ locale }, index) => displays.findIndex((other) => other.locale === locale) === index);
}

/** Return the one of `displays` in `language`, else the English one, else the one without a locale, else the first. */
export function inLanguage<T extends { readonly locale: string | undefined }>(
  displays: readonly T[],
  language: string,
): T | undefined {
  const speaks = (tag: string) => displays.find(({ locale }) => locale?.toLowerCase().split("-")[0] === tag);
  return speaks(language) ?? speaks("en") ?? displays.find(({ locale }) => locale === undefined) ?? displays[0];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CheckFailed) return undefined;
    throw error;
  }
}
