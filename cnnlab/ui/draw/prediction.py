"""The Draw page: the canvas, the predictions, and tabs that show the network input, explanations and more."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
import streamlit as st

from cnnlab.evaluation.metrics import top_two
from cnnlab.evaluation.not_finite import NotFiniteError
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components import canvas
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import tabs
from cnnlab.ui.draw import (
    collections,
    doubts,
    explanation,
    live_answers,
    photo,
    preprocessing,
    several,
    transforms,
)
from cnnlab.ui.draw.network_prediction import InputImage, NetworkPrediction
from cnnlab.ui.draw.networks import Network, choose
from cnnlab.ui.draw.state import DrawState
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import state
from cnnlab.ui.shared import engine_status, moment_picker, outputs, picture_picker
from cnnlab.ui.shared.picture_picker import Picture
from cnnlab.ui.text import _, translate
from cnnlab.vision.digit_preprocessing import Digit, to_digit

Source = Literal["canvas", "photo", "sample"]
PAINT_SECONDS = 0.05
"""Pause that lets the browser paint the prediction before the tabs are sent."""


def body() -> None:
    """Draw the page; the caller makes it one fragment, so that a stroke reruns nothing else."""
    left, right = st.columns([2, 3], gap="large", vertical_alignment="bottom")
    with left:
        kind = _choose_source()
    with right, moment_picker.bar():
        networks = choose()
    left, right = st.columns([2, 3], gap="large")
    with left:
        sources = _input_images(kind, networks[0][0]) or []
    with right:
        answers = _show_predictions(sources, networks, kind == "canvas")
        if not answers:
            return
        chosen = several.choose(len(sources))
        source, predictions = sources[chosen], answers[chosen]
        _link_to_feature_maps(source)
    first = predictions[0]
    # Give the browser a moment to paint the prediction before sending the tabs, which take as long again.
    time.sleep(PAINT_SECONDS)
    contents = {
        _("Network input"): lambda: preprocessing.body(source.digit, source.picture, first.run, first.moment),
        _("Explanation"): lambda: explanation.body(first),
        _("Transforms"): lambda: transforms.body(predictions),
        _("Collections"): lambda: collections.body(source.digit, first.run, first.moment),
    }
    tabs(contents, key="draw-tabs")


def _choose_source() -> Source:
    """Draw the choice where the image comes from, and return it."""
    names: dict[Source, str] = {"canvas": _("Draw"), "photo": _("Photo or scan"), "sample": _("Dataset image")}
    chosen = st.segmented_control(
        _("Image"), list(names), default="canvas", format_func=names.__getitem__, required=True, key="draw-source",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    return chosen or "canvas"


@errors.shown()
def _input_images(source: Source, first: Run) -> list[InputImage]:
    """Return the image to read: drawn here, from a photo (one per digit), or from a dataset; none at first.

    Args:
        first: the run of the network that a photo is prepared for.
    """
    if source == "canvas":
        drawn = canvas.draw("draw", inviting=True)
        st.caption(_("Draw a digit, large or small, with the mouse, a finger or a pen."))
        if drawn is None:
            return []
        digit = to_digit(drawn, **state(DrawState).preprocessing)
        return [InputImage(Picture(digit.image, _("your drawing")), digit, drawn)]
    if source == "photo":
        return photo.digits(first)
    return [InputImage(picture_picker.of_dataset("draw"))]


def _show_predictions(sources: list[InputImage], chosen: list[Network], drawing: bool) -> list[list[NetworkPrediction]]:
    """Draw the predictions of the chosen networks for every image, and return them; an empty list if there are none.

    Args:
        drawing: whether the image is drawn here, so that the browser follows the pen.
    """
    # Words come first: the bars arrive with the news that the words are up to date again.
    with st.container(key="draw-said", gap="xxsmall"):
        answers = _say(sources, chosen) if sources else []
        if not sources:
            st.caption(_("The prediction appears here."))
    several_images = len(sources) > 1
    live = set() if several_images else live_answers.body(chosen, next(iter(sources), None), drawing)
    charts = [
        _bars(prediction, len(chosen) > 1, number if several_images else 0)
        for number, predictions in enumerate(answers, 1)
        for prediction in predictions
        if (prediction.run.id, prediction.moment) not in live
    ]
    if charts:
        live_charts(charts, key="draw-answers")
    if answers:
        first, *others = answers[0]
        for kind in dict.fromkeys(prediction.kind for prediction in others):
            if kind != first.kind:
                outputs.note(kind)
    return answers


def _say(sources: list[InputImage], chosen: list[Network]) -> list[list[NetworkPrediction]]:
    """Draw the first network's predictions in words. Return the predictions of all."""
    answers = _all_predictions(sources, chosen)
    if len(answers) > 1:
        several.headline([predictions[0] for predictions in answers], sources)
    elif answers:
        _verdict(answers[0][0], sources[0].digit)
    return answers


