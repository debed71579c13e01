"""Disuse: a device that has been silent for eleven months is woken, before its refresh token ends.

Source: Billfold's pairing profile. Opening the wallet is contact enough: it asks every issuer then.
"""

from datetime import timedelta

from billfold.adapters.store import reminders
from billfold.adapters.store.pairings import IDLE_LIFETIME
from billfold.roles.parts import Parts

REMIND_BEFORE = timedelta(days=30)
BATCH = 100


async def remind(parts: Parts) -> None:
    """Wake the devices whose time without contact ends within `REMIND_BEFORE`, each once."""
    ended_before = parts.now() - IDLE_LIFETIME
    window = {"ended_before": ended_before, "silent_since": ended_before + REMIND_BEFORE}
    while due := await reminders.due(parts.store, most=BATCH, **window):
        for pairing_id in due:
            await reminders.remind(parts.store, pairing_id, parts.act("system"), **window)
