"""Why a network answers as it does: what it looks at, what looks alike to it, what would change its mind, and what
becomes of the answer when the picture is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnlab import builtin
from cnnlab.figures.maps import map_data
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, painted_image
from cnnlab.figures.overlay import overlay
from cnnlab.figures.style import to_json
from cnnlab.figures.sweep import AXES, sweep_data, sweep_figure
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors, live
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.text import _, translate
from cnnlab.vision.transforms import RANGES, moved, sweep

if TYPE_CHECKING:
    from cnnlab.ui.draw import Answer

SIDE = 196
"""Pixels at which an explained picture is painted."""
NEIGHBOURS = 12


def body(answer: Answer) -> None:
    """What the network looks at, what is alike, what would change the answer."""
    best = int(answer.probabilities.argmax())
    target = st.pills(
        _("Why this answer, or why another"), range(len(answer.classes)), default=best,
        format_func=answer.classes.__getitem__, required=True, key=f"why-{answer.run.id}-{best}",
    )  # fmt: skip
    _looks_at(answer, best if target is None else target)
    left, right = st.columns(2, gap="large")
    with left:
        _alike(answer)
    with right:
        _change(answer, best)


def _looks_at(answer: Answer, target: int) -> None:
    found = lab().explain(answer.run, answer.moment, answer.image, target)
    image = _plain(answer.image)
    enlarged = max(SIDE // image.shape[0], 1)
    strongest = max(float(np.abs(found.occlusion).max()), 0.05)
    pictures = [
        (_("Saliency"), found.saliency, _("Orange where a pixel would change the score of this answer most.")),
        (
            _("Occlusion"),
            found.occlusion / strongest,
            _("How much the answer loses (orange) or gains (blue) when that place is covered."),
        ),
    ]
    if found.grad_cam is not None:
        text = _("Orange where the last feature maps speak for this answer; it is coarse: empty ground can count too.")
        pictures.insert(0, (_("Grad-CAM"), found.grad_cam, text))
    cells = [Cell(overlay(image, heat, enlarged), caption=name, hover=text) for name, heat, text in pictures]
    data = montage_data(cells, len(cells), label=0.12)
    alt = _("What the network looks at: {names}.", names=", ".join(name for name, _heat, _text in pictures))
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        live_charts([Chart(to_json(montage_figure(data, size=14)), alt, data.aspect)], key="why-heat")
    with right:
        st.markdown("\n".join(f"- **{name}**: {text}" for name, _heat, text in pictures))


def _alike(answer: Answer) -> None:
    st.markdown(_("**What looks most alike to the network**"))
    found = lab().nearest(answer.run, answer.moment, answer.image, NEIGHBOURS)
    names = answer.classes
    cells = [
        Cell(
            painted_image(image, 2),
            caption=names[label],
            hover=_("{label}, training image {index}: distance {distance:.3f}", label=names[label], index=index,
                    distance=distance),
        )
        for image, label, index, distance in zip(
            found.images, found.labels, found.indices, found.distances, strict=True
        )
    ]  # fmt: skip
    data = montage_data(cells, 6, label=0.3)
    alt = _("The training images nearest to the picture in the last hidden layer.")
    live_charts([Chart(to_json(montage_figure(data, size=13)), alt, data.aspect)], key="why-alike")
    st.caption(_("Nearest in the last hidden layer, among {count:,} training images.", count=found.searched))


def _change(answer: Answer, best: int) -> None:
    st.markdown(_("**What would make it another answer?**"))
    others = [k for k in range(len(answer.classes)) if k != best]
    target = st.pills(_("It should become"), others, format_func=answer.classes.__getitem__, key=f"towards-{best}")
    if target is None:
        st.caption(_("Choose an answer: the network’s own gradient changes the picture until it gives that answer."))
        return
    images, answers = lab().towards(answer.run, answer.moment, answer.image, target)
    first, last = _plain(images[0]), _plain(images[-1])
    difference = last - first
    enlarged = max(SIDE // 2 // first.shape[0], 1)
    cells = [
        Cell(paint(first, "grey", 1.0, enlarged), caption=_("before")),
        Cell(paint(difference, "signed", map_data(difference).limit, enlarged), caption=_("change")),
        Cell(paint(last, "grey", 1.0, enlarged), caption=_("after")),
    ]
    data = montage_data(cells, 3, label=0.2)
    alt = _("The picture before and after the change, and the change between them.")
    live_charts([Chart(to_json(montage_figure(data, size=13)), alt, data.aspect)], key="why-towards", width=420)
    said = int(answers[-1].argmax())
    values = {"answer": errors.plain(answer.classes[said]), "share": answers[-1][said], "steps": len(images) - 1}
    if said == target:
        text = _("After {steps} small steps the network says {answer} ({share:.0%}). One change of many.", **values)
    else:
        text = _("Even after {steps} small steps the network still says {answer} ({share:.0%}).", **values)
    st.caption(text)


def dials(answers: list[Answer]) -> None:
    """Move, turn or scale the picture; the probability over the whole range, beside a dense network's."""
    first = answers[0]
    kind = st.segmented_control(
        _("What to change"), list(RANGES), default="right", format_func=lambda kind: translate(AXES[kind]),
        required=True, key="dial-kind", persist_state="session",
    ) or "right"  # fmt: skip
    reach = RANGES[kind]
    at = st.slider(
        translate(AXES[kind]), reach.low, reach.high, reach.neutral, step=(reach.high - reach.low) / 40,
        key=f"dial-{kind}", label_visibility="collapsed",
    )  # fmt: skip
    best = int(first.probabilities.argmax())
    lines = []
    asked = _with_dense(answers)
    for name, run, moment, image in asked:
        values, images = sweep(image, kind)
        lines.append((name, lab().probabilities(run, moment, images)[:, best]))
    changed = moved(first.image, **{kind: at})
    answer = lab().probabilities(first.run, first.moment, changed[np.newaxis])[0]
    left, right = st.columns([1, 3], gap="large")
    with left:
        pixels = paint(_plain(changed), "grey", 1.0, max(SIDE // changed.shape[0], 1))
        data = montage_data([Cell(pixels)], 1)
        alt = _("The picture as the dial has it.")
        live_charts([Chart(to_json(montage_figure(data)), alt, data.aspect)], key="dial-picture", width=SIDE)
        said = int(answer.argmax())
        st.markdown(
            _("Now it is **{answer}** ({share:.1%}).", answer=errors.plain(first.classes[said]), share=answer[said])
        )
    with right:
        figure = sweep_figure(sweep_data(kind, values, lines), at, first.classes[best], translate)
        alt = _("The probability of {answer} over the range of the dial.", answer=first.classes[best])
        live_charts([Chart(to_json(figure), alt)], key="dial-sweep")
    if {builtin.ID, builtin.DENSE} <= {run.id for _name, run, _moment, _image in asked}:
        st.caption(
            _(
                "The dense network has as many parameters as the built-in one and learned from the same pictures; only "
                "the architecture differs."
            )
        )


def _with_dense(answers: list[Answer]) -> list[tuple[str, Run, Moment, np.ndarray]]:
    """The networks that are asked, and the built-in dense one where it reads such pictures and is not among them."""
    asked = [(answer.called, answer.run, answer.moment, answer.image) for answer in answers]
    dense, image = lab().run(builtin.DENSE), answers[0].image
    if dense.id not in {answer.run.id for answer in answers} and dense.network.input_shape == image.shape:
        asked.append((live.short(dense), dense, lab().moments(dense.id)[-1], image))
    return asked


def _plain(image: np.ndarray) -> np.ndarray:
    """An image (height, width, channels) as one can paint it: grey (height, width)."""
    return image[:, :, 0] if image.shape[2] == 1 else image.mean(axis=2)
