"""The counter's screens: templates, Show and Desk, on the stage that the console's screens have too."""

from playwright.async_api import expect

from tests.journeys.screens.console import DeskStage
from tests.journeys.screens.gallery import Gallery
from tests.support.demo import BADGE

counter = Gallery[DeskStage]("counter")


@counter.screen
async def counter_sign_in(stage: DeskStage) -> None:
    await stage.go("/sign-in")


@counter.screen
async def templates(stage: DeskStage) -> None:
    await stage.go("/sign-in")
    await stage.enter("owner")
    amara = stage.demo.api().get(f"/people/{stage.demo.organisations['northwind']['people'][0]['id']}")
    with_photo = {**BADGE, "photo": amara["attributes"]["photo"]}
    stage.person = stage.demo.new_person("Zola Quist", with_photo, "employee-badge")
    await stage.take_creds()
    await stage.go("")


@counter.screen
async def template_new(stage: DeskStage) -> None:
    await stage.go("/templates/new")


@counter.screen
async def template_change(stage: DeskStage) -> None:
    await stage.go("/templates/staff-rate")


@counter.screen
async def desk(stage: DeskStage) -> None:
    await stage.go("/desk/staff-rate")
    stage.show = await stage.page.locator("input[readonly]").first.input_value()


@counter.screen
async def desk_waits(stage: DeskStage) -> None:
    await stage.press("/next")


@counter.screen
async def show_asks(stage: DeskStage) -> None:
    await stage.page.goto(stage.show)
    await expect(stage.page.locator("a[href*='#c=']").first).to_be_visible()


@counter.screen
async def show_thanks(stage: DeskStage) -> None:
    link = await stage.page.locator("a[href*='#c=']").first.get_attribute("href")
    await stage.wallet.share(await stage.wallet.review(link or ""), optional=["photo", "team"])
    await expect(stage.page.locator("a[href*='#c=']")).to_have_count(0)


@counter.screen
async def accepted(stage: DeskStage) -> None:
    await stage.go("/desk/staff-rate")


@counter.screen
async def not_accepted(stage: DeskStage) -> None:
    await stage.press("/next")
    await stage.page.goto(stage.show)
    link = await stage.page.locator("a[href*='#c=']").first.get_attribute("href")
    review = await stage.wallet.review(link or "")
    stage.demo.move(stage.person, "suspend")
    await stage.wallet.share(review)
    await stage.go("/desk/staff-rate")


@counter.screen
async def show_asks_at_the_desk(stage: DeskStage) -> None:
    await stage.page.goto(stage.show)


@counter.screen
async def declined(stage: DeskStage) -> None:
    await stage.go("/desk/staff-rate")
    await stage.press("/next")
    await stage.page.goto(stage.show)
    link = await stage.page.locator("a[href*='#c=']").first.get_attribute("href")
    await stage.wallet.decline(await stage.wallet.review(link or ""))
    await stage.go("/desk/staff-rate")


@counter.screen
async def show_declined(stage: DeskStage) -> None:
    await stage.page.goto(stage.show)


@counter.screen
async def checked_by_hand(stage: DeskStage) -> None:
    await stage.go("/desk/staff-rate?by_hand=yes")
