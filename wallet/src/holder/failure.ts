/** Failures of checks and of the other side, as the errors that the screens show. */

import {
  CheckFailed,
  NoAnswer,
  PeerRefusal,
  RequestRefused,
  type Side,
  WalletError,
  asWalletError,
} from "../core/errors";

// What nobody may wave through: a signature, a chain, a time, a key.
const UNTRUSTED: readonly string[] = [
  "untrusted",
  "trust_error",
  "no_chain",
  "wrong_purpose",
  "jose_error",
  "wrong_typ",
  "expired",
  "not_yet_valid",
  "issued_in_future",
  "too_old",
  "key_error",
  "wrong_issuer",
  "wrong_key",
  "wrong_type",
  "has_kb_jwt",
];

/** Return `error` as an issuer's fault, as far as it is one. */
export function issuerError(error: unknown): WalletError {
  return peerError(error, "issuer");
}

/** Return `error` as a requester's fault, as far as it is one. */
export function requesterError(error: unknown): WalletError {
  if (error instanceof RequestRefused) {
    const inner = error.cause;
    const isUntrusted = error.answerTo === undefined && inner instanceof CheckFailed && UNTRUSTED.includes(inner.code);
    const details = { side: "requester", wireCode: error.code, cause: error } as const;
    if (inner instanceof CheckFailed && inner.code === "expired") {
      return new WalletError("request_gone", error.message, details);
    }
    return new WalletError(isUntrusted ? "untrusted" : "request_wrong", error.message, details);
  }
  if (error instanceof PeerRefusal) {
    const { description, reference } = error.said;
    const details = { description, reference, wireCode: error.code, cause: error };
    return new WalletError("request_gone", error.message, details);
  }
  return peerError(error, "requester");
}

function peerError(error: unknown, side: Side): WalletError {
  if (error instanceof WalletError || !(error instanceof CheckFailed)) return asWalletError(error);
  const details = { cause: error, side };
  if (error instanceof NoAnswer) {
    if (error.code === "offline") return new WalletError("offline", error.message, { cause: error });
    const isConnection = error.code === "no_answer";
    return new WalletError("no_answer", error.message, { cause: error, side: isConnection ? "connection" : side });
  }
  if (error instanceof PeerRefusal) {
    const { description, reference } = error.said;
    return new WalletError("refused", error.message, { ...details, description, reference, wireCode: error.code });
  }
  if (error.code === "locked") return new WalletError("locked", error.message, { cause: error });
  if (error.code === "url_error") return new WalletError("not_allowed", error.message, details);
  if (UNTRUSTED.includes(error.code)) return new WalletError("untrusted", error.message, details);
  return new WalletError("wrong_answer", error.message, details);
}
