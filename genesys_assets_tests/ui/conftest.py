"""One server and one browser for all the tests of a module; a screenshot of every stage."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from genesys_assets_tests.ui.served import Served, serve

SCREENSHOTS = Path(__file__).with_name("screenshots")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000
DAYS_OF_HISTORY = 30

Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def today() -> date:
    """The UTC day on which the session began."""
    return datetime.now(UTC).date()


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory, today: date) -> Iterator[Served]:
    """The project, served with schedules and sensors on."""
    first = today - timedelta(days=DAYS_OF_HISTORY)
    with serve(tmp_path_factory.mktemp("up"), start_date=first.isoformat()) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.fail(
            f"No browser: none of {', '.join(BROWSERS)} is in PATH. "
            "On Debian and Ubuntu install one with: apt-get update && apt-get install -y chromium"
        )
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def context(browser: Browser, dagster: Served) -> Iterator[BrowserContext]:
    """What the tests share as one visitor of the site."""
    opened = browser.new_context(
        base_url=dagster.url, viewport={"width": 1600, "height": 1000}, locale="en-GB", timezone_id="UTC"
    )
    opened.set_default_timeout(PATIENCE_MS)
    opened.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), lambda route: route.abort())
    expect.set_options(timeout=PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, dagster: Served, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new tab; if the test fails, a screenshot of it and the end of the server's log are kept."""
    tab = context.new_page()
    # An invitation to Dagster's community covers the first page, unless dagster.yaml turns it off.
    tab.add_locator_handler(tab.get_by_role("button", name="Skip", exact=True), _click)
    failures = request.session.testsfailed
    yield tab
    if request.session.testsfailed > failures:
        _shoot(tab, f"failed-{request.node.name}")
        print(dagster.log_end())
    tab.close()


@pytest.fixture(scope="session")
def shoot() -> Generator[Shoot]:
    """Keep a screenshot under a name; those of earlier sessions are removed."""
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir()
    yield _shoot


def _shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def _click(button: Locator) -> None:
    button.click()
