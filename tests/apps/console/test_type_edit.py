"""A Cred type's four tabs: what is typed is kept as a draft, and what stands against it is told beside its field."""

import base64
import io
import re

import pytest
from PIL import Image

from tests.support.console import Front, WebBrowser
from tests.support.type_forms import BADGE, form_of, keep

SLUG = "employee-badge"
NAMES = re.compile(r'<strong data-field-name dir="auto">([^<]*)</strong>')


def png(colour: str, size: tuple[int, int] = (64, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


async def owner(front: Front) -> WebBrowser:
    return await front.signed_in(role="owner")


async def test_fields_move_by_buttons_and_say_where_they_are(front: Front) -> None:
    browser = await owner(front)
    before = NAMES.findall((await browser.get(f"{BADGE}/fields")).text)

    down = await keep(browser, f"{BADGE}/fields", {"do": "down:0"})
    assert NAMES.findall(down) == [before[1], before[0], *before[2:]]
    assert f"{before[0]}, 2 of {len(before)}" in down
    up = await keep(browser, f"{BADGE}/fields", {"do": "up:1"})
    assert NAMES.findall(up) == before
    assert "Version 1, published" in up


async def test_fields_come_in_the_order_that_script_gives_them(front: Front) -> None:
    browser = await owner(front)
    before = NAMES.findall((await browser.get(f"{BADGE}/fields")).text)

    page = await keep(browser, f"{BADGE}/fields", {"order": ",".join(map(str, reversed(range(len(before)))))})

    assert NAMES.findall(page) == before[::-1]


async def test_a_field_is_added_named_and_removed_and_nothing_typed_is_lost(front: Front) -> None:
    browser = await owner(front)
    added = await keep(browser, f"{BADGE}/fields", {"do": "add", "f0.label.en": "Full name"})
    last = len(NAMES.findall(added)) - 1
    assert NAMES.findall(added)[0::last] == ["Full name", "New field"]
    assert "Write 1 to 100 characters" not in added

    saved = await keep(browser, f"{BADGE}/fields", {f"f{last}.label.en": "Floor", "do": "save"})
    assert "2 things here stand against publishing" not in saved
    assert "1 thing here stands against publishing" in saved
    assert "Write 1 to 100 characters" in saved
    assert 'value="floor"' in saved

    whole = await keep(browser, f"{BADGE}/fields", {f"f{last}.label.de": "Etage"})
    assert "against publishing" not in whole
    removed = await keep(browser, f"{BADGE}/fields", {"do": f"remove:{last}"})
    assert "Floor" not in NAMES.findall(removed)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"claim": "exp"}, "The issuer itself says this", id="taken"),
        pytest.param({"claim": "a b"}, "joined by dots", id="claim"),
        pytest.param({"claim": "team"}, "Another field has this claim", id="twice"),
        pytest.param({"claim": "team.lead"}, "Another field is a part of this one", id="inside"),
        pytest.param({"attribute": "Big"}, "beginning with a letter", id="attribute"),
        pytest.param({"attribute": "zone", "kind": "number"}, "has zone in another kind", id="kind"),
        pytest.param({"source": "fixed", "kind": "number", "fixed": "many"}, "Write a number", id="fixed-number"),
        pytest.param({"source": "fixed", "kind": "boolean", "fixed": "x"}, "Write yes or no", id="fixed-boolean"),
        pytest.param({"source": "fixed", "kind": "date", "fixed": "soon"}, "Write a date", id="fixed-date"),
        pytest.param({"source": "fixed", "kind": "image", "fixed": "x"}, "cannot be a picture", id="fixed-image"),
        pytest.param({"source": "fixed", "fixed": ""}, "Write the value", id="fixed-nothing"),
        pytest.param({"source": "issue_time", "kind": "image"}, "A time of issue is a date", id="time"),
        pytest.param({"kind": "image", "many": "yes"}, "Only attributes and groups", id="many-pictures"),
    ],
)
async def test_a_field_that_cannot_be_is_kept_and_told_beside_it(
    front: Front, changes: dict[str, str], said: str
) -> None:
    browser = await owner(front)
    added = await keep(browser, f"{BADGE}/fields", {"do": "add"})
    last = len(NAMES.findall(added)) - 1
    typed = {"label.en": "Odd one", "label.de": "Seltsam", "claim": "odd", **changes}

    page = await keep(browser, f"{BADGE}/fields", {f"f{last}.{name}": value for name, value in typed.items()})

    assert said in page
    assert "Odd one" in page
    published = await browser.post(f"{BADGE}/publish", {"reason": "try"})
    assert (published.status_code, said in published.text) == (422, True)
    listed = (await front.wire.api("GET", f"/credential-types/{SLUG}")).json()
    assert listed["version"] == 1


