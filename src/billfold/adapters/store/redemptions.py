"""Redemption: a pairing code is spent for a pairing, once, or a wrong Transaction Code is counted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, exists, select, update

from billfold.adapters.store import audit, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.pairing_codes import LIVE, MAX_TX_CODE_TRIES
from billfold.adapters.store.records import Entitlement, to_micros
from billfold.adapters.store.tables import entitlements, pairing_codes, pairings
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, Value, binary, integer, text

_UNPAIRED = ~exists().where(pairings.c.person_id == pairing_codes.c.person_id, pairings.c.state == states.ACTIVE)
_WHOSE = (
    pairing_codes.c.organisation_id == text("organisation_id"),
    pairing_codes.c.code_hash == binary("code_hash"),
    LIVE,
    pairing_codes.c.expires_at > integer("now"),
)
_IS_LIVE = Query(select(exists().where(*_WHOSE)))
_HELD_THROUGH = Query(
    select(*records.columns_of(Entitlement, entitlements))
    .join(pairing_codes, pairing_codes.c.person_id == entitlements.c.person_id)
    .where(*_WHOSE, entitlements.c.state != states.ENDED)
    .order_by(entitlements.c.id)
)


@dataclass(frozen=True, slots=True)
class Redemption:
    """What became of a code that exists and is live.

    Attributes:
        redeemed: whether it was spent now; only then is there a pairing.
        has_tx_code: whether it asks for a Transaction Code.
        tries_left: of the Transaction Code.
    """

    redeemed: bool
    has_tx_code: bool
    tries_left: int
    person_id: str


def _try_code(steps: Steps) -> Rows:
    """Spend the code if the Transaction Code is right, else count the try: one statement, so no race can guess on."""
    right = pairing_codes.c.tx_code_hash.is_not_distinct_from(binary("tx_code_hash"))
    wrong = and_(pairing_codes.c.tx_code_hash.is_not(None), binary("tx_code_hash").is_not(None), ~right)
    return steps.do(
        "tried",
        update(pairing_codes)
        .where(
            pairing_codes.c.organisation_id == text("organisation_id"),
            pairing_codes.c.code_hash == binary("code_hash"),
            LIVE,
            _UNPAIRED,
            pairing_codes.c.expires_at > integer("now"),
        )
        .values(
            state=case((right, states.REDEEMED), else_=pairing_codes.c.state),
            redeemed_at=case((right, integer("now"))),
            tx_code_tries=pairing_codes.c.tx_code_tries + case((wrong, 1), else_=0),
        )
        .returning(
            pairing_codes.c.id,
            pairing_codes.c.organisation_id,
            pairing_codes.c.person_id,
            pairing_codes.c.state,
            pairing_codes.c.tx_code_hash,
            pairing_codes.c.tx_code_tries,
        ),
    )


def _redeem(steps: Steps) -> None:
    tried = _try_code(steps)
    columns = [tried.c[name].label(name) for name in ("id", "organisation_id", "person_id")]
    redeemed = steps.do("redeemed", select(*columns).where(tried.c["state"] == states.REDEEMED), tried)
    pairing = steps.insert(
        "pairing",
        pairings,
        {
            "id": text("pairing_id"),
            "organisation_id": redeemed.c["organisation_id"],
            "person_id": redeemed.c["person_id"],
            "pairing_code_id": redeemed.c["id"],
            "state": states.PENDING,
            "device_jkt": text("device_jkt"),
            "client_id": text("client_id"),
            "access_token_hash": binary("access_token_hash"),
            "access_expires_at": integer("access_expires_at"),
            "uses_identifiers": integer("uses_identifiers"),
            "refresh_token_hash": binary("refresh_token_hash"),
            "created_at": integer("now"),
            "last_contact_at": integer("now"),
        },
        of=redeemed,
    )
    audit.record_each(steps, "pairing.started", pairing)
    steps.answer(tried)


_REDEEM = Unit(_redeem)


async def held_through(
    engine: Engine, organisation_id: str, code_hash: bytes, *, now: datetime
) -> list[Entitlement] | None:
    """Return what the person of a live code is entitled to, or None when there is no such live code."""
    given: dict[str, Value] = {"organisation_id": organisation_id, "code_hash": code_hash, "now": to_micros(now)}
    found = records.read_all(Entitlement, await engine.fetch(_HELD_THROUGH, **given))
    if not found and not (await engine.fetch(_IS_LIVE, **given))[0][0]:
        return None
    return found


async def redeem(
    engine: Engine,
    organisation_id: str,
    *,
    code_hash: bytes,
    tx_code_hash: bytes | None,
    pairing_id: str,
    device_jkt: str | None,
    client_id: str | None,
    access_token_hash: bytes,
    access_expires_at: datetime,
    uses_identifiers: bool,
    refresh_token_hash: bytes | None,
    act: Act,
) -> Redemption | None:
    """Spend a live code for a pairing that waits for its first use, or count a wrong Transaction Code.

    None says that there is no such live code, or that its person has a paired device.
    """
    rows = await engine.run(
        _REDEEM,
        organisation_id=organisation_id,
        code_hash=code_hash,
        tx_code_hash=tx_code_hash,
        pairing_id=pairing_id,
        device_jkt=device_jkt,
        client_id=client_id,
        access_token_hash=access_token_hash,
        access_expires_at=to_micros(access_expires_at),
        uses_identifiers=int(uses_identifiers),
        refresh_token_hash=refresh_token_hash,
        **act.parameters(),
    )
    if not rows:
        return None
    _, _, person_id, state, expected, tries = rows[0]
    return Redemption(state == states.REDEEMED, expected is not None, MAX_TX_CODE_TRIES - tries, person_id)
