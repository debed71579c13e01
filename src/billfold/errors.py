"""The one exception tree.

::

    BillfoldError
    ├── RequestRefused       the peer's request is refused; `code` goes on the wire
    │   └── AnswerableRefusal    the requester is authenticated, so the refusal may be sent to its `response_uri`
    ├── CredentialError      a signed thing fails a check
    │   ├── EncodingError        base64url, JSON or another encoding is not strict
    │   ├── KeyMaterialError     a JWK or certificate key is unusable
    │   ├── JoseError            a JWS or JWE is malformed, refused or does not verify
    │   ├── TrustError           a certificate chain does not lead to a fitting anchor
    │   ├── SdJwtError           an SD-JWT (VC) fails RFC 9901 or the SD-JWT VC draft
    │   ├── KeyBindingError      a KB-JWT does not prove possession for this request
    │   ├── StatusListError      a status list (token) is malformed, untrusted or stale
    │   │   └── StatusIndexError     there is no such entry
    │   ├── ClaimPathError       a claims path pointer is malformed or selects nothing
    │   ├── QueryMismatch        a credential does not answer a credential query
    │   ├── ResponseError        an answer of the other side is unusable
    │   ├── PushError            a push message, subscription or sender's token is unusable
    │   └── MetadataError        metadata of the other side is unusable
    ├── StateError           our caller asked for a move that this state does not allow
    ├── TransportError       the other side could not be reached; trying again may help
    └── ConfigurationError   found at the start; the operator must change something

`code` is stable and for programs. The text says "expected X, got Y", without a full stop, a claim value or
a secret, so it may be logged and shown. Only `apps` turns an error into an HTTP answer.
"""

from typing import ClassVar


class BillfoldError(Exception):
    """Base of every error that Billfold raises on purpose."""

    code: str = "billfold_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class RequestRefused(BillfoldError):
    r"""The peer sent something that the standard tells us to refuse.

    Args:
        code: the standard's own error code, sent as `error`.
        message: sent as `error_description`; says what to do (RFC 6749 5.2: printable ASCII without `"` and `\`).
        status: the HTTP status that the standard asks for.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message, code=code)
        self.status = status


class AnswerableRefusal(RequestRefused):
    """A presentation request is refused after its sender was authenticated.

    Args:
        code: as in `RequestRefused`.
        message: for our own screen and log; never sent (OpenID4VP 15.9).
        response_uri: where the refusal may be sent.
        state: sent along, where the request had one.
    """

    def __init__(self, code: str, message: str, *, response_uri: str, state: str | None) -> None:
        super().__init__(code, message)
        self.response_uri = response_uri
        self.state = state


class CredentialError(BillfoldError):
    """A signed thing, or something it leans on, fails a check."""

    code = "credential_error"


class EncodingError(CredentialError, ValueError):
    """Bytes or text are not in the strict form that the standard asks for."""

    code = "encoding_error"


class KeyMaterialError(CredentialError):
    """A key cannot be used: unknown kind, off its curve, private where public is asked."""

    code = "key_error"


class JoseError(CredentialError):
    """A JWS or JWE is malformed, uses what is not allowed, or does not verify."""

    code = "jose_error"


class TrustError(CredentialError):
    """A certificate chain does not lead to an anchor that fits this use."""

    code = "trust_error"


class SdJwtError(CredentialError):
    """An SD-JWT or SD-JWT VC breaks a rule of its standard."""

    code = "sd_jwt_error"


class KeyBindingError(CredentialError):
    """A KB-JWT does not prove possession for this audience and nonce."""

    code = "key_binding_error"


class StatusListError(CredentialError):
    """A status list or its token is malformed, untrusted or out of date."""

    code = "status_list_error"


class StatusIndexError(StatusListError):
    """The list has no such entry, so nothing can be said of the credential."""

    code = "status_index_error"


class ClaimPathError(CredentialError):
    """A claims path pointer is malformed, does not fit the document, or selects nothing."""

    code = "claim_path_error"


class QueryMismatch(CredentialError):
    """A credential does not answer a credential query; `code` says which rule it misses."""

    code = "query_mismatch"


class ResponseError(CredentialError):
    """An answer of the other side breaks its standard; asking again would not mend it."""

    code = "response_error"


class PushError(CredentialError):
    """A push message, a subscription, or the token of who sends is unusable."""

    code = "push_error"


class MetadataError(CredentialError):
    """Metadata or an offer of the other side is unusable."""

    code = "metadata_error"


class StateError(BillfoldError):
    """Our caller asked for a move that the present state does not allow."""

    code = "state_error"


class TransportError(BillfoldError):
    """The other side did not answer, or not in a usable way; trying again may help."""

    code = "transport_error"
    retry: ClassVar[bool] = True


class ConfigurationError(BillfoldError):
    """The installation cannot start or go on as it is set up."""

    code = "configuration_error"
