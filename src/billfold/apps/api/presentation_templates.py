"""Presentation templates: what a requester asks, of whom, and how long it keeps the answer."""

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from billfold.adapters.store import presentation_requests
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.records import PresentationTemplate
from billfold.adapters.store.template_definition import Ask, TemplateDefinition, TemplateField
from billfold.apps.api.caller import Caller, IdempotencyKey
from billfold.apps.api.messages import Page
from billfold.apps.api.problems import Refused
from billfold.apps.api.template_messages import (
    AskInput,
    NewPresentationTemplate,
    PresentationTemplateInput,
    PresentationTemplateView,
)
from billfold.roles.parts import NotFound, Parts
from billfold.roles.verifier.template_editor import BadTemplate, WantedType, change, create, resolve


class PresentationTemplatesController(Controller):
    """`/presentation-templates`."""

    path = "/presentation-templates"
    tags = ("Requests",)
    opt = {"scope": "requests"}  # noqa: RUF012  # Litestar's own form

    @post(summary="Make a template")
    async def create(
        self,
        caller: NamedDependency[Caller],
        data: JSONBody[NewPresentationTemplate],
        idempotency_key: IdempotencyKey = None,
    ) -> PresentationTemplateView:
        """Make a template; its slug is what requests are made from."""
        verifier = await caller.verifier()
        try:
            definition = await _definition(caller.parts, data)
            once = caller.once(idempotency_key, data)
            made = await create(caller.parts, verifier, data.slug, definition, act=caller.act(), asked_once=once)
        except BadTemplate as exc:
            raise Refused(400, exc.code, str(exc)) from exc
        except Conflict as exc:
            raise Refused(409, "slug_taken", "expected a slug that no other template of yours has") from exc
        caller.office.verifiers.forget(caller.organisation.slug)
        return _view(await _find(caller, made))

    @put("/{template_id:str}", summary="Change a template")
    async def change(
        self,
        caller: NamedDependency[Caller],
        template_id: FromPath[str],
        data: JSONBody[PresentationTemplateInput],
    ) -> PresentationTemplateView:
        """Change what a template asks from now on. Requests that were made before stay as they were."""
        verifier, template = await caller.verifier(), await _find(caller, template_id)
        try:
            await change(caller.parts, verifier, template, await _definition(caller.parts, data), act=caller.act())
        except BadTemplate as exc:
            raise Refused(400, exc.code, str(exc)) from exc
        caller.office.verifiers.forget(caller.organisation.slug)
        return _view(await _find(caller, template_id))

    @get(summary="List templates")
    async def list(self, caller: NamedDependency[Caller]) -> Page[PresentationTemplateView]:
        """Return the organisation's templates in the order they were made."""
        verifier = await caller.verifier()
        found = await presentation_requests.templates_of(caller.parts.store, verifier.id)
        return Page([_view(template) for template in found])

    @get("/{template_id:str}", summary="Get a template")
    async def get(self, caller: NamedDependency[Caller], template_id: FromPath[str]) -> PresentationTemplateView:
        """Return one template."""
        return _view(await _find(caller, template_id))


async def _find(caller: Caller, template_id: str) -> PresentationTemplate:
    verifier = await caller.verifier()
    for template in await presentation_requests.templates_of(caller.parts.store, verifier.id):
        if template.id == template_id:
            return template
    raise NotFound("expected a template of this organisation")


async def _definition(parts: Parts, data: PresentationTemplateInput) -> TemplateDefinition:
    return TemplateDefinition(
        names=data.names,
        purposes=data.purposes,
        asks=tuple([await _ask(parts, ask) for ask in data.asks]),
        optional_as=data.optional_as,
        keep_result_s=data.keep_result_s,
        request_lifetime_s=data.request_lifetime_s,
        refuse_unbound=data.refuse_unbound,
        client_id_prefix=data.client_id_prefix,
        response_mode=data.response_mode,
    )


async def _ask(parts: Parts, ask: AskInput) -> Ask:
    accepted = [
        await resolve(parts, WantedType(t.issuer, t.credential_type, t.issuer_name, t.anchor)) for t in ask.accepted
    ]
    fields = [TemplateField(field.claim, field.required, field.labels) for field in ask.fields]
    return Ask(tuple(accepted), tuple(fields), ask.id)


def _view(template: PresentationTemplate) -> PresentationTemplateView:
    definition = template.definition
    return PresentationTemplateView(
        template.id,
        template.slug,
        definition.names,
        definition.purposes,
        list(definition.asks),
        definition.optional_as,
        definition.keep_result_s,
        definition.request_lifetime_s,
        definition.refuse_unbound,
        definition.client_id_prefix,
        definition.response_mode,
    )
