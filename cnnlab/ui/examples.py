"""Single images of an evaluation: galleries of them, one of them explained, all of them on a map of features."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from cnnlab.datasets import scaled
from cnnlab.figures.montage import Cell, montage_data, montage_figure, painted_image
from cnnlab.figures.overlay import overlay
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.figures.scatter import scatter_data, scatter_figure
from cnnlab.figures.style import WRONG, to_json
from cnnlab.figures.thumbnails import Thumbnails, thumbnails
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors, learn_more, pictures
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate

if TYPE_CHECKING:
    from cnnlab.ui.evaluate import Examined

PAGE = 96
"""Images of a gallery's page: the notes' 8 by 12."""
COLUMNS = 12
FEW = 48
MOST_PLACED = {"pca": 3000, "tsne": 1000}
SIDE = 168
"""Pixels at which a single image is painted."""

Method = Literal["pca", "tsne"]
Order = Literal["worst", "unsure", "best", "all"]


def body(examined: Examined) -> None:
    """Galleries: the worst mistakes, the least sure answers, a class's best, all in order."""
    found = examined.found
    names: dict[Order, str] = {
        "worst": _("Sure and wrong"),
        "unsure": _("Least sure"),
        "best": _("Best of a class"),
        "all": _("All, in order"),
    }
    order = st.segmented_control(
        _("Which images"), list(names), default="worst", format_func=names.__getitem__, required=True,
        key="examples-order", persist_state="session",
    )  # fmt: skip
    if order == "best":
        label = st.selectbox(
            _("Class"), np.flatnonzero(found.per_class.support).tolist(), format_func=examined.classes.__getitem__,
            key="examples-class", width=200,
        )  # fmt: skip
        places = found.best_of(label, PAGE)
    elif order == "unsure":
        places = found.least_sure(PAGE)
    elif order == "all":
        pages = -(-len(found.labels) // PAGE)
        page = int(st.number_input(_("Page of {pages}", pages=pages), 1, pages, 1, key="examples-page", width=140))
        places = np.arange((page - 1) * PAGE, min(page * PAGE, len(found.labels)))
    else:
        places = found.worst(len(found.labels))
    if not len(places):
        st.success(_("There is no such image: not one answer is wrong."))
        return
    if order == "worst":
        learn_more.offer(examined, places[:PAGE])
    gallery(examined, places, "examples", COLUMNS)
    one(examined)


def gallery(examined: Examined, places: np.ndarray, key: str, columns: int) -> None:
    """Images with the answers, wrong ones framed; a click chooses one."""
    me, found = session().examined, examined.found
    shown = places[: FEW if columns < COLUMNS else PAGE]
    if not len(shown):
        st.caption(_("No images here."))
        return
    cells = []
    for place in shown:
        said, truth = int(found.answers[place]), int(found.labels[place])
        confidence = found.probabilities[place, said]
        answer, true = examined.classes[said], examined.classes[truth]
        cells.append(
            Cell(
                painted_image(found.images[place]),
                caption=answer if said == truth else f"{answer} ≠ {true}",
                hover=_("{answer} ({share:.1%}); it is {truth}", answer=answer, share=confidence, truth=true),
                frame=WRONG if said != truth else "",
            )
        )  # fmt: skip
    data = montage_data(cells, columns, label=0.3)
    alt = _("{count} images with the answers of the network; wrong ones are framed.", count=len(cells))
    chart = Chart(to_json(montage_figure(data)), alt, data.aspect, least=40 * columns)
    click = live_charts([chart], key=f"gallery-{key}-{len(cells)}", clickable=True)
    if click and click.at > me.clicked and int(click.index) < len(shown):
        me.clicked, me.image = click.at, int(shown[int(click.index)])
        redraw()
    lines = [_("Below each image the answer; where it is wrong: answer ≠ truth.")]
    if len(places) > len(shown):
        lines.append(_("The first {shown} of {count}.", shown=len(shown), count=len(places)))
    st.caption(" ".join(lines))


def one(examined: Examined) -> None:
    """The chosen image with its probabilities, what the network looks at, and the way to its feature maps."""
    me, found = session().examined, examined.found
    if me.image is None or me.image >= len(found.labels):
        st.caption(_("Click an image to see its probabilities and what the network looks at."))
        return
    image = scaled(found.images[me.image])
    said, truth = int(found.answers[me.image]), int(found.labels[me.image])
    explained = lab().explain(examined.run, examined.moment, image, said)
    heats = [
        (_("Grad-CAM"), explained.grad_cam),
        (_("Occlusion"), explained.occlusion),
    ]
    enlarged = max(SIDE // image.shape[0], 1)
    ground = image[:, :, 0] if image.shape[2] == 1 else image
    cells = [Cell(painted_image(found.images[me.image], enlarged), caption=_("The image"))]
    for name, heat in heats:
        if heat is not None:
            strongest = max(float(np.abs(heat).max()), 0.05)
            cells.append(Cell(overlay(ground, heat / strongest, enlarged), caption=name))
    st.markdown(
        _("**The network says {answer}; it is {truth}**", answer=errors.plain(examined.classes[said]),
          truth=errors.plain(examined.classes[truth]))
    )  # fmt: skip
    left, right = st.columns([3, 2], gap="large")
    with left:
        data = montage_data(cells, len(cells), label=0.15)
        alt = _("The image, and what the network looks at in it.")
        live_charts([Chart(to_json(montage_figure(data, size=13)), alt, data.aspect)], key="example-one")
        st.caption(
            _(
                "Grad-CAM: where the last feature maps speak for the answer. Occlusion: how much the answer depends on "
                "what is covered there. Orange speaks for it, blue against it; where nothing is coloured, nothing was "
                "found that does."
            )
        )
    with right:
        figure = probabilities_figure(probabilities_data(found.probabilities[me.image], examined.classes), translate)
        live_charts([Chart(to_json(figure), _("The probabilities of the chosen image."))], key="example-bars")
        if st.button(_("Its feature maps"), icon=":material/filter_none:", key="example-maps"):
            session().sent = image, examined.classes[truth]
            session().show(pictures.SENT)
            st.switch_page("pages/maps.py")


def space(examined: Examined) -> None:
    """The last hidden layer's features of the images, on a plane."""
    me, found = session().examined, examined.found
    names: dict[Method, str] = {"pca": _("PCA (quick)"), "tsne": _("t-SNE (takes a while)")}
    method = st.segmented_control(
        _("Projection"), list(names), default="pca", format_func=names.__getitem__, required=True, key="space-method"
    ) or "pca"  # fmt: skip
    images = found.images[: MOST_PLACED[method]]
    count, mark = len(images), zlib.crc32(images.tobytes())
    with st.spinner(_("Laying out {count:,} images …", count=count), show_time=True):
        places = _places(examined.run.id, examined.moment, examined.written, method, mark, examined.run, images)
    data = scatter_data(places, found.labels[:count], found.probabilities[:count], examined.classes)
    alt = _("The images as points: near to each other where the last hidden layer finds them alike.")
    chart = Chart(to_json(scatter_figure(data, translate)), alt, thumbnails=_thumbnails(mark, images))
    click = live_charts([chart], key=f"space-{method}", clickable=True)
    st.caption(
        _(
            "Each point is one of the first {count:,} images, coloured by what it is; crosses are wrong answers. "
            "Points lie near to each other where the network’s last hidden layer finds the images alike; directions "
            "mean nothing.",
            count=count,
        )
    )
    if click and click.at > me.clicked:
        me.clicked, me.image = click.at, data.nearest(click.x, click.y)
        redraw()
    one(examined)


@st.cache_data(max_entries=16, show_spinner=False)
def _places(
    run: str, moment: Moment, written: int, method: Method, mark: int, _run: Run, _images: np.ndarray
) -> np.ndarray:
    """Computed once for each map: t-SNE takes seconds, and the page is drawn anew with every click.

    `written` and `mark` tell other weights of that moment, and other images, from those that the map was made of.
    """
    return lab().project(_run, moment, _images, method)


@st.cache_data(max_entries=16, show_spinner=False)
def _thumbnails(mark: int, _images: np.ndarray) -> Thumbnails:
    return thumbnails(_images)
