"""The OpenAPI document: what the framework reads off the handlers, and the problems of each operation.

Source: OpenAPI 3.1 section 4.8.16 (responses); RFC 9457 section 3 for the problem itself.
"""

from http import HTTPMethod
from typing import Any

import msgspec
from litestar.openapi.plugins import JsonRenderPlugin

from billfold.apps.api.messages import Problem
from billfold.apps.api.problems import MEDIA_TYPE, ApiRequest

_SCHEMA_NAME = "Problem"
_BODY_METHODS = {HTTPMethod.POST.lower(), HTTPMethod.PATCH.lower(), HTTPMethod.PUT.lower()}
_ALWAYS = {
    400: "The request breaks a rule; `detail` names it.",
    401: "No API key, or not one that is in use.",
    403: "The key lacks the scope, or its organisation the role.",
    404: "The organisation has no such thing.",
}
_ON_CHANGES = {409: "The state of things does not allow it; `code` and `detail` say why."}
_ON_BODIES = {
    413: "The body is larger than this API takes.",
    422: "The `Idempotency-Key` came before with another request.",
}


class DocumentPlugin(JsonRenderPlugin):
    """Serves the document as JSON, with every operation's problems in it."""

    def render(self, request: ApiRequest, openapi_schema: dict[str, Any]) -> bytes:
        """Return the document's bytes."""
        return super().render(request, with_problems(openapi_schema))


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* with the errors of every operation as what they are; what the framework guessed goes."""
    paths = {
        path: {method: _with_problems(method, operation) for method, operation in operations.items()}
        for path, operations in document["paths"].items()
    }
    _, components = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    known = document["components"]
    return {
        **document,
        "paths": paths,
        "components": {**known, "schemas": {**known["schemas"], _SCHEMA_NAME: components[_SCHEMA_NAME]}},
    }


def _with_problems(method: str, operation: dict[str, Any]) -> dict[str, Any]:
    good = {status: answer for status, answer in operation["responses"].items() if int(status) < 400}
    errors = _ALWAYS | (_ON_CHANGES if method != "get" else {}) | (_ON_BODIES if method in _BODY_METHODS else {})
    return {**operation, "responses": {**good, **{str(s): _problem(text) for s, text in errors.items()}}}


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{_SCHEMA_NAME}"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}
