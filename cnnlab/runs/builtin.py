"""The built-in, pre-trained networks, made by `python -m cnnlab.pretrain`.

They are presented as finished runs with one snapshot, so that every page that shows runs can show them too.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.training.spec import TrainingSpec

ID, DENSE = "built-in", "built-in-dense"
"""The convolutional network that reads drawings, and a dense one with as many parameters for comparison."""
NAMES = {ID: N_("Built-in network"), DENSE: N_("Built-in dense network")}
FOLDER = Path(__file__).parents[1] / "pretrained"
FACTS = "facts.json"


def folder(run: str) -> Path:
    """Return the folder of a built-in network."""
    return FOLDER / run


@functools.cache
def facts(run: str) -> dict[str, Any]:
    """Return what `cnnlab.pretrain` recorded: network, settings, accuracies and data sources."""
    found: dict[str, Any] = json.loads((folder(run) / FACTS).read_text(encoding="utf-8"))
    return found


@functools.cache
def run(known: str) -> Run:
    """Return a built-in network as a finished run."""
    found_facts = facts(known)
    return Run(
        id=known,
        name=NAMES[known],
        who="",
        state="finished",
        network=NetworkSpec.from_json(json.dumps(found_facts["network"])),
        training=TrainingSpec.model_validate(found_facts["training"]),
        created=found_facts["made"],
        started=found_facts["made"],
        ended=found_facts["made"],
        turn=0,
        server="",
        error=None,
        details="",
    )


def runs() -> list[Run]:
    """Return all built-in networks as runs."""
    return [run(known) for known in NAMES]