def _link_to_feature_maps(source: InputImage) -> None:
    if st.button(_("View feature maps"), icon=":material/filter_none:", key="draw-maps", type="tertiary"):
        picked = state(picture_picker.PictureState)
        if source.canvas is not None:
            picked.show(picture_picker.DRAWING)
        else:
            picked.send(source.picture)
        go("maps")


def _all_predictions(sources: list[InputImage], chosen: list[Network]) -> list[list[NetworkPrediction]]:
    """Return the predictions of the chosen networks for every image; an empty list if there are none."""
    first = _predictions(sources[0], chosen)
    # What a network cannot do with the first image was said there.
    able = [(prediction.run, prediction.moment, prediction.title) for prediction in first]
    answers = [first, *(_predictions(source, able) for source in sources[1:])] if first else []
    return answers if all(answers) else []


def _predictions(source: InputImage, chosen: list[Network]) -> list[NetworkPrediction]:
    """Return the predictions of the chosen networks that predict anything; an empty list if the workers fail."""
    with engine_status.errors_shown():
        found = [_predict(source, *network, titled=len(chosen) > 1) for network in chosen]
        return [prediction for prediction in found if prediction]
    return []


def _predict(source: InputImage, run: Run, moment: Moment, title: str, titled: bool) -> NetworkPrediction | None:
    """Return a network's prediction; if it is NaN, say so and return None."""
    image = source.picture.prepared(run.dataset)
    try:
        probabilities = lab().inference.probabilities(run, moment, image[np.newaxis])[0]
    except NotFiniteError as error:
        if titled:
            st.markdown(f"**{errors.plain(title)}**")
        errors.show(error)
        return None
    return NetworkPrediction(run, moment, title, image, probabilities)


def _verdict(prediction: NetworkPrediction, digit: Digit | None) -> None:
    """Draw the prediction in words, or why there can be none if the drawing hardly looks like one digit."""
    names, shares, kind = prediction.classes, prediction.probabilities, prediction.kind
    found = top_two(shares, kind)
    values = {
        "best": errors.plain(names[found.best]), "second": errors.plain(names[found.second]),
        "share": outputs.share(shares[found.best], kind), "other": outputs.share(shares[found.second], kind),
    }  # fmt: skip
    if digit is not None and digit.doubt_as(names[found.best]):
        doubts.show(digit, names[found.best], values)
    elif found.confident:
        st.markdown(_("### Prediction: **{best}** :gray[({share})]", **values))
        st.caption(_("Runner-up: {second} ({other}).", **values))
    else:
        st.markdown(_("### Uncertain: **{best}** or **{second}**", **values))
        st.caption(_("{best}: {share}, {second}: {other}.", **values))
    outputs.note(kind)


def _bars(prediction: NetworkPrediction, titled: bool, number: int = 0) -> Chart:
    """Return the outputs as a chart; `number` of the digit, if there are several."""
    data = probabilities_data(prediction.probabilities, prediction.classes, prediction.kind)
    best = prediction.classes[data.best]
    if prediction.kind == "probabilities":
        alt = _("Class probabilities from {name}; {best} has the highest.", name=prediction.title, best=best)
    else:
        alt = _("Class scores from {name}; {best} has the highest.", name=prediction.title, best=best)
    title = prediction.title if titled else ""
    if number:
        title = several.title(number, title)
    return Chart(probabilities_figure(data, translate, height=230), alt, title=title)
