"""Charts whose node stays on the page while their data change: for everything that is live.

Streamlit's own `st.plotly_chart` makes a new node for new data (it flickers and forgets zoom and hidden lines), so a
small component calls `Plotly.react`. The script is the one inside the plotly package, served from `static/`.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import plotly
import streamlit as st
from streamlit.elements.lib.layout_utils import Width

from cnnlab.errors import CNNLabError
from cnnlab.figures.thumbnails import Thumbnails
from cnnlab.marks import N_
from cnnlab.ui import errors

_ASSETS = Path(__file__).parent / "assets"
_STATIC = Path(__file__).parents[2] / "static"

_mount = st.components.v2.component(
    "cnnlab_charts",
    html='<dl class="cnnlab-numbers"></dl><div class="cnnlab-charts"></div>',
    css=(_ASSETS / "charts.css").read_text(),
    js=(_ASSETS / "charts.js").read_text(),
    isolate_styles=False,
)


class Chart(NamedTuple):
    """One chart.

    Attributes:
        figure: Plotly's JSON.
        alt: the sentence that says what it shows, for those who cannot see it.
        aspect: height over width, for a picture that should keep its shape.
        title: a line above the chart.
        least: pixels below which it does not shrink; on a narrow screen it can be moved sideways instead.
        download: the name of a file; the chart then has buttons that save it as PNG and SVG.
        thumbnails: images, of which the one whose place is a point's `customdata` appears beside the pointer.
    """

    figure: str
    alt: str
    aspect: float | None = None
    download: str | None = None
    title: str = ""
    least: int = 0
    thumbnails: Thumbnails | None = None

    def content(self) -> dict[str, Any]:
        """As the browser is given it."""
        images = self.thumbnails._asdict() if self.thumbnails else None
        return self._asdict() | {"thumbnails": images}


class Click(NamedTuple):
    """A click.

    Attributes:
        chart: the place of the chart among those drawn together.
        x, y: what was clicked, in the chart's own units.
        index: which point of its trace; for a heat map, [row, column].
        at: the moment, in milliseconds since 1970.
    """

    chart: int
    x: float
    y: float
    index: Any
    at: float


def live_charts(
    charts: Sequence[Chart],
    key: str,
    width: Width = "stretch",
    *,
    numbers: Sequence[tuple[str, str]] = (),
    clickable: bool = False,
    stacked: bool = False,
) -> Click | None:
    """Draw charts side by side where there is room, or `stacked`. Their nodes stay while `key` stays.

    Args:
        numbers: what stands above the charts in large figures, each with its label. They come with the charts, since
            every element of Streamlit's own costs processor time at every update.

    Returns:
        The last click, where `clickable` asks for clicks; it stays until the next one.
    """
    try:
        source = _served_script()
    except CNNLabError as error:
        errors.show(error)
        return None
    content = {
        "source": source,
        "figures": [chart.content() for chart in charts],
        "numbers": list(numbers),
        "clickable": clickable,
        "stacked": stacked,
    }
    result = _mount(key=key, data=content, width=width, on_clicked_change=_heard)
    return Click(**result.clicked) if clickable and result.clicked else None


def _heard() -> None:
    """Streamlit asks for a callback; the rerun that follows is what is wanted."""


@functools.cache
def _served_script() -> str:
    """Where the browser finds Plotly; copied once, since Streamlit serves only what lies in the app's `static/`."""
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    served = _STATIC / f"plotly-{plotly.__version__}.min.js"
    if not served.exists():
        unfinished = served.with_suffix(f".{os.getpid()}")
        try:
            _STATIC.mkdir(exist_ok=True)
            shutil.copyfile(script, unfinished)
            unfinished.replace(served)
        except OSError as error:
            raise CNNLabError(
                N_("The script that draws the charts cannot be copied to {folder} ({reason})."),
                N_("Free some space, or run the app from a folder that can be written to."),
                folder=str(_STATIC),
                reason=str(error),
            ) from error
    return f"app/static/{served.name}"
