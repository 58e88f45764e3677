"""The networks' bars and layers that follow the pen, computed in the browser."""

from __future__ import annotations

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.evaluation.not_finite import NotFiniteError
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components import canvas
from cnnlab.ui.components.live_network import component
from cnnlab.ui.components.live_network.component import LiveNetwork
from cnnlab.ui.draw.network_prediction import InputImage, class_names
from cnnlab.ui.draw.state import DrawState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.text import translate


def body(networks: list[tuple[Run, Moment, str]], source: InputImage | None, drawing: bool) -> set[tuple[str, Moment]]:
    """Draw the networks that the browser can compute, and say why for the others.

    Args:
        source: the image that the server has; None while there is none.
        drawing: whether to follow the pen on the canvas.

    Returns:
        The runs and snapshots of those that are drawn.
    """
    live: dict[tuple[str, Moment], LiveNetwork] = {}
    for run, moment, title in networks:
        try:
            message = lab().live_networks.message(run, moment)
        except NotFiniteError:
            # Said where the predictions are.
            continue
        except CNNLabError as error:
            reason = " ".join(filter(None, error.sentences(translate)))
            st.caption(f"**{errors.plain(title)}** · {errors.plain(reason)}")
            continue
        image = source.picture.prepared(run.dataset) if source else None
        key = lab().live_networks.key(run, moment)
        live[run.id, moment] = LiveNetwork(key, message, title, run.network, class_names(run), image)
    if live:
        followed = canvas.key_of("draw") if drawing else ""
        steps = state(DrawState).preprocessing
        component.show(list(live.values()), "draw-live", canvas=followed, steps=steps)
    return set(live)
