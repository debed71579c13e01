"""Type Metadata: the draft's documents, integrity over raw bytes, then malformed documents."""

import json
from typing import Any

import pytest

from billfold.core.sdjwt.type_metadata import (
    ClaimDisplay,
    ClaimMetadata,
    Picture,
    Rendering,
    SimpleRendering,
    TypeDisplay,
    TypeMetadata,
    check_integrity,
    integrity,
)
from billfold.errors import MetadataError
from tests.support.vectors import VECTORS, load_json

FOLDER = VECTORS / "sd-jwt-vc" / "type-metadata"
EDUCATION = (FOLDER / "education_credential_v42.json").read_bytes()
STATED = load_json("sd-jwt-vc", "type-metadata", "integrity.json")
GOOD = {"vct": "https://a.example/badge", "display": [{"locale": "en", "name": "Badge"}]}


def parse(document: object, **options: Any) -> TypeMetadata:  # noqa: ANN401  options of parse
    return TypeMetadata.parse(json.dumps(document).encode(), **options)


def test_reads_the_printed_document_under_its_integrity() -> None:
    """SD-JWT VC A.2 and 5."""
    found = TypeMetadata.parse(EDUCATION, vct=STATED["vct"], expected_integrity=STATED["vct#integrity"])
    assert integrity(EDUCATION) == STATED["vct#integrity"]
    assert [display.locale for display in found.display] == ["en-US", "de-DE"]
    rendering = found.display[0].rendering
    assert rendering is not None
    assert rendering.simple is not None
    assert rendering.simple.background_color == "#12107c"
    assert rendering.simple.logo is not None
    assert rendering.simple.logo.uri_integrity == "sha256-LmXfh+9cLlJNXN+TsMk+PmKjZ5t0WRL5ca/xGgX3c1U="
    document = json.loads(EDUCATION)
    assert [list(claim.path) for claim in found.claims] == [claim["path"] for claim in document["claims"]]


@pytest.mark.parametrize("name", ["minimal_with_extends", "extends_base", "extends_custom"])
def test_reads_the_other_printed_documents(name: str) -> None:
    document = load_json("sd-jwt-vc", "type-metadata", f"{name}.json")
    found = TypeMetadata.parse((FOLDER / f"{name}.json").read_bytes())
    assert found.extends == document.get("extends")
    assert found.extends_integrity == document.get("extends#integrity")


@pytest.mark.parametrize(
    "data", [pytest.param(json.dumps(json.loads(EDUCATION)).encode(), id="tm-integrity-reserialised")]
)
def test_a_document_that_was_written_anew_fails_its_hash(data: bytes) -> None:
    with pytest.raises(MetadataError, match="fits its integrity string"):
        TypeMetadata.parse(data, expected_integrity=STATED["vct#integrity"])


@pytest.mark.parametrize("position", [pytest.param(0, id="tm-integrity"), 100, -1])
def test_one_byte_changed_fails_the_hash(position: int) -> None:
    changed = bytearray(EDUCATION)
    changed[position] ^= 1
    with pytest.raises(MetadataError, match="fits its integrity string"):
        TypeMetadata.parse(bytes(changed), expected_integrity=STATED["vct#integrity"])


@pytest.mark.parametrize(
    "text",
    ["", pytest.param("md5-AAAA", id="tm-integrity-format"), "sha256", "sha256-!", "sha256:AAAA", "sha256-AA md5-AA"],
)
def test_a_malformed_integrity_string_is_refused(text: str) -> None:
    with pytest.raises(MetadataError, match="sha256, sha384 or sha512"):
        check_integrity(b"x", text)


