"""The same demo on PostgreSQL, by one setting: pair, receive, share, suspend."""

from pathlib import Path

from tests.support.command_line import CommandLine
from tests.support.demo import BADGE, running_demo


def test_the_whole_line_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    with running_demo("--data", str(tmp_path / "data"), "--database", postgresql_url) as demo:
        wallet = CommandLine(tmp_path / "vault")
        person_id = demo.new_person("Ada Nilsen", BADGE, "employee-badge")
        code = demo.api().post("/pairing-codes", {"person_id": person_id})

        paired = wallet.json("pair", code["wallet_link"], "--pin", code["tx_code"], "--yes")
        assert len(paired["received"]) == 1
        request = demo.club.post("/presentation-requests", {"template": "staff-rate"})
        wallet.json("share", request["wallet_link"], "--optional", "team", "--yes")

        verification = demo.club.get(f"/presentation-requests/{request['id']}")["verification"]
        assert verification["accepted"]
        assert verification["creds"][0]["fields"] == {
            "name": "Ada Nilsen",
            "employer": "Northwind Robotics",
            "team": BADGE["team"],
        }
        credential = demo.api().get("/credentials", person_id=person_id)["items"][0]
        demo.api().post(f"/credentials/{credential['id']}/suspend", {"reason": "lost"})
        refused = demo.club.post("/presentation-requests", {"template": "staff-rate"})
        wallet.run("share", refused["wallet_link"], "--yes")
        assert not (tmp_path / "data" / "billfold.db").exists(), "the store is elsewhere"
        after = demo.club.get(f"/presentation-requests/{refused['id']}")
        assert after["verification"] is None or not after["verification"]["accepted"]
