"""Letters: the code in one and the PIN in another, in the words of the reader, for whoever may see the code."""

import io

import pypdf
import pypdfium2
import pytest
import zxingcpp

from tests.support.wire import Wire


async def letter(wire: Wire, code: dict[str, object], which: str = "letter", **query: str) -> bytes:
    """Return a letter as the API prints it."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await wire.api("GET", f"/pairing-codes/{code['id']}/{which}?{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.content


def text_of(pdf: bytes) -> str:
    (page,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return page.extract_text()


async def test_the_letter_holds_code_address_help_and_reference_and_no_pin(wire: Wire) -> None:
    await wire.set_attributes(address="Elm Street 4, 20459 Northport")
    code = await wire.code(deliver="letter", tx_code=True)

    pdf = await letter(wire, code)

    text, short = text_of(pdf), str(code["short_code"])
    for part in ("Amara Okafor", "Elm Street 4\n20459 Northport", f"{short[:4]}-{short[4:8]}-{short[8:]}"):
        assert part in text
    for part in ("15 Jun 2026, 12:20", "/o/northwind/help", "Reference ", "Employee badge and Parking permit"):
        assert part in text
    assert str(code["tx_code"]) not in text.replace(" ", "")
    (found,) = zxingcpp.read_barcodes(pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil())
    assert found.text == code["wallet_link"]


async def test_the_pin_letter_holds_the_pin_and_no_code(wire: Wire) -> None:
    code = await wire.code(deliver="letter", tx_code=True)

    pdf = await letter(wire, code, "pin-letter")

    text, pin = text_of(pdf), str(code["tx_code"])
    assert f"{pin[:3]} {pin[3:]}" in text
    assert str(code["short_code"]) not in text.replace("-", "")
    assert zxingcpp.read_barcodes(pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil()) == []


async def test_a_letter_speaks_german(wire: Wire) -> None:
    text = text_of(await letter(wire, await wire.code(deliver="letter", tx_code=True), language="de"))

    for part in ("Guten Tag Amara Okafor,", "Mitarbeiterausweis und Parkausweis", "15. Juni 2026, 12:20", "Kennung "):
        assert part in text


async def test_a_letter_without_pin_is_not_made(wire: Wire) -> None:
    person = await wire.person()

    asked = {"person_id": person.id, "deliver": "letter", "tx_code": False}
    answer = await wire.api("POST", "/pairing-codes", asked)

    assert (answer.status_code, answer.json()["code"]) == (409, "letter_without_pin")


@pytest.mark.parametrize("which", ["letter", "pin-letter"])
async def test_a_code_that_is_over_is_not_printed(wire: Wire, which: str) -> None:
    code = await wire.code(deliver="letter", tx_code=True)
    wire.clock.advance(days=14)

    answer = await wire.api("GET", f"/pairing-codes/{code['id']}/{which}")

    assert (answer.status_code, answer.json()["code"]) == (409, "code_over")


@pytest.mark.parametrize("which", ["letter", "pin-letter", "mails", "pin-mail"])
async def test_another_organisation_sees_nothing(wire: Wire, which: str) -> None:
    code = await wire.code(deliver="letter", tx_code=True)

    method, body = ("POST", {}) if which == "pin-mail" else ("GET", None)
    answer = await wire.api(method, f"/pairing-codes/{code['id']}/{which}", body, slug="lakeside")

    assert answer.status_code == 404


async def test_a_name_that_cannot_be_printed_is_told(wire: Wire) -> None:
    person = await wire.api("POST", "/people", {"name": "王小明"})
    code = await wire.api("POST", "/pairing-codes", {"person_id": person.json()["id"], "deliver": "letter"})

    answer = await wire.api("GET", f"/pairing-codes/{code.json()['id']}/letter")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_font")


async def test_what_is_not_there_is_not_printed(wire: Wire) -> None:
    assert (await wire.api("GET", "/pairing-codes/unknown/letter")).status_code == 404


async def test_a_code_without_pin_has_no_pin_letter(wire: Wire) -> None:
    answer = await wire.api("GET", f"/pairing-codes/{(await wire.code())['id']}/pin-letter")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_pin")


async def test_a_phone_number_stands_on_one_line(wire: Wire) -> None:
    number = "+44 20 7946 0112 0113 0114 0115 0116"  # with words before it, longer than what is left of the line
    assert (await wire.api("PATCH", "/organisation", {"support": {"phone": number}})).status_code == 200

    text = text_of(await letter(wire, await wire.code(deliver="letter", tx_code=True)))

    assert number in [line.replace("\N{NO-BREAK SPACE}", " ").strip() for line in text.splitlines()][-4:]
