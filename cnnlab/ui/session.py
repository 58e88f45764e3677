"""One user's choices as typed objects; the only access to Streamlit's session state.

`Session` holds what several pages share. State of a single page is a dataclass in that page's folder, kept by `state`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from cnnlab.network.editing import Edits
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.fast_preset import fast
from cnnlab.training.recipes import FIRST_RECIPE, RECIPES, for_dataset
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec

State = TypeVar("State")

_KEY = "cnnlab"


class Design(NamedTuple):
    """A network and the settings to train it with."""

    network: NetworkSpec
    training: TrainingSpec

    @classmethod
    def first(cls) -> Design:
        """Return the design that a new session starts with."""
        network = RECIPES[FIRST_RECIPE].network
        return cls(network, fast(network, for_dataset(RECIPES[FIRST_RECIPE].training, "mnist-5k")))


@dataclass
class Session:
    """One user's choices. They survive page switches; data that must outlive the session is in the Lab.

    Attributes:
        id: identifies the session of a user without a nickname.
        nickname: the user's nickname; kept in the link.
        language: chosen with the switch; None to follow the link or the browser.
        page_language: the language of the current page, see `text.language`.
        entered: whether app.py has run in this session.
        page: the page that was opened last.
        visit: number of page switches.
        target: a page that was requested before app.py could run, with its query parameters.
        edits: the network and settings that Build edits and Start trains, with undo and redo.
        edition: increases when they are replaced from outside their forms, so that the forms start over.
        linked: network codes that were read from or written to the link. A delayed message of the browser can still
            contain an old one, which must not restore the old network.
        opened: containers that `fragments.has_been_open` has seen open.
        presses: clicks that `fragments.pressed` has not returned yet.
        clicks: time of the last click that `charts.live_charts` returned, by the charts' key.
        run: the run that Train follows and the other pages show.
        builtin_run: a built-in network that the other pages show instead.
        moment: the selected snapshot; None for the newest.
        time_playing: whether the snapshot advances automatically.
        offer: an available dataset, offered in place of one that could not be downloaded.
        rooms: the state of each page, see `state`.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    nickname: str = ""
    language: str | None = None
    page_language: str = ""
    entered: bool = False
    page: str = ""
    visit: int = 0
    target: tuple[str, dict[str, str]] | None = None
    edits: Edits[Design] = field(default_factory=lambda: Edits(Design.first()))
    edition: int = 0
    linked: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    presses: set[str] = field(default_factory=set)
    clicks: dict[str, float] = field(default_factory=dict)
    run: str | None = None
    builtin_run: str | None = None
    moment: Moment | None = None
    time_playing: bool = False
    offer: str | None = None
    rooms: dict[type, Any] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The owner of the user's runs, by whom the queue takes turns."""
        return self.nickname or self.id

    @property
    def network(self) -> NetworkSpec:
        """The current network."""
        return self.edits.present.network

    @network.setter
    def network(self, network: NetworkSpec) -> None:
        self.edits.make(Design(network, self.training))

    @property
    def training(self) -> TrainingSpec:
        """The current settings."""
        return self.edits.present.training

    @training.setter
    def training(self, training: TrainingSpec) -> None:
        # Settings get no undo step of their own; undoing a network change also restores the settings it was made with.
        self.edits.present = Design(self.network, training)

    @property
    def recipe(self) -> str | None:
        """The name of the recipe that the network equals; None for a custom network."""
        recipe = RECIPES.get(self.network.name)
        return self.network.name if recipe and recipe.network == self.network else None

    def design(self, network: NetworkSpec, training: TrainingSpec | None = None) -> None:
        """Replace the network (and settings) as an undoable step; the forms start over."""
        self.edits.make(Design(network, training or self.training))
        self.edition += 1

    def begin(self, network: NetworkSpec, training: TrainingSpec) -> None:
        """Start over with a network and settings, without undo history."""
        self.edits = Edits(Design(network, training))
        self.edition += 1

    def open(self, page: str) -> None:
        """Record which page is drawn, and discard pending clicks of the previous page."""
        if page != self.page:
            self.page = page
            self.visit += 1
            self.presses.clear()


def session() -> Session:
    """Return the current user's session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    found: Session = st.session_state[_KEY]
    return found


def reported(key: str, name: str) -> Any:
    """Return the value `name` of the component with this key, for its callback, which runs before the page is drawn."""
    return st.session_state[key][name]


def state(kind: type[State]) -> State:
    """Return the current user's state of class `kind`, created on first use."""
    rooms = session().rooms
    if kind not in rooms:
        rooms[kind] = kind()
    found: State = rooms[kind]
    return found
