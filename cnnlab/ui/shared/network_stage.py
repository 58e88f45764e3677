"""The stage over a whole network: send what the page asks for, and remember what a gesture has chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.export import live_network
from cnnlab.lab.inference import tested_images
from cnnlab.network.summary import summarize
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components import canvas
from cnnlab.ui.components.live_network.component import UNCHANGING
from cnnlab.ui.components.network_stage import component
from cnnlab.ui.components.network_stage.component import Choice, Fact, Snapshot
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import engine_status, moment_picker
from cnnlab.ui.shared.picture_picker import DRAWING, Picture, PictureState
from cnnlab.ui.text import n_, translate
from cnnlab.vision.filter_edits import FilterEdit

Edits = tuple[tuple[int, int, float], ...]


@dataclass
class StageState:
    """What is chosen on the stage, shared by Filters and Feature maps.

    Attributes:
        map: the selected map, (layer, channel); the layer is "" for the input.
        pixel: its selected pixel, (row, column).
        scale: the color scale.
        edits: run -> its changed filters.
        effects: (snapshot, edits) -> what was said about them.
        heard: the serial of the last choice.
        zeros: the snapshot whose dead maps are to be found.
    """

    map: tuple[str, int] | None = None
    pixel: tuple[int, int] | None = None
    scale: str = "layer"
    edits: dict[str, Edits] = field(default_factory=dict)
    effects: dict[tuple[str, Edits], str] = field(default_factory=dict)
    heard: str = ""
    zeros: str = ""


class Shown(NamedTuple):
    """What is shown.

    Attributes:
        run: the selected run.
        moment: its selected snapshot.
        image: the picture as the network's input, float32 (height, width, channels).
        in_browser: whether the browser computes the network.
    """

    run: Run
    moment: Moment
    image: np.ndarray
    in_browser: bool


def show(picture: Picture, key: str) -> Shown:
    """Draw the choice of run and the stage, which has the choice of snapshot.

    If the browser cannot compute the network, draw the choice of snapshot next to that of the run, and the reason.
    """
    problem = None
    with moment_picker.bar():
        run = moment_picker.choose_run(key)
        image = picture.prepared(run.dataset)
        try:
            live_network.check(run.network)
        except CNNLabError as error:
            problem, moment = error, moment_picker.choose_moment(run, key)
    if problem:
        # Its remedy is about drawings.
        st.caption(errors.plain(problem.sentences(translate)[0]))
        return Shown(run, moment, image, in_browser=False)
    return Shown(run, _stage(run, image, key), image, in_browser=True)


def _said(error: CNNLabError) -> str:
    return " ".join(filter(None, error.sentences(translate)))


def _stage(run: Run, image: np.ndarray, key: str) -> Moment:
    """Draw the stage and return the selected snapshot."""
    me, moments = state(StageState), lab().snapshots.of(run.id)
    keys = [lab().live_networks.key(run, moment) for moment in moments]
    # The stage plays the snapshots itself.
    session().time_playing = False
    chosen = session().moment
    at = moments.index(chosen) if chosen in moments else len(moments) - 1
    asked = component.show(
        run.network,
        [Snapshot(key, moment.file, moment_picker.name(moment)) for key, moment in zip(keys, moments, strict=True)],
        at,
        image,
        [translate(name) for name in run.dataset.class_names],
        f"{key}-stage",
        choice=_choice(run, moments[at]),
        heard=me.heard,
        canvas=canvas.key_of(key) if state(PictureState).source == DRAWING else "",
    )
    if asked.choice and asked.choice.run == run.id:
        at = next((k for k, moment in enumerate(moments) if moment.file == asked.choice.moment), at)
        session().moment = moments[at] if at < len(moments) - 1 else None
        _take(run, asked.choice)
    me.zeros = asked.zeros or me.zeros
    by_key = dict(zip(keys, moments, strict=True))
    facts = _send(run, [(one, by_key[one]) for one in asked.missing if one in by_key], key)
    component.tell(key, [*facts, *_found_out(run, moments[at], keys[at], image)])
    return moments[at]


def _choice(run: Run, moment: Moment) -> Choice:
    """Return what is chosen; at first, and if the run has no such layer, the first map of its first layer."""
    me, rows = state(StageState), summarize(run.network).rows
    layers = {row.name: row.index for row in rows} | {"": -1}
    first = next(row.name for row in rows if not isinstance(row.layer, UNCHANGING))
    (layer, index), pixel = (me.map, me.pixel) if me.map and me.map[0] in layers else ((first, 0), None)
    return Choice(run.id, moment.file, layers[layer], index, pixel, me.edits.get(run.id, ()), me.scale)


def _take(run: Run, choice: Choice) -> None:
    """Remember what a gesture has chosen."""
    me, rows = state(StageState), summarize(run.network).rows
    me.map = (rows[choice.layer].name if choice.layer >= 0 else "", choice.map)
    me.pixel, me.scale, me.heard = choice.pixel, choice.scale, choice.serial
    me.edits[run.id] = choice.edits


def _send(run: Run, asked: Sequence[tuple[str, Moment]], key: str) -> list[Fact]:
    """Send snapshots to the page; return why some of them cannot be shown."""
    messages, facts = [], []
    for name, moment in asked:
        try:
            messages.append(lab().live_networks.message(run, moment))
        except CNNLabError as error:
            facts.append(Fact(name, problem=_said(error)))
    component.send(key, messages)
    return facts


def _found_out(run: Run, moment: Moment, key: str, image: np.ndarray) -> list[Fact]:
    """Return the effect of the changed filters and the dead maps, as far as they are asked for."""
    me, edits, facts = state(StageState), state(StageState).edits.get(run.id, ()), []
    try:
        if edits:
            if (key, edits) not in me.effects:
                me.effects[key, edits] = _effect(run, moment, edits, image)
            facts.append(Fact(key, edits=edits, effect=me.effects[key, edits]))
        if me.zeros == key:
            facts.append(_dead_maps(run, moment, key))
            me.zeros = ""
    except CNNLabError as error:
        # While the workers start, the page asks again every second.
        if edits and not engine_status.starting():
            facts.append(Fact(key, edits=edits, effect=error.sentences(translate)[0]))
    return facts


def _effect(run: Run, moment: Moment, edits: Edits, image: np.ndarray) -> str:
    rows = summarize(run.network).rows
    named = [FilterEdit(rows[layer].name, index, factor) for layer, index, factor in edits]
    before, after, *_outputs = lab().inference.surgery(run, moment, named, image)
    return n_(
        "Accuracy on {count:,} test image: {before:.1%} → {after:.1%}",
        "Accuracy on {count:,} test images: {before:.1%} → {after:.1%}",
        count=tested_images(run),
        before=before,
        after=after,
    )


def _dead_maps(run: Run, moment: Moment, key: str) -> Fact:
    """Return which feature maps are zero for every image of a sample."""
    activity = lab().inference.activity(run, moment)
    if activity is None:
        return Fact(key)
    dead = tuple(
        (row.index, int(channel))
        for row in summarize(run.network).rows
        if row.name in activity.active and not isinstance(row.layer, UNCHANGING)
        for channel in np.flatnonzero(~activity.active[row.name])
    )
    if not dead:
        return Fact(key)
    about = n_(
        "{count} map is dead (zero for all {images} test images), framed in red.",
        "{count} maps are dead (zero for all {images} test images), framed in red.",
        count=len(dead),
        images=activity.images,
    )
    return Fact(key, dead=dead, about_dead=about)
