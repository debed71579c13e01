/** Rows of the table of bad inputs that a token of the shared vectors shows, by the vectors' own ids. */

const ROWS: Readonly<Record<string, string>> = {
  // tests/vectors/sd-jwt/verifier_cases.json
  "alg-none": "sdjwt-none",
  "issuer-signature": "sdjwt-signature",
  "hs256-public-key": "sdjwt-alg-swap",
  "sd-alg-md5": "sdjwt-sd-alg-unknown",
  "disclosure-not-json": "sdjwt-disclosure-not-b64",
  "disclosure-not-array": "sdjwt-disclosure-not-array",
  "disclosure-two-elements": "sdjwt-disclosure-length",
  "array-three-elements": "sdjwt-array-disclosure-length",
  "disclosure-name-sd": "sdjwt-name-sd",
  "disclosure-name-dots": "sdjwt-name-dots",
  "disclosure-name-exists": "sdjwt-name-exists",
  "digest-twice": "sdjwt-digest-twice",
  "digest-twice-in-disclosure": "sdjwt-digest-twice-nested",
  "unreferenced-disclosure": "sdjwt-unreferenced",
  "disclosure-repeated": "sdjwt-disclosure-twice",
  "child-without-parent": "sdjwt-orphan-recursive",
  "array-extra-member": "sdjwt-ellipsis-extra",
  "sd-not-array": "sdjwt-sd-not-array",
  "disclosure-salt-number": "sdjwt-salt-number",
  expired: "sdjwt-expired",
  "not-yet": "sdjwt-nbf",
  "selective-exp": "sdjwt-exp-in-disclosure",
  "selective-vct": "sdjwt-vct-in-disclosure",
  "typ-jwt": "sdjwt-typ",
  "no-vct": "sdjwt-no-vct",
  "kb-cnf-private": "sdjwt-cnf-private",
  "good-minimal-cnf": "sdjwt-cnf-minimal",
};

const STATUS_ROWS: Readonly<Record<string, string>> = {
  // tests/vectors/status-list/verifier_cases.json
  typ: "sl-typ",
  "content-type": "sl-content-type",
  signature: "sl-signature",
  none: "sl-none",
  untrusted: "sl-untrusted",
  "no-x5c": "sl-no-x5c-haip",
  "root-in-x5c": "sl-no-x5c-haip-root",
  sub: "sl-sub",
  "no-iat": "sl-no-iat",
  expired: "sl-expired",
  "out-of-range": "sl-index-out",
  negative: "sl-index-negative",
  invalid: "sl-invalid",
  suspended: "sl-suspended",
  application: "sl-application",
  gzip: "sl-lst-gzip",
  bomb: "sl-bomb",
};

/** Return `cases`, each with the row that it shows in front of its id. */
export function withRows<T extends { readonly id: string }>(cases: readonly T[], of: "sd-jwt" | "status-list") {
  const rows = of === "sd-jwt" ? ROWS : STATUS_ROWS;
  return cases.map((each) => ({ ...each, row: rows[each.id] ?? each.id }));
}
