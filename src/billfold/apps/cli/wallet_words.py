"""The words and lines that a person reads at the command line. What others wrote is cleaned before it is shown."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import typer

from billfold.core.encoding import Json
from billfold.holder import (
    Declined,
    Field,
    HeldCred,
    NotReceived,
    PairingResult,
    PairingReview,
    Review,
    ReviewCard,
    ReviewCred,
    Shared,
    StoredShare,
    SyncedIssuer,
)

PROVEN, NOT_PROVEN = "Identity proven", "Identity not proven"
MAX_VALUE_CHARACTERS = 200
_STATES = {"active": "Active", "suspended": "Suspended", "revoked": "Revoked", "expired": "Expired"}
_OUTCOMES = {
    "accepted": "Shared",
    "not_accepted": "Shared, not accepted",
    "declined": "Declined",
    "unknown": "Shared, perhaps: no answer came",
}
_UNFIT = {
    "unusable": "it cannot be shared now",
    "missing_claim": "it lacks a field that is asked for",
    "not_bound": "it is bound to no device",
    "wrong_authority": "another issuer is asked for",
}


def clean(text: str) -> str:
    """Return *text* without characters that would steer a terminal, and of bounded length."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return shown if len(shown) <= MAX_VALUE_CHARACTERS else f"{shown[: MAX_VALUE_CHARACTERS - 1]}…"


def value(found: Json) -> str:
    """Return a field's value in one line."""
    if isinstance(found, str):
        return "(a picture)" if found.startswith("data:image/") else clean(found)
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list | tuple):
        return ", ".join(map(value, found))
    return clean(str(found))


