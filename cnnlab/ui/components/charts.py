"""Charts that update in place, for live data.

Streamlit's own `st.plotly_chart` creates a new node for new data (it flickers and forgets zoom and hidden lines), so a
small component calls `Plotly.react` instead. The script comes from the plotly package and is served from `static/`.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import plotly
import streamlit as st
from streamlit.elements.lib.layout_utils import Width

from cnnlab.errors import CNNLabError
from cnnlab.figures.style import Figure, to_json
from cnnlab.figures.thumbnails import Thumbnails
from cnnlab.files import replacing
from cnnlab.i18n.marks import N_
from cnnlab.ui import errors
from cnnlab.ui.session import session

_HERE = Path(__file__).parent
_STATIC = Path(__file__).parents[3] / "static"

_mount = st.components.v2.component(
    "cnnlab_charts",
    html='<dl class="cnnlab-numbers"></dl><div class="cnnlab-charts"></div>',
    css=(_HERE / "charts.css").read_text(),
    js=(_HERE / "charts.js").read_text(),
    isolate_styles=False,
)


class Chart(NamedTuple):
    """One chart.

    Attributes:
        figure: a Plotly figure as a dictionary, see `figures.style`.
        alt: a sentence that describes the chart, for screen readers.
        aspect: height divided by width, for an image that must keep its shape.
        title: a line above the chart.
        least: minimum width in pixels; on a narrower screen the chart scrolls sideways.
        download: a file name; adds buttons that save the chart as PNG and SVG.
        thumbnails: images to show on hover; a point's `customdata` is the index of its image.
    """

    figure: Figure
    alt: str
    aspect: float | None = None
    download: str | None = None
    title: str = ""
    least: int = 0
    thumbnails: Thumbnails | None = None

    def content(self) -> dict[str, Any]:
        """Return the data for the browser. The figure is a JSON string: Streamlit would traverse a dictionary."""
        images = self.thumbnails._asdict() if self.thumbnails else None
        return self._asdict() | {"figure": to_json(self.figure), "thumbnails": images}


class Click(NamedTuple):
    """A click on a chart.

    Attributes:
        chart: index of the chart among those drawn together.
        x, y: the clicked position, in the chart's own units.
        index: index of the point in its trace; for a heat map, [row, column].
    """

    chart: int
    x: float
    y: float
    index: Any


@errors.shown()
def live_charts(
    charts: Sequence[Chart],
    key: str,
    width: Width = "stretch",
    *,
    numbers: Sequence[tuple[str, str]] = (),
    clickable: bool = False,
    stacked: bool = False,
) -> Click | None:
    """Draw charts side by side if there is room, or `stacked`. Their nodes stay as long as `key` does.

    Args:
        numbers: (label, value) pairs shown above the charts. They are part of the component because every separate
            Streamlit element costs CPU time in every update.

    Returns:
        A new click, once, if `clickable`.
    """
    content = {
        "source": _served_script(),
        "figures": [chart.content() for chart in charts],
        "numbers": list(numbers),
        "clickable": clickable,
        "stacked": stacked,
    }
    result = _mount(key=key, data=content, width=width, on_clicked_change=_ignore)
    return _once(key, result.clicked) if clickable and result.clicked else None


def _once(key: str, clicked: dict[str, Any]) -> Click | None:
    """Return a click only once: the component repeats its last one in every rerun. `at` is its time in milliseconds."""
    at, clicks = clicked["at"], session().clicks
    if at <= clicks.get(key, 0.0):
        return None
    clicks[key] = at
    return Click(*(clicked[name] for name in Click._fields))


def _ignore() -> None:
    """Do nothing: Streamlit requires a callback, but only the rerun that follows is needed."""


@functools.cache
def _served_script() -> str:
    """Return the URL of Plotly's script. Copied once, since Streamlit serves only files in the app's `static/`."""
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    served = _STATIC / f"plotly-{plotly.__version__}.min.js"
    if not served.exists():
        try:
            with replacing(served) as unfinished:
                shutil.copyfile(script, unfinished)
        except OSError as error:
            raise CNNLabError(
                N_("The script that draws the charts cannot be copied to {folder} ({reason})."),
                N_("Free some space, or run the app from a writable folder."),
                folder=str(_STATIC),
                reason=str(error),
            ) from error
    return f"app/static/{served.name}"