def test_of_several_hashes_only_the_strongest_kind_counts() -> None:
    """W3C Subresource Integrity 3.3.4."""
    strong = "sha512-pKvTVPyJLu8nnsE6yRWNhnPjqbhYAOGjqKmZ5MG52Bmoghx7p1CdC/aTdG1BFZMsOWW9hDMlwBl1VVrCLDmEaw=="
    with pytest.raises(MetadataError, match="fits its integrity string"):
        check_integrity(b"x", f"{integrity(b'x')} {strong}")
    check_integrity(b"x", f"sha256-AAAA {integrity(b'x')}")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param([], "one JSON object", id="tm-not-json"),
        pytest.param({}, "one JSON object", id="no-vct"),
        pytest.param(GOOD | {"vct": 5}, "one JSON object", id="vct-number"),
        pytest.param(GOOD | {"display": {}}, "one JSON object", id="display-object"),
        pytest.param(GOOD | {"display": [{"locale": "en"}]}, "one JSON object", id="no-name"),
        pytest.param(GOOD | {"claims": [{}]}, "one JSON object", id="no-path"),
        pytest.param(GOOD | {"claims": [{"path": []}]}, "at least one step", id="tm-path-empty"),
        pytest.param(GOOD | {"claims": [{"path": ["a", -1]}]}, "without negative", id="tm-path-negative"),
        pytest.param(GOOD | {"claims": [{"path": [1.5]}]}, "one JSON object", id="path-float"),
        pytest.param(GOOD | {"claims": [{"path": ["a"], "sd": "often"}]}, "one JSON object", id="sd-unknown"),
        pytest.param(GOOD | {"claims": [{"path": ["a"], "svg_id": "1a"}]}, "each svg_id once", id="tm-svg-id"),
        pytest.param(GOOD | {"claims": [{"path": ["a"], "svg_id": "x"}] * 2}, "each svg_id once", id="tm-svg-id-twice"),
        pytest.param(GOOD | {"name": "x" * 300_000}, "one JSON object", id="huge"),
    ],
)
def test_refuses_a_malformed_document(document: object, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        parse(document)


@pytest.mark.parametrize("vct", [pytest.param("https://a.example/other", id="tm-vct-mismatch")])
def test_a_document_about_another_type_is_refused(vct: str) -> None:
    with pytest.raises(MetadataError, match="the type that was asked for"):
        parse(GOOD, vct=vct)


@pytest.mark.parametrize("extra", [pytest.param({"new": {"deep": [1]}}, id="tm-unknown-property")])
def test_unknown_members_are_passed_over(extra: dict[str, Any]) -> None:
    claims = {"claims": [{"path": ["a"], **extra}]}
    assert parse(GOOD | extra | claims).claims[0].path == ("a",)


@pytest.mark.parametrize("old", [pytest.param({"lang": "de", "name": "Ausweis"}, id="tm-lang")])
def test_an_entry_of_early_drafts_is_passed_over(old: dict[str, str]) -> None:
    claim = {"path": ["a"], "display": [{"lang": "de", "label": "A"}, {"locale": "en", "label": "B"}]}
    found = parse(GOOD | {"display": [old, *GOOD["display"]], "claims": [claim]})
    assert [display.name for display in found.display] == ["Badge"]
    assert [display.label for display in found.claims[0].display] == ["B"]


def test_what_was_built_here_reads_back_the_same() -> None:
    logo = Picture(uri="data:image/png;base64,AAAA", alt_text="Acme")
    rendering = Rendering(simple=SimpleRendering(logo=logo, background_color="#000000"))
    metadata = TypeMetadata(
        vct="https://a.example/badge",
        name="Badge",
        display=(TypeDisplay(locale="en", name="Badge", rendering=rendering),),
        claims=(
            ClaimMetadata(path=("roles", None), display=(ClaimDisplay("en", "Roles"),), mandatory=True, sd="always"),
        ),
    )
    written = metadata.to_json()
    assert TypeMetadata.parse(written, vct=metadata.vct, expected_integrity=integrity(written)) == metadata
    assert json.loads(written)["claims"] == [
        {"path": ["roles", None], "display": [{"locale": "en", "label": "Roles"}], "mandatory": True, "sd": "always"}
    ]