@pytest.mark.parametrize("order", ["", "x", "99", "0,0,0", "-1", "0," * 500, "1e3"])
async def test_an_order_that_no_page_sends_breaks_nothing(front: Front, order: str) -> None:
    browser = await owner(front)
    form = await form_of(browser, f"{BADGE}/fields")

    assert (await browser.post(f"{BADGE}/fields", {**form, "order": order})).status_code == 303
    assert (await browser.get(f"{BADGE}/fields")).status_code == 200


async def test_what_version_1_promised_is_not_the_forms_to_change(front: Front) -> None:
    browser = await owner(front)

    page = await keep(browser, f"{BADGE}/fields", {"f0.shown": "always", "f2.many": "yes"})

    assert "Version 1, published" in page


async def test_colours_that_cannot_be_read_shut_publish_and_a_button_helps(front: Front) -> None:
    browser = await owner(front)

    page = await keep(browser, f"{BADGE}/look", {"background_color": "#888", "text_color": "#ffffff", "no_art": "yes"})
    assert "Not readable. Text at 3.5 : 1." in page
    assert 'aria-disabled="true"' in page.partition('id="to-publish"')[2][:120]
    refused = await browser.post(f"{BADGE}/publish", {"reason": "try"})
    assert (refused.status_code, "Not readable. Text at 3.5 : 1." in refused.text) == (422, True)

    helped = await keep(browser, f"{BADGE}/look", {"do": "black"})
    assert "Contrast 5.9 : 1." in helped
    assert "Not readable" not in helped
    style = (await browser.get(f"{BADGE}/draft.css")).text
    assert "--cred-bg: #888888;" in style
    assert "--cred-ink: #000000;" in style


async def test_card_field_and_publish_name_one_figure_the_worst(front: Front) -> None:
    browser = await owner(front)

    page = await keep(browser, f"{BADGE}/look", {"background_color": "#2b3474", "text_color": "#505a96"})

    figures = set(re.findall(r"Not readable. Text at ([0-9.]+) : 1", page))
    published = (await browser.get(f"{BADGE}/publish")).text
    assert len(figures) == 1
    assert set(re.findall(r"Not readable. Text at ([0-9.]+) : 1", published)) == figures


@pytest.mark.parametrize("colour", ["red", "#12", "#12345g", "url(x)", "}body{", ""])
async def test_a_colour_that_is_none_is_kept_told_and_reaches_no_stylesheet(front: Front, colour: str) -> None:
    browser = await owner(front)

    page = await keep(browser, f"{BADGE}/look", {"background_color": colour, "text_color": "#ffffff"})

    assert "Write both colours as #rrggbb." in page
    assert (await browser.get(f"{BADGE}/draft.css")).text == ""


async def test_art_is_made_to_fit_shown_and_measured(front: Front) -> None:
    browser = await owner(front)
    form = await form_of(browser, f"{BADGE}/look", background_color="#000000", text_color="#ffffff")

    saved = await browser.upload(f"{BADGE}/look", form, {"art": png("#eeeeee", (2000, 1300)), "logo": png("#123456")})
    page = (await browser.follow(saved)).text
    assert "Not readable. Text at 1.1 : 1." in page
    assert "data:image/png;base64," in (await browser.get(f"{BADGE}/draft.css")).text

    await browser.upload(f"{BADGE}/look", form, {"art": png("#222222")})
    assert "at the worst point of the picture" in (await browser.get(f"{BADGE}/look")).text
    gone = await keep(browser, f"{BADGE}/look", {"no_art": "yes", "no_logo": "yes"})
    assert "Contrast 21.0 : 1. At least" in gone


@pytest.mark.parametrize("upload", [b"<svg onload='alert(1)'/>", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(60)])
async def test_a_picture_that_is_none_is_refused_and_the_form_stays_as_typed(front: Front, upload: bytes) -> None:
    browser = await owner(front)
    form = await form_of(browser, f"{BADGE}/look", background_color="#123123")
    before = await front.wire.snapshot()

    answer = await browser.upload(f"{BADGE}/look", form, {"art": upload})

    assert (answer.status_code, "This is no PNG or JPEG" in answer.text) == (422, True)
    assert 'value="#123123"' in answer.text
    assert await front.wire.snapshot() == before


