"""Forgetting: field values are gone from the database's very files when their time is over."""

import dataclasses
from datetime import timedelta
from pathlib import Path

from billfold.roles.verifier.verification import forget_results
from tests.support.installation import running_installation


def files_with(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file() and text.encode() in path.read_bytes()]


async def test_field_values_leave_the_database_files_when_the_template_says_so(tmp_path: Path) -> None:
    async with running_installation(tmp_path) as running:
        person = await running.person("northwind", "Amara Okafor")
        code = await running.code("northwind", person.name)
        async with running.wallet() as wallet:
            await wallet.pair(await wallet.look_at(code.offer))
            request = await running.request()
            await wallet.share(await wallet.review(request.request), optional=["team"])
        assert (await running.result(request)).creds[0]["fields"]["team"] == "Motion control"
        stored = '"team":"Motion control"}]'
        assert files_with(tmp_path, stored), "the search must find what is there"

        assert await forget_results(running.parts) == 0, "not before its time"
        later = running.parts.now() + timedelta(seconds=601)
        assert await forget_results(dataclasses.replace(running.parts, now=lambda: later)) == 1

        assert files_with(tmp_path, stored) == []
        result = await running.result(request)
        assert result.creds[0]["fields"] is None
        assert result.accepted, "what was concluded stays"
