"""A run that was really trained, in this process instead of a worker's: seconds less for tests that need no workers."""

from __future__ import annotations

from typing import Any

from cnnlab.lab.lab import Lab
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.training.spec import TrainingSpec


def trained(lab: Lab, network: NetworkSpec, training: TrainingSpec, who: str = "", name: str = "", **more: Any) -> Run:
    """Start a run in a Lab without workers, train it as a worker does, and return it as it ended."""
    from cnnlab.training import initial_state
    from cnnlab.training.checkpoint import save_final
    from cnnlab.training.train import train

    run = lab.runs.start(network, training, who, name, **more)
    folder = lab.store.folder(run)
    folder.mkdir(parents=True, exist_ok=True)
    lab.store.set_state(run, "running")
    found = train(
        network,
        training,
        lab.datasets.get(training.dataset),
        lambda event: lab.store.append(run, event),
        folder=folder,
        initial=initial_state.read(folder),
    )
    save_final(folder, found.model)
    lab.store.set_state(run, "finished")
    return lab.runs.get(run)
