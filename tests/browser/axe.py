"""`python -m tests.browser.axe FILE`: axe-core over every page, in both themes; what it finds goes to FILE as Markdown.

The pages are those of `screens`. The test beside it asks for no serious finding.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import screens
from tests.browser.chromium import launch
from tests.browser.lab_page import LOOK_MS, LabPage
from tests.browser.server import AppServer, running

SERIOUS = ("serious", "critical")
"""What axe calls the impact of a finding that keeps people from using a page."""

PAGES = {
    "home": "", "data": "data", "build": "build", "train": "train?run={run}", "filters": "filters", "maps": "maps",
    "draw": "draw", "evaluate": "evaluate", "runs": "runs", "learn": "learn", "lesson": "learn?lesson=filters",
}  # fmt: skip
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_HAS_THEME = "theme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === theme"

STREAMLIT = ("[data-testid=stDataFrame]", "[data-testid=stDataFrameGlideDataEditor]", ".canvas-root")
"""Drawn by Streamlit and by the canvas's own package: their insides are not ours to mend."""

_NO_FADING = "[data-stale] { opacity: 1 !important; transition: none !important; }"
"""While a page is drawn again, Streamlit fades what was there; a text then has less contrast for a moment."""


class Finding(NamedTuple):
    """One kind of finding on one page.

    Attributes:
        rule: axe's name for it.
        impact: minor, moderate, serious or critical.
        help: what it is about.
        nodes: where, as CSS and the beginning of its HTML.
    """

    rule: str
    impact: str
    help: str
    nodes: tuple[str, ...]


def findings(page: Page) -> list[Finding]:
    """What axe finds on a page as it stands."""
    context = {"exclude": [[css] for css in STREAMLIT]}
    found = Axe().run(page, context=context).response["violations"]
    return [
        Finding(
            one["id"],
            one["impact"] or "minor",
            one["help"],
            tuple(f"{node['target']}: {node['html'][:160]}" for node in one["nodes"]),
        )
        for one in found
    ]


def look(browser: Browser, server: AppServer, runs: dict[str, str]) -> Iterator[tuple[str, list[Finding]]]:
    """Every page in both themes with what is found on it. A page is opened once; then the reader's theme changes."""
    with browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900}) as context:
        context.set_default_timeout(LOOK_MS)
        page = LabPage(context.new_page(), server)
        for name, path in PAGES.items():
            page.open(path.format(**runs))
            page.page.add_style_tag(content=_NO_FADING)
            for theme in THEMES:
                page.page.emulate_media(color_scheme=theme)
                page.page.wait_for_function(_HAS_THEME, arg=theme)
                screens.quiet(page.page)
                yield f"{name}, {theme}", findings(page.page)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where the report goes")
    asked = parser.parse_args()
    serious = 0
    lines = ["# What axe-core finds", ""]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = launch(playwright)
        with running(Path(scratch) / "home", Path(scratch)) as server:
            for name, found in look(browser, server, screens.prepare(browser, server)):
                lines += [f"## {name}", "", *([] if found else ["Nothing.", ""])]
                for one in found:
                    serious += one.impact in SERIOUS
                    lines += [f"- **{one.rule}** ({one.impact}, {len(one.nodes)} places): {one.help}"]
                    lines += [f"  - `{node}`" for node in one.nodes[:5]]
                lines += [""] * bool(found)
        browser.close()
    asked.file.write_text("\n".join(lines), encoding="utf-8")
    print(f"{serious} serious findings")
    return int(serious > 0)


if __name__ == "__main__":
    sys.exit(main())
