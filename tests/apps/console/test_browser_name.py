"""What browsers are called, by what the browsers of today say of themselves."""

import pytest

from billfold.apps.console.browser_name import browser_and_system

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/142.0.0.0 Safari/537.36"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}", ("Chrome", "Windows")),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/142.0.0.0", ("Edge", "Windows")),
        (f"{MAC} {CHROME} OPR/124.0.0.0", ("Opera", "macOS")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", ("Firefox", "Linux")),
        (f"{MAC} {SAFARI} Safari/605.1.15", ("Safari", "macOS")),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {SAFARI} Mobile/15E148 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) {WEBKIT} CriOS/142.0 Mobile/15E148 Safari/604.1",
            ("Chrome", "iPad"),
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36", ("Chrome", "Android")),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
            ("Samsung Internet", "Android"),
        ),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}", ("Chrome", "ChromeOS")),
        ("python-httpx/0.28", None),
        ("Windows", None),
        ("Firefox/145.0", None),
        ("", None),
    ],
)
def test_a_browser_is_called_what_its_people_call_it(said: str, names: tuple[str, str] | None) -> None:
    assert browser_and_system(said) == names
