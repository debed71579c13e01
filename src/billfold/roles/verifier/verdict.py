"""Verdict: the one word that a desk reads at a glance, out of a request's state and the checks of its answer."""

from dataclasses import dataclass
from typing import Any, Literal

from billfold.adapters.store import states
from billfold.adapters.store.template_definition import TemplateField
from billfold.roles.parts import Parts
from billfold.roles.verifier.request import EXPIRED, ShownRequest
from billfold.roles.verifier.verification import Result, result_of

Word = Literal["waiting", "opened", "accepted", "refused", "unsure", "declined", "expired"]
_SAID_BY_THE_LIST = ("revoked", "suspended", "unknown_status")
PHOTO = "photo"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a desk shows.

    Attributes:
        why: the stable code of the check that failed, where one did.
        fields: what was shared and is still kept, by claim.
        is_kept: whether fields are still kept.
    """

    word: Word
    why: str | None
    checks: list[dict[str, Any]]
    fields: dict[str, Any]
    is_kept: bool
    asked: tuple[TemplateField, ...]
    type_name: dict[str, str]
    issuer_name: str

    @property
    def is_over(self) -> bool:
        """Whether the visitor has answered, or can no longer."""
        return self.word not in ("waiting", "opened")


def verdict_of(parts: Parts, shown: ShownRequest) -> Verdict:
    """Return the verdict on a request as it is now; fields only where it is accepted."""
    result = result_of(shown, parts, response_code=None)
    word, why = _word(shown, result)
    kept = [cred["fields"] for cred in (result.creds if result else []) if cred["fields"] is not None]
    fields = {claim: value for each in kept for claim, value in each.items()} if word == "accepted" else {}
    template = shown.record.template
    accepted = template.asks[0].accepted[0]
    return Verdict(
        word,
        why,
        result.checks if result else [],
        fields,
        bool(kept),
        tuple(field for ask in template.asks for field in ask.fields),
        accepted.name,
        accepted.issuer_name,
    )


def _word(shown: ShownRequest, result: Result | None) -> tuple[Word, str | None]:
    if result is None:
        words: dict[str, Word] = {
            states.WAITING: "waiting",
            states.OPENED: "opened",
            states.DECLINED: "declined",
            EXPIRED: "expired",
        }
        return words.get(shown.state, "expired"), None
    if result.accepted:
        return "accepted", None
    failed = next((check for check in result.checks if check["outcome"] == "failed"), None)
    if failed and failed["check"] == "status" and failed["reason"] not in _SAID_BY_THE_LIST:
        return "unsure", failed["reason"]
    return "refused", failed["reason"] if failed else None
