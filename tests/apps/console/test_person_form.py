"""Adding and editing a person: typed fields, pictures, groups, one more field; refused whole, and guarded."""

import io
import re
from base64 import b64decode

import pytest
from PIL import Image

from billfold.adapters.pictures.picture import MAX_PIXELS
from billfold.apps.console.pictures import MAX_UPLOAD_BYTES
from tests.adapters.pictures.test_picture import png
from tests.support.console import Front

NEW = {"name": "Zoë Ngũgĩ", "a_team": "Night shift", "a_email": "zoe@northwind.test", "groups": "staff\n\n night "}


def picture(kind: str = "JPEG", side: int = 2000) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, kind)
    return out.getvalue()


async def edit_path(front: Front, name: str = "Amara Okafor") -> str:
    return f"/people/{(await front.wire.person(name)).id}/edit"


async def test_a_person_is_added_and_found(front: Front) -> None:
    browser = await front.signed_in()
    assert "Add a person" in (await browser.get("/people")).text

    page = await browser.follow(await browser.post("/people/new", NEW))

    assert "Zoë Ngũgĩ is added." in page.text
    person = await front.wire.person("Zoë Ngũgĩ")
    assert person.attributes == {"team": "Night shift", "email": "zoe@northwind.test"}
    assert person.groups == ("staff", "night")
    assert "Zoë Ngũgĩ" in (await browser.get("/people?q=zoe ngugi")).text


async def test_every_declared_field_is_asked_by_its_label_and_kind(front: Front) -> None:
    page = (await (await front.signed_in()).get(await edit_path(front))).text

    assert re.search(r'name="a_photo" type="file" accept="image/png,image/jpeg"', page)
    assert re.search(r'name="a_date_of_birth"[^>]* type="date" value="1994-03-12"', page)
    assert "Date of birth" in page


async def test_a_change_renews_the_creds_that_show_it(front: Front) -> None:
    browser, path = await front.signed_in(), await edit_path(front)
    before = {row[0]: row for row in (await front.wire.snapshot())["entitlements"]}

    page = await browser.follow(await browser.post(path, {"name": "Amara Okafor", "a_team": "Robotics"}))

    assert "Saved." in page.text
    assert "Robotics" in page.text
    after = {row[0]: row for row in (await front.wire.snapshot())["entitlements"]}
    assert len([key for key in after if after[key] != before[key]]) == 1
    assert (await front.wire.person()).attributes["staff_number"]


async def test_an_emptied_field_is_removed_and_one_more_is_added(front: Front) -> None:
    browser, path = await front.signed_in(), await edit_path(front)

    form = {"name": "Amara Okafor", "a_team": "", "more_name": "Desk Number", "more_value": "4 <b>"}
    page = await browser.follow(await browser.post(path, form))

    assert "team" not in (await front.wire.person()).attributes
    assert (await front.wire.person()).attributes["desk_number"] == "4 <b>"
    assert "4 &lt;b&gt;" in page.text


async def test_a_phones_photo_is_made_small_and_can_be_removed(front: Front) -> None:
    browser, path = await front.signed_in(), await edit_path(front)
    large = picture()
    assert len(large) > 1024 * 1024

    assert (await browser.upload(path, {"name": "Amara Okafor"}, {"a_photo": large})).status_code == 303
    kept = str((await front.wire.person()).attributes["photo"])
    assert len(b64decode(kept.partition(",")[2])) <= 48 * 1024

    await browser.post(path, {"name": "Amara Okafor", "no_photo": "yes"})
    assert "photo" not in (await front.wire.person()).attributes


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": ""}, "Write a name"),
        ({"name": "x" * 201}, "Write a name"),
        ({"name": "A", "a_date_of_birth": "31 February"}, "Write a date of the calendar"),
        ({"name": "A", "groups": "x" * 201}, "Write up to 100 short names"),
        ({"name": "A", "more_name": "1 first", "more_value": "x"}, "begins with a letter"),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field_and_nothing_changes(
    front: Front, form: dict[str, str], said: str
) -> None:
    browser, before = await front.signed_in(), await front.wire.snapshot()

    for path in ("/people/new", await edit_path(front)):
        browser_page = await browser.post(path, {**form, "a_team": "typed before"})
        assert (browser_page.status_code, said in browser_page.text) == (422, True)
        assert "typed before" in browser_page.text

    after = await front.wire.snapshot()
    assert (after["people"], after["audit_entries"][: len(before["audit_entries"])]) == (
        before["people"],
        before["audit_entries"],
    )


@pytest.mark.parametrize("upload", [b"<svg/>", b"GIF89a", b"\xff\xd8\xff\xe0 broken"], ids=["svg", "gif", "broken"])
async def test_a_file_that_is_no_picture_is_refused(front: Front, upload: bytes) -> None:
    browser, path = await front.signed_in(), await edit_path(front)
    before = (await front.wire.person()).attributes

    answer = await browser.upload(path, {"name": "Amara Okafor"}, {"a_photo": upload})

    assert (answer.status_code, "This is no PNG or JPEG that can be read" in answer.text) == (422, True)
    assert (await front.wire.person()).attributes == before


async def test_a_picture_of_too_many_pixels_is_told_so(front: Front) -> None:
    browser, path = await front.signed_in(), await edit_path(front)

    answer = await browser.upload(path, {"name": "Amara Okafor"}, {"a_photo": png(6000, 6000)})

    said = f"This picture has more than {MAX_PIXELS // 1_000_000} megapixels."
    assert (answer.status_code, said in answer.text) == (422, True)


async def test_how_large_a_picture_may_be_stands_beside_its_field(front: Front) -> None:
    page = await (await front.signed_in()).get(await edit_path(front))

    limits = f"up to {MAX_UPLOAD_BYTES // 1024 // 1024} MB and {MAX_PIXELS // 1_000_000} megapixels"
    assert f"PNG or JPEG, {limits}" in page.text


async def test_an_upload_beyond_all_use_is_refused(front: Front) -> None:
    browser, path = await front.signed_in(), await edit_path(front)

    answer = await browser.upload(path, {"name": "Amara Okafor"}, {"a_photo": b"\xff\xd8\xff" + bytes(13_000_000)})

    assert answer.status_code == 413
    assert all(part in answer.text for part in ("This file is too large", "A picture may have up to 12 MB"))


async def test_a_person_of_another_organisation_is_not_edited(front: Front) -> None:
    person = await front.wire.person("Leyla Demir", "lakeside")
    browser = await front.signed_in()
    before = await front.wire.snapshot()

    assert (await browser.get(f"/people/{person.id}/edit")).status_code == 404
    assert (await browser.post(f"/people/{person.id}/edit", {"name": "Mine"})).status_code == 404
    assert await front.wire.snapshot() == before


async def test_adding_and_editing_are_guarded(front: Front) -> None:
    await front.assert_guarded("/people/new", NEW)
    await front.assert_guarded(await edit_path(front), NEW)
