"""A page of the app as Streamlit's own test runner draws it, in a reader's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from streamlit.testing.v1 import AppTest

from cnnlab.ui.session import Session

ROOT = Path(__file__).parents[2]

State = TypeVar("State")


class Page:
    """One reader's session. Each step fails if the page shows an exception.

    The fixture `lab` says which Lab the page finds. Clicks on charts and tables need a browser; what they choose is
    the state of the room, which can be set.
    """

    def __init__(self, page: str, **parameters: str) -> None:
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
        self.app.query_params.update(parameters)
        self.app.run()
        self.app.switch_page(f"pages/{page}.py")
        self.run()

    def run(self) -> Page:
        self.app.run()
        assert not self.app.exception, self.app.exception
        return self

    @property
    def me(self) -> Session:
        """What the session remembers."""
        found: Session = self.app.session_state["cnnlab"]
        return found

    def state(self, kind: type[State]) -> State:
        """What a room remembers."""
        found: State = self.me.rooms[kind]
        return found

    def press(self, key: str) -> Page:
        self.app.button(key=key).click()
        return self.run()

    def tab(self, key: str, place: int) -> Page:
        """Open a tab."""
        self.app.session_state[key] = self.app.get("tab_container")[0].children[place].label
        return self.run()

    @property
    def title(self) -> str:
        (title,) = self.app.title
        return str(title.value)

    @property
    def buttons(self) -> list[str]:
        """The keys of all buttons, from top to bottom."""
        return [str(button.key) for button in self.app.button]

    @property
    def drawn(self) -> list[str]:
        """The keys of all charts and stages, from top to bottom; without what is in the header of every page."""
        return [str(one.key) for one in self.app.get("bidi_component") if one.key != "links"]

    @property
    def text(self) -> str:
        """Everything that is said, without the marks that keep a stranger's text from being Markdown."""
        many = (self.app.markdown, self.app.caption, self.app.info, self.app.error, self.app.warning, self.app.success)
        return "\n".join(one.value for shown in many for one in shown).replace("\\", "")

    def table(self, word: str) -> list[list[str]]:
        """The cells of the only Markdown table with this word in it, row by row, without its head."""
        (found,) = (one.value for one in self.app.markdown if one.value.startswith("| ") and word in one.value)
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()[2:]]

    def charts(self, key: str) -> dict[str, Any]:
        """What the browser is given to draw under a key: "figures", and "numbers" above them."""
        (found,) = (one.proto.json for one in self.app.get("bidi_component") if one.key == key)
        content: dict[str, Any] = json.loads(found)
        return content

    def figure(self, key: str, place: int = 0) -> Any:
        """A chart in Plotly's form."""
        figure = self.charts(key)["figures"][place]["figure"]
        return json.loads(figure) if isinstance(figure, str) else figure

    def traces(self, key: str, place: int = 0) -> Any:
        """A chart's data, trace by trace."""
        return self.figure(key, place)["data"]

    def frames(self, key: str) -> int:
        """How many of the pictures in a gallery are framed."""
        return len(self.figure(key)["layout"].get("shapes", ()))
