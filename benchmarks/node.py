"""One serving process for a measurement: the demo's content, and as many people as are wanted, behind public addresses.

    python -m benchmarks.node FOLDER DATABASE_URL PUBLIC_PORT PORT PEOPLE [PROFILE]

Serves at PORT what is addressed at PUBLIC_PORT (another PORT is a second node behind the same addresses). With PEOPLE
above 0 it makes them first. Prints one JSON line when it serves: API keys by organisation, and the people's ids. With
PROFILE, a file, it writes there what `cProfile` found, at its end.
"""

import contextlib
import cProfile
import dataclasses
import json
import sys
import time
from pathlib import Path

from billfold.adapters.store import organisations
from billfold.apps import logs
from billfold.apps.compose import Servers, claimed_ports, installation, stop_signal
from billfold.apps.demo.seed import seed
from billfold.apps.loop import run
from billfold.apps.settings import Settings
from billfold.roles.issuer import entitlement, people
from billfold.roles.issuer.issuer import load_issuer
from billfold.roles.operator import api_key
from billfold.roles.parts import Parts


async def serve(settings: Settings, wanted: int, profiler: cProfile.Profile | None) -> None:
    """Serve until SIGTERM; *profiler* sees what is served, and not what was made before."""
    stop = stop_signal()
    with claimed_ports(settings) as sockets:
        async with installation(settings, bring_up_to_date=wanted > 0) as running:
            ready = await prepare(running.parts, wanted) if wanted else {}
            servers = Servers(running, sockets)
            await servers.start()
            print(json.dumps(ready), flush=True)
            with profiler or contextlib.nullcontext():
                await stop.wait()
            await servers.stop()


async def prepare(parts: Parts, wanted: int) -> dict[str, object]:
    """Make the content, and *wanted* people who should each hold an employee badge."""
    await seed(parts)
    issuer = await load_issuer(parts, "northwind")
    assert issuer is not None
    ids = []
    for number in range(wanted):
        attributes = {"staff_number": f"NR-{number}", "team": "Motion control", "date_of_birth": "1990-02-11"}
        name = f"Person {number}"
        made = await people.add(
            parts,
            issuer,
            issuer.id,
            name=name,
            attributes=attributes,
            groups=(),
            act=parts.act("benchmark"),
            asked_once=None,
        )
        await entitlement.entitle(
            parts,
            issuer,
            person_id=made.id,
            credential_type="employee-badge",
            act=parts.act("benchmark"),
            asked_once=None,
        )
        ids.append(made.id)
    keys = {}
    for slug in ("northwind", "harbour"):
        found = await organisations.by_slug(parts.store, slug)
        assert found is not None
        keys[slug] = await api_key.create(parts, found.id, name="benchmark")
    return {"keys": keys, "people": ids}


def main(arguments: list[str]) -> None:
    """Serve as the command line says."""
    folder, database_url, public_port, port, wanted, *profile = arguments
    logs.set_up(verbose=False, json=True)
    public = Settings.on_loopback(int(public_port), Path(folder), database_url=database_url)
    profiler = cProfile.Profile(time.thread_time) if profile else None
    run(serve(dataclasses.replace(public, port=int(port)), int(wanted), profiler))
    if profiler is not None:
        profiler.dump_stats(profile[0])


if __name__ == "__main__":
    main(sys.argv[1:])
