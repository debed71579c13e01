"""What the wallet checks of a Cred before it stores it."""

from datetime import timedelta

import pytest

from billfold.core.openid4vci.metadata import (
    ClaimDescription,
    CredentialConfiguration,
    CredentialMetadata,
    ProofType,
)
from billfold.core.openid4vci.received import verify_received
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc
from billfold.core.trust.chain import Anchor
from billfold.errors import CredentialError
from tests.support.organisations import ISSUER, NOW, new_key, organisation
from tests.support.requests import VCT, credential, present

ACME = organisation(uri_names=(ISSUER, "https://issuer.example/other"))
HOLDER = new_key()
BADGE = CredentialConfiguration(
    format="dc+sd-jwt",
    vct=VCT,
    cryptographic_binding_methods_supported=("jwk",),
    proof_types_supported={"jwt": ProofType(("ES256",))},
    credential_metadata=CredentialMetadata(
        claims=(ClaimDescription(("given_name",), mandatory=True), ClaimDescription(("nickname",)))
    ),
)


def receive(text: str, configuration: CredentialConfiguration = BADGE) -> VerifiedSdJwtVc:
    return verify_received(
        text,
        configuration=configuration,
        issuer=ISSUER,
        anchors=ACME.anchors,
        sent_keys={HOLDER.public().thumbprint()},
        now=NOW,
    )


def test_a_good_cred_is_taken_with_all_its_fields() -> None:
    found = receive(credential(ACME, HOLDER))
    assert found.claims["given_name"] == "Erika"
    assert found.expires_at == NOW + timedelta(days=300)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            present(credential(ACME, HOLDER), [("given_name",)], HOLDER), "without key", id="credresp-with-kb"
        ),
        pytest.param(credential(ACME, HOLDER, vct="https://x.example"), "of the type", id="credresp-wrong-vct"),
        pytest.param(credential(ACME, new_key()), "this wallet sent", id="credresp-foreign-key"),
        pytest.param(credential(ACME, HOLDER, cnf=None), "this wallet sent", id="credresp-unbound"),
        pytest.param(credential(ACME, HOLDER, fields={"age": 1}), "mandatory", id="credresp-mandatory-claim"),
        pytest.param(
            credential(ACME, HOLDER, iss="https://issuer.example/other"), "issuer that was", id="other-issuer"
        ),
        pytest.param(credential(organisation(), HOLDER), "trusted anchor", id="other-root"),
        pytest.param("eyJ.e30.AA", "an SD-JWT", id="no-sd-jwt"),
    ],
)
def test_refuses_a_cred_with_one_fault(text: str, message: str) -> None:
    with pytest.raises(CredentialError, match=message):
        receive(text)


def test_a_certificate_of_the_chain_itself_vouches_where_it_was_pinned() -> None:
    def receive_pinned(text: str, *, haip: bool) -> VerifiedSdJwtVc:
        pinned = (Anchor(ACME.leaf, "pinned"),)
        keys = {HOLDER.public().thumbprint()}
        return verify_received(
            text, configuration=BADGE, issuer=ISSUER, anchors=pinned, sent_keys=keys, now=NOW, haip=haip
        )

    assert receive_pinned(credential(ACME, HOLDER), haip=False).issuer == ISSUER
    with pytest.raises(CredentialError, match="without the trust anchor"):
        receive_pinned(credential(ACME, HOLDER), haip=True)
    with pytest.raises(CredentialError, match="trusted anchor"):
        receive_pinned(credential(organisation(), HOLDER), haip=False)


def test_refuses_a_format_that_is_not_supported_yet() -> None:
    with pytest.raises(CredentialError, match="of format"):
        receive("", CredentialConfiguration(format="mso_mdoc", doctype="x"))
