"""A headless Chromium that watches what a page does: its console, its errors, what it asks for."""

import shutil
from contextlib import contextmanager

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
"""The browser of this machine, if it has one."""

NO_BROWSER = "needs Chromium and the package playwright"


def can_browse():
    """Whether a page can be opened here."""
    if CHROMIUM is None:
        return False
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return False
    return True


class Watched:
    """A tab and what was heard of it."""

    def __init__(self, tab):
        self.tab = tab
        self.told = []
        self.asked_for = []
        tab.set_default_timeout(60_000)
        tab.on("console", lambda message: self.told.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: self.told.append(f"error: {error}"))
        tab.on("dialog", self._dismiss)
        # The protocol's own events: what a page is refused is heard of, too.
        self.session = tab.context.new_cdp_session(tab)
        self.session.send("Network.enable")
        self.session.on("Network.requestWillBeSent", self._request)

    def open(self, path, address=""):
        """Open a page from its file and wait for its first episode."""
        self.tab.goto(path.as_uri() + address)
        self.tab.wait_for_selector("#episode[data-shown]")

    @property
    def outside(self):
        """What was asked of anywhere but files and the page itself."""
        own = ("file:", "data:", "blob:")
        return [url for url in self.asked_for if not url.startswith(own)]

    def _request(self, event):
        self.asked_for.append(event["request"]["url"])

    def _dismiss(self, dialog):
        self.told.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def browsing(**options):
    """A browser; yields a function that opens fresh tabs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        size = {"width": 1360, "height": 900}
        yield lambda **more: Watched(
            chromium.new_context(viewport=size, **{**options, **more}).new_page()
        )
        chromium.close()
