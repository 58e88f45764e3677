"""Session: what one reader has chosen, as one typed object; the only access to Streamlit's session state."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import streamlit as st
from streamlit.errors import StreamlitAPIException

from cnnlab import builtin
from cnnlab.network.editing import Edits
from cnnlab.network.layers import Layer
from cnnlab.network.recipes import FIRST, RECIPES, suited
from cnnlab.network.spec import NetworkSpec
from cnnlab.taking import File
from cnnlab.training.fast import fast
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui.remembered import Asked, Examined, Kept, Learning, Place, Sketch, Studied

_KEY = "cnnlab"


class OpenContainer(Protocol):
    """What Streamlit gives for a popover or a tab with `on_change="rerun"`."""

    @property
    def open(self) -> bool | None: ...


class Design(NamedTuple):
    """A network and the settings that it would be trained with."""

    network: NetworkSpec
    training: TrainingSpec

    @classmethod
    def first(cls) -> Design:
        """What a newcomer begins with."""
        network = RECIPES[FIRST].network
        return cls(network, fast(network, suited(RECIPES[FIRST].training, "mnist-5k")))


@dataclass
class Session:
    """One reader's choices. They outlive page switches; what must outlive the session is in the Lab.

    Attributes:
        id: names the session where the reader has given no nickname.
        nickname: what the reader calls themselves; kept in the link.
        language: chosen with the switch; None: as the link or the browser says.
        spoken: the language of the present page, see `text.language`.
        entered: whether app.py has run in this session.
        page: the page that was opened last.
        target: a page that was asked for before app.py could run, with its query parameters.
        edits: what Build changes and Start would train, with the ways back and forth.
        edition: grows when they are replaced from outside their forms, so that the forms begin anew.
        dismissed: advice that is not wanted any more, as (rule, layer).
        opened: what `has_been_open` has seen open.
        presses: what `pressed` has not handed on yet.
        linked: codes of networks in the link that were taken from it or put there. A browser's message can still carry
            one that has been replaced since, which must not bring the old network back.
        place: the pixel of the Filters page.
        map, map_pixel: the feature map that is looked at, as (layer, channel), and the pixel (row, column) of it.
        map_clicked: the moment of the click that was taken last.
        moment: that of the time machine; None: the newest. time_playing: whether it goes on by itself.
        run: the run that is followed; compared: one shown beside it; looked: a built-in network that is looked into
            instead.
        sketch: what has been drawn.
        preparation: the steps of `drawing.prepare` with whether they are wanted.
        asked: the networks that are asked about it; the first one is explained.
        source: where the picture of Filters and Feature maps comes from, see `pictures.choose`; its edition grows when
            another page sets it.
        sent: a picture that another page has sent to them, (pixels, name).
        augmented: how often the samples of the augmentation were changed anew.
        kept: the collections of drawings; examined: what is looked at on Evaluate; studied: on Data.
        taken: the file that was made last to be taken away, with its run and format.
        learning: how far the reader is in the lessons.
        flowing: which test digit flows through the strip on Home.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    nickname: str = ""
    language: str | None = None
    spoken: str = ""
    entered: bool = False
    page: str = ""
    target: tuple[str, dict[str, str]] | None = None
    edits: Edits[Design] = field(default_factory=lambda: Edits(Design.first()))
    edition: int = 0
    dismissed: set[tuple[str, Layer]] = field(default_factory=set)
    linked: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    presses: set[str] = field(default_factory=set)
    moment: Moment | None = None
    time_playing: bool = False
    map: tuple[str, int] | None = None
    map_pixel: tuple[int, int] | None = None
    map_clicked: float = 0.0
    place: Place = field(default_factory=Place)
    run: str | None = None
    looked: str | None = None
    compared: str | None = None
    offer: str | None = None
    sketch: Sketch = field(default_factory=Sketch)
    preparation: dict[str, bool] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=lambda: [Asked(builtin.ID)])
    source: str | None = None
    source_edition: int = 0
    sent: tuple[np.ndarray, str] | None = None
    augmented: int = 0
    kept: Kept = field(default_factory=Kept)
    examined: Examined = field(default_factory=Examined)
    studied: Studied = field(default_factory=Studied)
    taken: tuple[str, str, File] | None = None
    learning: Learning = field(default_factory=Learning)
    flowing: int = 0

    @property
    def who(self) -> str:
        """Whose runs these are, for the queue's fairness."""
        return self.nickname or self.id

    @property
    def network(self) -> NetworkSpec:
        """The network as it is now."""
        return self.edits.present.network

    @network.setter
    def network(self, network: NetworkSpec) -> None:
        self.edits.make(Design(network, self.training))

    @property
    def training(self) -> TrainingSpec:
        """The settings as they are now."""
        return self.edits.present.training

    @training.setter
    def training(self, training: TrainingSpec) -> None:
        # Settings are not gone back over by themselves, only with the network that they were changed with.
        self.edits.present = Design(self.network, training)

    @property
    def recipe(self) -> str | None:
        """The recipe that the network is, unchanged; None for one of the reader's own."""
        recipe = RECIPES.get(self.network.name)
        return self.network.name if recipe and recipe.network == self.network else None

    def design(self, network: NetworkSpec, training: TrainingSpec | None = None) -> None:
        """Go on with another network (and settings); the forms begin anew, and it can be undone."""
        self.edits.make(Design(network, training or self.training))
        self.edition += 1

    def open(self, page: str) -> None:
        """Take note of the page that is drawn; a canvas that is met again begins with what was drawn before."""
        if page != self.page:
            self.page = page
            self.presses.clear()
            self.sketch.renew()

    def show(self, source: str) -> None:
        """Have Filters and Feature maps begin with the picture from `source`."""
        self.source = source
        self.source_edition += 1

    def examine(self, what: str) -> None:
        """Look at other answers: what was chosen among the ones before is chosen no more."""
        if what != self.examined.what:
            self.examined = Examined(what, clicked=self.examined.clicked)

    def begin(self, network: NetworkSpec, training: TrainingSpec) -> None:
        """Begin with a network and settings, with nothing to undo."""
        self.edits = Edits(Design(network, training))
        self.edition += 1


def has_been_open(holder: OpenContainer, key: str) -> bool:
    """Whether a popover or tab is open, or was: forms in it are drawn from then on.

    Closing it right after typing reaches the server as one step with what was typed; a form that was not drawn in that
    step would lose it.
    """
    opened = session().opened
    if holder.open:
        opened.add(key)
    return key in opened


def pressed(button: Callable[..., bool], label: str, key: str, **how: Any) -> bool:
    """Whether a button has been pressed, which `button` draws.

    Whoever presses two buttons of a long page in quick succession has Streamlit begin the page anew before it has got
    to the first one, whose press it then forgets. Here it is taken down before anything is drawn.
    """
    presses = session().presses
    button(label, key=key, on_click=presses.add, args=(key,), **how)
    if key not in presses:
        return False
    presses.remove(key)
    return True


def redraw() -> None:
    """Draw the present fragment anew; in a whole run, into which Streamlit may have merged a click, the page."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()


def session() -> Session:
    """The present reader's session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    found: Session = st.session_state[_KEY]
    return found
