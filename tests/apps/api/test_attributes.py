"""Attributes by API: of the kind that Cred types declare, or refused; pictures made to fit."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.support.cred_types import add_membership
from tests.support.problems import assert_problem
from tests.support.wire import Wire


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        pytest.param({"level": "3"}, "expected level as a number", id="number-as-text"),
        pytest.param({"level": True}, "expected level as a number", id="number-as-boolean"),
        pytest.param({"level": [3]}, "expected level as a number", id="many-of-one"),
        pytest.param({"adult": "true"}, "expected adult as true or false", id="boolean-as-text"),
        pytest.param({"adult": 1}, "expected adult as true or false", id="boolean-as-number"),
        pytest.param({"born": "12.03.1994"}, "expected born as a date as YYYY-MM-DD", id="date-otherwise"),
        pytest.param({"born": "1994-02-30"}, "expected born as a date", id="no-such-day"),
        pytest.param({"born": "1994-03-12T00:00:00Z"}, "expected born as a date", id="instant"),
        pytest.param({"city": 7}, "expected city as text", id="text-as-number"),
        pytest.param({"nationalities": "NL"}, "nationalities as an array, each text", id="one-of-many"),
        pytest.param({"nationalities": ["NL", 3]}, "nationalities as an array, each text", id="mixed"),
        pytest.param({"photo": "https://x.example/p.png"}, "photo: expected a picture as data", id="picture-address"),
        pytest.param({"photo": "data:image/svg+xml;base64,AAAA"}, "photo: expected a picture as data", id="svg"),
        pytest.param({"photo": "data:image/png;base64,AAAA"}, "photo: expected a picture that is whole", id="no-png"),
        pytest.param({"photo": 3}, "expected photo as a picture", id="picture-number"),
    ],
)
async def test_refuses_a_value_of_another_kind(wire: Wire, attributes: dict[str, Any], message: str) -> None:
    person = await add_membership(wire)
    before = await wire.snapshot()
    added = await wire.api("POST", "/people", {"name": "Eve", "attributes": attributes})
    changed = await wire.api("PATCH", f"/people/{person['id']}", {"attributes": attributes})
    for got in (added, changed):
        assert_problem(got, 422, "wrong_kind")
        assert message in got.json()["detail"]
    assert await wire.snapshot() == before


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), ["x"] * 51, ["x\0"], "x" * 68_001, [2**60]], ids=lambda value: str(value)[:12]
)
async def test_refuses_a_value_that_cannot_be_kept(wire: Wire, value: object) -> None:
    assert_problem(await wire.api("POST", "/people", {"name": "Eve", "attributes": {"x": value}}), 400, "bad_attribute")


async def test_values_come_back_as_they_went_in(either_wire: Wire) -> None:
    wire = either_wire
    person = await add_membership(wire, extra=[1, True, "x", 2.5])
    found = (await wire.api("GET", f"/people/{person['id']}")).json()["attributes"]
    assert (found["level"], found["adult"], found["born"]) == (3, True, "1994-03-12")
    assert type(found["adult"]) is bool
    assert found["extra"] == [1, True, "x", 2.5]


def photo(width: int, height: int, *, exif: bool = False, kind: str = "JPEG") -> str:
    """Return a picture with a red left half, turned on its side by its metadata where there is *exif*."""
    image = Image.effect_noise((width, height), 90).convert("RGB")
    image.paste((255, 0, 0), (0, 0, width // 2, height))
    metadata = Image.Exif()
    if exif:
        metadata[0x0112] = 6  # turn by a quarter to the right
        metadata[0x010E] = "taken at home"
    out = io.BytesIO()
    image.save(out, kind, exif=metadata)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(out.getvalue()).decode()}"


def opened(data_uri: str) -> tuple[Image.Image, bytes]:
    data = base64.b64decode(data_uri.partition(",")[2])
    return Image.open(io.BytesIO(data)), data


async def test_a_picture_is_made_small_upright_and_clean(wire: Wire) -> None:
    sent = photo(3000, 2000, exif=True)
    made = await wire.api("POST", "/people", {"name": "Ada", "attributes": {"photo": sent}})
    assert made.status_code == 201, made.text
    image, data = opened(made.json()["attributes"]["photo"])
    assert len(data) <= 48 * 1024
    assert image.height > image.width
    assert not image.getexif()
    assert b"taken at home" not in data
    red, _, blue = image.convert("RGB").getpixel((image.width // 2, image.height // 8))  # type: ignore[misc]  # a tuple
    assert red > 200
    assert blue < 60


async def test_a_picture_that_comes_again_stays_as_it_is(wire: Wire) -> None:
    """Else reading a person and writing them back would change the Cred each time."""
    made = (await wire.api("POST", "/people", {"name": "Ada", "attributes": {"photo": photo(900, 900)}})).json()
    body = {"attributes": made["attributes"]}
    again = (await wire.api("PATCH", f"/people/{made['id']}", body)).json()
    assert again["attributes"] == made["attributes"]
