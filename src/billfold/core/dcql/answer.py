"""The shape of an answer: which credential queries were answered, and whether that is enough.

Source: OpenID4VP 1.0 sections 6.4.2, 8.1 and 8.6. What is inside the presentations is judged elsewhere.
"""

from collections.abc import Collection, Mapping

from billfold.core.dcql.query import DcqlQuery
from billfold.errors import RequestRefused


def check_answer(query: DcqlQuery, counts: Mapping[str, int]) -> None:
    """Check an answer with *counts* presentations by credential query id.

    Raises:
        RequestRefused: `invalid_request`: an unknown id, one that no set names, no presentation under an id, more
            than one without `multiple`, or a required set without an answer.
    """
    multiple = {entry.id: entry.multiple for entry in query.credentials}
    named = {name for entry in query.sets() for option in entry.options for name in option}
    for query_id, count in counts.items():
        if query_id not in named:
            raise RequestRefused("invalid_request", "expected presentations for queries of this request only")
        if count < 1:
            raise RequestRefused("invalid_request", f"expected a presentation for {query_id}")
        if count > 1 and not multiple[query_id]:
            raise RequestRefused("invalid_request", f"expected one presentation for {query_id}, got {count}")
    missing = unanswered(query, counts.keys())
    if missing is not None:
        raise RequestRefused("invalid_request", f"expected presentations for {' and '.join(missing)}")


def unanswered(query: DcqlQuery, answered: Collection[str]) -> tuple[str, ...] | None:
    """Return the first option of the first required set that *answered* leaves open, or None where all are met."""
    for entry in query.sets():
        if entry.required and not any(set(option) <= set(answered) for option in entry.options):
            return entry.options[0]
    return None