@pytest.mark.parametrize(
    ("days", "status", "said"),
    [
        ("x", 422, "Write a whole number"),
        ("", 422, "Write a whole number"),
        ("٣", 422, "Write a whole number"),
        ("0", 303, "1 to 3650 days"),
        ("4000", 303, "1 to 3650 days"),
        ("90", 303, "Saved as a draft"),
    ],
)
async def test_validity_is_a_number_of_days(front: Front, days: str, status: int, said: str) -> None:
    browser = await owner(front)
    form = await form_of(browser, f"{BADGE}/validity", validity_days=days, unlock="prf")

    answer = await browser.post(f"{BADGE}/validity", form)

    assert answer.status_code == status
    page = answer.text if status == 422 else (await browser.follow(answer)).text
    assert said in page
    assert f'value="{days}"' in page
    assert 'value="prf" checked' in page


async def test_texts_are_written_in_every_language_or_in_none(front: Front) -> None:
    browser = await owner(front)
    half = await keep(browser, f"{BADGE}/texts", {"purposes.en": "Opens doors.", "purposes.de": ""})
    assert "1 thing here stands against publishing" in half

    whole = await keep(browser, f"{BADGE}/texts", {"purposes.de": "Öffnet Türen."})
    assert "against publishing" not in whole

    more = await keep(browser, f"{BADGE}/texts", {"new_language": "fr", "do": "add"})
    assert 'name="names.fr"' in more
    less = await keep(browser, f"{BADGE}/texts", {"do": "remove:fr"})
    assert 'name="names.fr"' not in less
    wrong = await keep(browser, f"{BADGE}/texts", {"new_language": "not a tag", "do": "save"})
    assert "each by its tag" in wrong


async def test_the_preview_draws_what_is_typed_and_keeps_nothing(front: Front) -> None:
    browser = await owner(front)
    form = await form_of(browser, f"{BADGE}/look", background_color="#777777", text_color="#888888", no_art="yes")
    before = await front.wire.snapshot()

    drawn = await browser.post(f"{BADGE}/look/preview", {**form, "preview_state": "revoked", "preview_name": "longest"})

    assert 'data-bg="#777777"' in drawn.text
    assert 'data-state="revoked"' in drawn.text
    assert "Not readable. Text at" in drawn.text
    assert "<html" not in drawn.text
    assert await front.wire.snapshot() == before


async def test_states_and_the_longest_name_are_addresses(front: Front) -> None:
    await front.wire.api("POST", "/people", {"name": "Wilhelmina Featherstonehaugh-Brandstätter", "attributes": {}})
    browser = await owner(front)

    page = (await browser.get(f"{BADGE}/look?card=suspended&who=longest")).text

    assert 'data-state="suspended"' in page
    assert "Wilhelmina Featherstonehaugh-Brandstätter</dd>" in page
    assert 'data-long="true"' in page


async def test_an_empty_directory_has_an_example_of_its_own(front: Front) -> None:
    browser = await front.signed_in("lakeside", "owner")
    await browser.post("/types/new", {"names.en": "<b>Guest</b>", "slug": "guest"})

    page = (await browser.get("/types/guest/look")).text

    assert "&lt;b&gt;Guest&lt;/b&gt;" in page
    assert "<b>Guest" not in page


async def test_the_organisations_stylesheet_wears_the_art(front: Front) -> None:
    browser = await owner(front)
    form = await form_of(browser, f"{BADGE}/look", background_color="#000000", text_color="#ffffff")
    picture = png("#101010")
    await browser.upload(f"{BADGE}/look", form, {"art": picture, "logo": picture})
    assert (await browser.post(f"{BADGE}/publish", {"reason": "Art"})).status_code == 303
    front.wire.clock.advance(seconds=10)

    style = (await front.stranger().get("/look.css")).text
    assert '--cred-art: url("/o/northwind/types/employee-badge/art?v=2");' in style
    for name in ("art", "logo"):
        shown = await front.stranger().get(f"{BADGE}/{name}")
        assert shown.headers["content-type"] == "image/png"
        assert shown.content.startswith(b"\x89PNG")
    assert base64.b64encode(shown.content)
    assert (await front.stranger().get("/types/nothing/art")).status_code == 404
