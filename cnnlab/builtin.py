"""The networks that are there before anything has been trained: `python -m cnnlab.pretrain` made them.

They look like runs that have finished, with one moment, so that every page that looks into runs can look into them.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from cnnlab.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.record import Run
from cnnlab.training.spec import TrainingSpec

ID, DENSE = "built-in", "built-in-dense"
"""The network that reads drawings; a dense one of as many parameters, to compare it with."""
NAMES = {ID: N_("Built-in network"), DENSE: N_("Built-in dense network")}
FOLDER = Path(__file__).parent / "pretrained"
FACTS = "facts.json"


def folder(run: str) -> Path:
    """Where a built-in network's files are."""
    return FOLDER / run


@functools.cache
def facts(run: str) -> dict[str, Any]:
    """What `cnnlab.pretrain` wrote down: the network, the settings, the figures and where the data came from."""
    found: dict[str, Any] = json.loads((folder(run) / FACTS).read_text(encoding="utf-8"))
    return found


@functools.cache
def run(known: str) -> Run:
    """A built-in network as a run."""
    told = facts(known)
    return Run(
        id=known,
        name=NAMES[known],
        who="",
        state="finished",
        network=NetworkSpec.from_json(json.dumps(told["network"])),
        training=TrainingSpec.model_validate(told["training"]),
        created=told["made"],
        started=told["made"],
        ended=told["made"],
        turn=0,
        server="",
        error=None,
        details="",
    )


def runs() -> list[Run]:
    """All of them."""
    return [run(known) for known in NAMES]
