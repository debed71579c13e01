"""The console's routes: one module per screen. They hold nothing: each request carries the `Desk` it is for."""

from pathlib import Path

from litestar import Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from billfold.apps.console import (
    audit,
    creds,
    device,
    help_page,
    home,
    join,
    pairing,
    people,
    person,
    person_form,
    pictures,
    settings,
    settings_keys,
    settings_mail,
    settings_me,
    settings_organisation,
    settings_staff,
    sign_in,
    type_edit,
    type_publish,
    types,
)
from billfold.apps.console.errors import on_billfold_error, on_failure, on_http_error
from billfold.apps.console.visit import begin_visit
from billfold.apps.look import LOOK
from billfold.errors import BillfoldError

STATIC = Path(__file__).parent / "static"
_STATIC_MAX_AGE_S = 3600
_ENTRANCE: list[ControllerRouterHandler] = [
    sign_in.show,
    sign_in.enter,
    sign_in.ask_passkey,
    sign_in.enter_by_passkey,
    sign_in.leave,
    pictures.logo,
    pictures.type_logo,
    pictures.art,
    pictures.look,
]


_SETTINGS: list[ControllerRouterHandler] = [
    settings.show,
    settings.notifications,
    settings_organisation.show,
    settings_organisation.change,
    settings_organisation.show_support,
    settings_organisation.change_support,
    settings_keys.show,
    settings_keys.renew,
    settings_keys.show_api_keys,
    settings_keys.make_api_key,
    settings_keys.end_api_key,
    settings_mail.show,
    settings_mail.send_trial,
    settings_staff.show,
    settings_staff.add,
    settings_staff.invite_again,
    settings_staff.change_role,
    settings_staff.ask_end,
    settings_staff.end,
    settings_me.show,
    settings_me.ask_passkey,
    settings_me.add_passkey,
    settings_me.rename_passkey,
    settings_me.remove_passkey,
    settings_me.change_password,
    settings_me.switch_keys,
    settings_me.end_session,
    join.show,
    join.join,
    join.ask_passkey,
    join.join_by_passkey,
]


_TYPES: list[ControllerRouterHandler] = [
    types.show,
    types.ask_new,
    types.begin,
    types.open_type,
    types.discard,
    types.carry_over,
    type_edit.show,
    type_edit.save,
    type_edit.preview,
    type_edit.draft_style,
    type_publish.ask,
    type_publish.publish,
    type_publish.versions,
]


def console_router() -> Router:
    """Return the pages of the console's host."""
    screens: list[ControllerRouterHandler] = [
        home.show,
        people.show,
        person.show,
        person_form.show_new,
        person_form.create,
        person_form.show_edit,
        person_form.edit,
        pictures.photo,
        creds.issue,
        creds.ask,
        creds.do,
        creds.ask_all,
        creds.do_all,
        device.ask_replace,
        device.replace,
        device.ask_end,
        device.end,
        device.send_news_again,
        pairing.begin,
        pairing.show,
        pairing.live,
        pairing.pin,
        pairing.send_pin,
        pairing.letter,
        pairing.letter_of_pin,
        audit.show,
        *_TYPES,
        *_SETTINGS,
        help_page.show,
        home.missing,
    ]
    return pages_router(screens)


def pages_router(screens: list[ControllerRouterHandler]) -> Router:
    """Return *screens* with sign-in, pictures, style and script, for one host."""
    pages = Router(
        "/",
        route_handlers=[*_ENTRANCE, *screens],
        dependencies={"visit": Provide(begin_visit)},
        exception_handlers={
            BillfoldError: on_billfold_error,
            HTTPException: on_http_error,
            Exception: on_failure,
        },
        include_in_schema=False,
    )
    return Router("/", route_handlers=[pages, _static_files()])


def _static_files() -> Router:
    return create_static_files_router("/static", [STATIC, LOOK], include_in_schema=False)
