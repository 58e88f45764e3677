"""The Images tab: galleries of an evaluation's images, and one image with its explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from cnnlab.datasets import scaled
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint_image
from cnnlab.figures.overlay import overlay
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.figures.style import WRONG
from cnnlab.network.outputs import OutputKind
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.evaluate import train_on_mistakes
from cnnlab.ui.evaluate.state import EvaluateState
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import state
from cnnlab.ui.shared import outputs
from cnnlab.ui.shared.heat_maps import HeatMap, heat_maps
from cnnlab.ui.shared.picture_picker import Picture, PictureState
from cnnlab.ui.text import _, n_, translate

if TYPE_CHECKING:
    from cnnlab.lab.inference import Explanation
    from cnnlab.ui.evaluate.evaluated import EvaluatedRun

IMAGES_PER_PAGE = 96
"""8 rows of 12, as in the notes."""
GRID_COLUMNS = 12
IMAGES_PER_CELL = 48
"""Maximum number of images shown for a cell of the confusion matrix."""
TILE_PX = 168
"""Approximate width of an enlarged image."""
MIN_TILE_PX = 40
"""Minimum width of an image in a gallery."""
Order = Literal["worst", "unsure", "best", "all"]


def body(evaluated: EvaluatedRun) -> None:
    """Draw the gallery of the chosen kind: worst mistakes, least confident, best of a class, or all in order."""
    found = evaluated.found
    names: dict[Order, str] = {
        "worst": _("Most confident mistakes"),
        "unsure": _("Least confident"),
        "best": _("Best of each class"),
        "all": _("All, in order"),
    }
    if found.kind != "probabilities":
        # Scores rank images, too, but they are no confidence.
        names |= {"worst": _("Mistakes with the highest scores"), "unsure": _("Smallest lead")}
    order = st.segmented_control(
        _("Show"), list(names), default="worst", format_func=names.__getitem__, required=True,
        key="examples-order", persist_state="session",
    )  # fmt: skip
    if order == "best":
        label = st.selectbox(
            _("Class"), np.flatnonzero(found.per_class.support).tolist(), format_func=evaluated.classes.__getitem__,
            key="examples-class", width=200,
        )  # fmt: skip
        indices = found.best_of(label, IMAGES_PER_PAGE)
    elif order == "unsure":
        indices = found.least_confident(IMAGES_PER_PAGE)
    elif order == "all":
        pages = -(-len(found.labels) // IMAGES_PER_PAGE)
        number = int(st.number_input(_("Page (of {pages})", pages=pages), 1, pages, 1, key="examples-page", width=140))
        indices = np.arange((number - 1) * IMAGES_PER_PAGE, min(number * IMAGES_PER_PAGE, len(found.labels)))
    else:
        indices = found.worst(len(found.labels))
    if not len(indices):
        st.success(_("No mistakes: every prediction is correct."))
        return
    if order == "worst":
        train_on_mistakes.offer(evaluated, indices[:IMAGES_PER_PAGE])
    gallery(evaluated, indices, "examples", GRID_COLUMNS)
    selected_image(evaluated)


def gallery(evaluated: EvaluatedRun, indices: np.ndarray, key: str, columns: int) -> None:
    """Draw images with their predictions, mistakes framed; a click selects one."""
    page, found = state(EvaluateState), evaluated.found
    shown = indices[: IMAGES_PER_CELL if columns < GRID_COLUMNS else IMAGES_PER_PAGE]
    if not len(shown):
        st.caption(_("No images to show."))
        return
    cells = []
    for index in shown:
        predicted, label = int(found.predictions[index]), int(found.labels[index])
        prediction, true_class = evaluated.classes[predicted], evaluated.classes[label]
        share = outputs.share(found.probabilities[index, predicted], found.kind)
        cells.append(
            Cell(
                paint_image(found.images[index]),
                caption=prediction if predicted == label else f"{prediction} ≠ {true_class}",
                hover=_("{prediction} ({share}); label: {label}", prediction=prediction, share=share,
                        label=true_class),
                frame=WRONG if predicted != label else "",
            )
        )  # fmt: skip
    data = montage_data(cells, columns, label=0.3)
    alt = n_(
        "{count} image with the network’s prediction; mistakes are framed.",
        "{count} images with the network’s predictions; mistakes are framed.",
        count=len(cells),
    )
    chart = Chart(montage_figure(data), alt, data.aspect, least=MIN_TILE_PX * columns)
    click = live_charts([chart], key=f"gallery-{key}-{len(cells)}", clickable=True)
    if click and int(click.index) < len(shown):
        page.image = int(shown[int(click.index)])
        redraw()
    lines = [_("Captions show the prediction; mistakes read prediction ≠ label.")]
    if len(indices) > len(shown):
        lines.append(_("Showing the first {shown} of {count}.", shown=len(shown), count=len(indices)))
    st.caption(" ".join(lines))


def selected_image(evaluated: EvaluatedRun) -> None:
    """Draw the selected image with its outputs and heat maps, and a button to its feature maps."""
    index, found = state(EvaluateState).image, evaluated.found
    if index is None or index >= len(found.labels):
        st.caption(_("Click an image to see the output for each class and an explanation of the prediction."))
        return
    image = scaled(found.images[index])
    predicted, label = int(found.predictions[index]), int(found.labels[index])
    explained = lab().inference.explain(evaluated.run, evaluated.moment, image, predicted)
    maps = _most_telling(explained, found.kind)
    enlarged = max(TILE_PX // image.shape[0], 1)
    ground = image[:, :, 0] if image.shape[2] == 1 else image
    cells = [Cell(paint_image(found.images[index], enlarged), caption=_("Image"))]
    cells += [
        Cell(overlay(ground, shown.heat, enlarged), caption=shown.name) for shown in maps if shown.heat is not None
    ]
    st.markdown(
        _("**Prediction: {prediction} · Label: {label}**", prediction=errors.plain(evaluated.classes[predicted]),
          label=errors.plain(evaluated.classes[label]))
    )  # fmt: skip
    left, right = st.columns([3, 2], gap="large")
    with left:
        data = montage_data(cells, len(cells), label=0.15)
        alt = _("The image, and heat maps of the regions that matter for the prediction.")
        live_charts([Chart(montage_figure(data, size=13), alt, data.aspect)], key="example-one")
        st.caption("  \n".join(f"{shown.name}: {shown.text}" for shown in maps))
    with right:
        bars = probabilities_data(found.probabilities[index], evaluated.classes, found.kind)
        alt = _("The network’s output for each class for the selected image.")
        live_charts([Chart(probabilities_figure(bars, translate), alt)], key="example-bars")
        outputs.note(found.kind)
        if st.button(_("View feature maps"), icon=":material/filter_none:", key="example-maps"):
            state(PictureState).send(Picture(image, evaluated.classes[label]))
            go("maps")


def _most_telling(explained: Explanation, kind: OutputKind) -> list[HeatMap]:
    """Return the map of the feature maps and occlusion; saliency only where one of them is blank."""
    maps = heat_maps(explained, kind)
    drawn = {shown.kind for shown in maps if shown.heat is not None}
    others = {shown.kind for shown in maps} - {"saliency"}
    return [shown for shown in maps if shown.kind != "saliency" or not others <= drawn]
