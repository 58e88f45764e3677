"""A server to be killed: `python -m tests.engine.server HOME SCHEDULER EPOCHS` trains one run and says its id."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.settings import Settings
from cnnlab.training.spec import TrainingSpec

if __name__ == "__main__":
    home, scheduler, epochs = sys.argv[1:]
    lab = Lab(Settings(home=Path(home), scheduler=scheduler or None))
    network = NetworkSpec(input_shape=(8, 8, 1), layers=(Conv2D(filters=2), Flatten(), Dense(activation="softmax")))
    print(lab.runs.start(network, TrainingSpec(dataset="digits-8x8", batch_size=8, epochs=int(epochs))), flush=True)
    threading.Event().wait()
