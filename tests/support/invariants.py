"""What must hold of a store at any moment, whatever was interrupted: read from the tables, not from the product."""

from collections import Counter
from typing import Any

from sqlalchemy import Table, select

from billfold.adapters.store import tables
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.unit import Query

Rows = list[dict[str, Any]]
# The status value that every instance of a Credential in this state has (Token Status List, section 7.1).
STATUS = {"active": 0, "suspended": 2, "revoked": 1, "superseded": 1}
_ALL = {table.name: Query(select(table)) for table in tables.metadata.tables.values()}


async def rows_of(store: Engine, table: Table) -> Rows:
    """Return a table's rows by column."""
    return [dict(zip(table.c.keys(), row, strict=True)) for row in await store.fetch(_ALL[table.name])]


async def assert_sound(store: Engine) -> None:
    """Check the whole store."""
    codes, pairings = await rows_of(store, tables.pairing_codes), await rows_of(store, tables.pairings)
    credentials = await rows_of(store, tables.credentials)
    instances = await rows_of(store, tables.credential_instances)
    _assert_codes_spent_once(codes, pairings)
    _assert_one_device_each(pairings)
    _assert_status_entries(credentials, instances)
    lists = await rows_of(store, tables.status_lists)
    assert {i["status_list_id"] for i in instances} <= {each["id"] for each in lists}
    _assert_states_agree(await rows_of(store, tables.entitlements), credentials, pairings)
    _assert_audited(await rows_of(store, tables.audit_entries), codes, pairings, credentials)


def _assert_codes_spent_once(codes: Rows, pairings: Rows) -> None:
    spent = Counter(pairing["pairing_code_id"] for pairing in pairings)
    assert {code["id"]: 1 for code in codes if code["state"] == "redeemed"} == spent, "a code makes one pairing"


def _assert_one_device_each(pairings: Rows) -> None:
    live = Counter(each["person_id"] for each in pairings if each["state"] in ("pending", "active"))
    assert [person for person, count in live.items() if count > 1] == [], "a person has one device"


def _assert_status_entries(credentials: Rows, instances: Rows) -> None:
    entries = [(each["status_list_id"], each["status_index"]) for each in instances]
    assert len(set(entries)) == len(entries), "no entry stands for two instances"
    states = {each["id"]: each["state"] for each in credentials}
    assert {each["credential_id"] for each in instances} == states.keys(), "every Credential has its entries"
    wrong = [each["id"] for each in instances if each["status"] != STATUS[states[each["credential_id"]]]]
    assert wrong == [], "the list says what the Credential's state says"


def _assert_states_agree(entitlements: Rows, credentials: Rows, pairings: Rows) -> None:
    entitled = {each["id"]: each["state"] for each in entitlements}
    paired = {each["id"]: each["state"] for each in pairings}
    for each in credentials:
        if each["state"] in ("active", "suspended"):
            assert each["state"] == entitled[each["entitlement_id"]], "state belongs to the entitlement"
            assert paired[each["pairing_id"]] == "active", "with the pairing its Credentials end"


def _assert_audited(entries: Rows, codes: Rows, pairings: Rows, credentials: Rows) -> None:
    done = Counter((each["action"], each["subject_id"]) for each in entries)
    made = ("pairing_code.created", "device.replaced")
    assert [c["id"] for c in codes if sum(done[action, c["id"]] for action in made) != 1] == []
    assert [p["id"] for p in pairings if done["pairing.started", p["id"]] != 1] == []
    assert [c["id"] for c in credentials if done["credential.issued", c["id"]] != 1] == []
    told = [c for c in credentials if c["device_event"] is not None]
    assert [c["id"] for c in told if not done["credential.device_event", c["id"]]] == []
