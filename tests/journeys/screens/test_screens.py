"""Every screen in a pairwise choice of looks: axe finds nothing, nothing sticks out at the side, no text is cut off."""

import pytest
from playwright.async_api import Browser

from tests.journeys.screens.looks import LANGUAGES, PAIRWISE, Language, in_language
from tests.journeys.screens.places import GALLERIES, Place
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", GALLERIES, ids=lambda place: place.name)
async def test_every_screen_is_whole(browser: Browser, demo: Demo, place: Place, language: Language) -> None:
    assert await place.walk(demo, browser, in_language((*PAIRWISE, *place.also), language)) == {}
