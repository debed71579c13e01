"""The console can do nothing that the API cannot: each form that it takes, and the operation that does the same."""

from litestar import Litestar
from litestar.routes import HTTPRoute

from billfold.apps.api.app import BASE_PATH
from billfold.apps.compose import console_pages, counter_pages

# What concerns the browser and whoever sits at it, or a draft that nobody gets before it is published: no act that an
# organisation's programs could want.
OF_THE_BROWSER = [
    "sign-in",
    "sign-in/passkey",
    "sign-out",
    "join/{secret:str}",
    "join/{secret:str}/passkey",
    "settings/me/passkeys",
    "settings/me/passkeys/{passkey_id:str}/rename",
    "settings/me/passkeys/{passkey_id:str}/remove",
    "settings/me/password",
    "settings/me/keys",
    "settings/me/sessions/{session_id:str}/end",
    "types/new",
    "types/{type_slug:str}/discard",
    "types/{type_slug:str}/carry-over",
    "types/{type_slug:str}/{tab:str}",
    "types/{type_slug:str}/{tab:str}/preview",
    "desk/{template:str}/clear",
]
BY_API = {
    "people/new": ["POST people"],
    "people/{person_id:str}/edit": ["PATCH people/{person_id:str}"],
    "people/{person_id:str}/issue": ["POST entitlements"],
    "people/{person_id:str}/creds/{cred_id:str}/{verb:str}": [
        "POST entitlements/{entitlement_id:str}/suspend",
        "POST entitlements/{entitlement_id:str}/resume",
        "DELETE entitlements/{entitlement_id:str}",
    ],
    "people/{person_id:str}/all/{verb:str}": [
        "POST people/{person_id:str}/suspend",
        "POST people/{person_id:str}/resume",
    ],
    "people/{person_id:str}/replace": ["POST people/{person_id:str}/replace-device"],
    "people/{person_id:str}/end-pairing": ["DELETE pairings/{pairing_id:str}"],
    "people/{person_id:str}/send-again": ["POST pairings/{pairing_id:str}/send-again"],
    "people/{person_id:str}/pair": ["POST pairing-codes"],
    "pairing/{code_id:str}/pin-mail": ["POST pairing-codes/{code_id:str}/pin-mail"],
    "types/{type_slug:str}/publish": ["POST credential-types", "PUT credential-types/{slug:str}"],
    "settings/organisation": ["PATCH organisation"],
    "settings/support": ["PATCH organisation"],
    "settings/keys/{role:str}/renew": ["POST organisation/signing-keys/{role:str}/renew"],
    "settings/api-keys": ["POST api-keys"],
    "settings/api-keys/{key_id:str}/end": ["DELETE api-keys/{key_id:str}"],
    "settings/mail/try": ["POST mail/trials"],
    "settings/staff": ["POST staff"],
    "settings/staff/{staff_id:str}/invite": ["POST staff/{staff_id:str}/invite"],
    "settings/staff/{staff_id:str}/role": ["PATCH staff/{staff_id:str}"],
    "settings/staff/{staff_id:str}/end": ["DELETE staff/{staff_id:str}"],
    "templates/new": ["POST presentation-templates"],
    "templates/{template:str}": ["PUT presentation-templates/{template_id:str}"],
    "desk/{template:str}/by-hand": ["POST presentation-requests/{request_id:str}/check-by-hand"],
    "desk/{template:str}/next": ["POST presentation-requests"],
    "show/{code:str}/next": ["POST presentation-requests"],
}
PAGES = "/o/{slug:str}"


def changes(app: Litestar, below: str) -> set[str]:
    """Return what changes something below a path, as method and the rest of its path."""
    found = set()
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith(f"{below}/"):
            path, methods = route.path.removeprefix(f"{below}/"), set(route.methods) - {"GET", "HEAD", "OPTIONS"}
            found |= {f"{method} {path}" for method in methods}
    return found


def test_whatever_a_form_does_an_operation_does_too() -> None:
    console, counter = console_pages(), counter_pages()
    forms = changes(console, PAGES) | changes(counter, PAGES)
    operations = changes(console, BASE_PATH)

    assert forms == {f"POST {path}" for path in (*OF_THE_BROWSER, *BY_API)}
    assert {each for same in BY_API.values() for each in same} <= operations