def moment(instant: datetime) -> str:
    """Return *instant* in the zone of this computer, such as ``24 Nov 2026, 08:55``."""
    local = instant.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def span(duration: timedelta) -> str:
    """Return *duration* in its largest whole unit."""
    seconds = int(duration.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            return count(seconds // size, unit)
    return count(seconds, "second")


def count(number: int, noun: str) -> str:
    """Return *number* with *noun*, in the plural where that fits."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def party(name: str, address: str, *, proven: bool) -> list[str]:
    """Return who the other side is, and whether that is proven."""
    if proven:
        return [clean(name), f"  {PROVEN}", f"  {clean(address)}"]
    return [f"“{clean(name)}”", f"  {NOT_PROVEN}: this may not be {clean(name)}", f"  {clean(address)}"]


def pairing_review(review: PairingReview) -> str:
    """Return what pairing would mean."""
    lines = [*party(review.issuer_name, review.issuer, proven=review.proven), "", "You will get"]
    lines += [f"  {clean(offered.name)}{_dash(offered.description)}" for offered in review.offered]
    lines += ["", "What pairing means", "  They can add, update and withdraw their own Creds, later ones included."]
    lines.append("  They cannot see other Creds, or what you share. You can end it.")
    if not review.proven:
        lines += ["", "Go on only if you expected this code and the address is the one you know."]
    return "\n".join(lines)


def pin_hint(review: PairingReview) -> str:
    """Return what to say when asking for the PIN."""
    hint = review.tx_code.description if review.tx_code is not None else None
    return f"PIN ({clean(hint)})" if hint else "PIN"


def pairing_result(result: PairingResult) -> str:
    """Return what pairing brought."""
    total = len(result.received) + len(result.missing)
    lines = [f"Paired with {clean(result.issuer.name)}. {len(result.received)} of {count(total, 'Cred')} received."]
    return "\n".join([*lines, *map(cred_line, result.received), *map(missing_line, result.missing)])


def missing_line(missing: NotReceived) -> str:
    """Return why a Cred did not come."""
    when = "comes later" if missing.comes_later else "did not come"
    return f"  {clean(missing.type_name)}: {when} ({clean(missing.reason)})"


def cred_line(cred: HeldCred) -> str:
    """Return a Cred in one line."""
    marks = ["New"] * cred.is_new + [_STATES[cred.state]]
    until = f", until {moment(cred.expires_at)}" if cred.expires_at and cred.state != "expired" else ""
    return f"  {clean(cred.type_name)}, {clean(cred.issuer_name)} · {', '.join(marks)}{until} · {cred.id}"


def creds(held: Sequence[HeldCred]) -> str:
    """Return all Creds, each in one line."""
    if not held:
        return "No Creds yet. Your employer, university or club gives you a QR code or a link: pair with it."
    return "\n".join(["Creds", *map(cred_line, held)])


def cred(held: HeldCred) -> str:
    """Return one Cred with its fields."""
    checked = f"  Checked {moment(held.checked_at)}" if held.checked_at else "  It has no status to check"
    return "\n".join([cred_line(held).strip(), checked, *fields(held.fields, indent="  ")])


def fields(found: Sequence[Field], *, indent: str) -> list[str]:
    """Return fields as label and value."""
    width = max((len(clean(field.label)) for field in found), default=0)
    return [f"{indent}{clean(field.label):<{width}}  {value(field.value)}" for field in found]


def review(asked: Review, *, cred_id: str | None = None) -> str:
    """Return who asks what, and which Creds answer."""
    lines = party(asked.requester, asked.address, proven=asked.proven)
    if not asked.proven and asked.stated_name:
        lines.append(f"  It calls itself “{clean(asked.stated_name)}”")
    lines += ["", "What for", f"  {clean(asked.purpose) if asked.purpose else 'They do not say.'}"]
    for card in asked.cards:
        lines += ["", *_card(card, cred_id)]
    return "\n".join(lines)


def consequence(asked: Review, names: Collection[str], *, cred_id: str | None = None) -> str:
    """Return how many fields go with *names* ticked, and for how long they are kept."""
    chosen = [_chosen(card, cred_id) for card in asked.cards if card.required]
    ticked = {
        (found.cred_id, choice.id)
        for found in chosen
        if found
        for choice in found.optional
        if {choice.id, choice.name} & set(names)
    }
    number = sum(len(found.required) for found in chosen if found) + len(ticked)
    return f"You share {count(number, 'field')}. {_keeping(asked.retention)}"


def _keeping(retention: timedelta | None) -> str:
    if retention is None:
        return "They do not say how long they keep them."
    return f"They keep them for {span(retention)}." if retention else "They keep nothing."


def shared(result: Shared, asked: Review) -> str:
    """Return what became of a share."""
    names = "; ".join(f"{clean(part.type_name)}: {', '.join(map(clean, part.fields))}" for part in result.shared)
    lines = [f"Shared with {clean(asked.requester)}. {names}"]
    if not result.accepted:
        lines = [f"Not accepted by {clean(asked.requester)}: {clean(result.reason or 'they do not say why')}"]
        lines.append(f"  What was sent has reached them all the same. {names}")
    lines += _go_on(result.redirect_uri)
    return "\n".join([*lines, *([f"  Reference {result.reference}"] if result.reference else [])])


def declined(result: Declined, asked: Review) -> str:
    """Return what became of a decline."""
    name = clean(asked.requester)
    untold = [] if result.told else [f"  {name} could not be told."]
    return "\n".join([f"Declined. Nothing was shared with {name}.", *untold, *_go_on(result.redirect_uri)])


def _go_on(redirect_uri: str | None) -> list[str]:
    return [] if redirect_uri is None else [f"  Go on at {clean(redirect_uri)}"]


def synced(issuer: SyncedIssuer) -> str:
    """Return what came of asking one issuer for news."""
    name = clean(issuer.name)
    if issuer.outcome == "ended":
        return f"{name} ended the pairing. Its Creds are gone from this wallet. Was that not you? Ask {name}."
    if issuer.outcome == "cannot_update":
        return f"{name} no longer knows this device. Its Creds stay, but cannot be updated: ask {name} for a new code."
    lines = [f"{name}: {'up to date' if issuer.outcome == 'up_to_date' else _trouble(issuer)}"]
    lines += [*map(cred_line, issuer.received), *map(missing_line, issuer.missing)]
    changed = [f"  {count(len(issuer.changed), 'Cred')} changed state"] if issuer.changed else []
    return "\n".join([*lines, *changed])


def history(shares: Sequence[StoredShare]) -> str:
    """Return with whom what was shared, newest first."""
    return "\n".join(map(_share, reversed(shares))) if shares else "Nothing was shared yet."


def echo(text: str, *, err: bool = False) -> None:
    """Print *text*."""
    typer.echo(text, err=err)


def _share(share: StoredShare) -> str:
    lines = [f"{moment(share.at)}  {_OUTCOMES[share.outcome]}  {clean(share.requester)}"]
    lines += [f"  {clean(part.type_name)}: {', '.join(map(clean, part.fields))}" for part in share.shared]
    return "\n".join(lines)


def _trouble(issuer: SyncedIssuer) -> str:
    return f"not everything could be asked ({clean(issuer.reason or '')}); try again later"


def _dash(text: str | None) -> str:
    return f" – {clean(text)}" if text else ""


def _chosen(card: ReviewCard, cred_id: str | None) -> ReviewCred | None:
    named = (found for found in card.creds if found.cred_id == cred_id)
    return next(named, card.creds[0] if card.creds else None)


def _card(card: ReviewCard, cred_id: str | None) -> list[str]:
    chosen = _chosen(card, cred_id)
    if chosen is None:
        return ["Nothing in this wallet matches", *_why_not(card)]
    lines = ["From which Cred"]
    for found in card.creds:
        mark = "*" if found is chosen else " "
        lines.append(f"  {mark} {clean(found.type_name)}, {clean(found.issuer_name)} · {found.cred_id}")
    lines += ["", "Required" if card.required else "Optional Cred", *fields(chosen.required, indent="  ")]
    if chosen.optional:
        lines += ["", "Optional", "  They do not need these. Name only what you want to give: --optional NAME"]
        lines += [
            f"  {choice.name}: {clean(choice.field.label)}, {value(choice.field.value)}"
            if choice.field is not None
            else f"  {choice.name}: not on your Cred"
            for choice in chosen.optional
        ]
    return lines


def _why_not(card: ReviewCard) -> list[str]:
    near = [miss for miss in card.unfit if miss.code != "wrong_type"]
    if not near:
        return ["  You hold no Cred of the type that is asked for.", *(f"  {clean(name)}" for name in card.types)]
    return [f"  {clean(miss.type_name)}: {_UNFIT.get(miss.code, clean(miss.reason))}" for miss in near]
