"""The speed of the Fast settings, the cost of the diagnostics, and how much of the machine training uses.

Part of `python -m benchmarks.training`, measured on the same machine in the same run.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Any

from benchmarks.plan import BATCH_SIZES, Plan, Trained, as_script, by_lab, by_script
from benchmarks.report import Figure, say
from cnnlab.network.summary import summarize
from cnnlab.training.fast_preset import TRAINING_FACTOR, fast
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec

MAX_SHARE = 0.65
NOTES_EPOCHS, NOTES_ACCURACY = 20, 0.9929
"""Epochs and test accuracy of `full` in the notes."""
TIME_DIVISOR = 7
"""Fast settings must reach that accuracy in this fraction of the script's time."""
SEEDS = (1, 2, 3)


def by_fast(network: str, plan: Plan, **changes: Any) -> Trained:
    """Train in the Lab with Fast settings, using the test set for validation as in the notes."""
    return by_lab(network, plan, _settings(network, plan, **changes))


def _settings(network: str, plan: Plan, **changes: Any) -> TrainingSpec:
    notes = RECIPES[network].training.replace(dataset=plan.dataset, validation="test", loss="categorical_crossentropy")
    return fast(RECIPES[network].network, notes).replace(**changes)


def epochs(network: str, plan: Plan) -> Iterator[Figure]:
    """Yield the seconds per epoch with Fast settings and their ratio to the notes' script, alternating the two."""
    pairs = []
    for pair in range(plan.pairs):
        script, lab = by_script(network, plan), by_fast(network, plan, epochs=max(plan.epochs, 3))
        pairs.append((script.later, lab.later))
        say(f"{network} pair {pair + 1}: script {script.later:.2f} s per epoch, Fast {lab.later:.2f} s")
    yield Figure(f"training.{network}.fast_seconds_per_epoch", median(lab for _, lab in pairs), "s")
    ratio = median(lab / script for script, lab in pairs)
    yield Figure(f"training.{network}.fast_ratio", ratio, "times", MAX_SHARE, 3)


def reaching(plan: Plan) -> Iterator[Figure]:
    """Yield the seconds until `full` reaches the notes' test accuracy with Fast settings, for each seed.

    The reference is the script's time for 20 epochs. Both start with the first epoch: starting Python and reading the
    images do not count.
    """
    script = by_script("full", replace(plan, epochs=NOTES_EPOCHS))
    whole = script.ends[-1] - script.ends[0]
    yield Figure("training.full.script_20_epochs_seconds", whole, "s")
    yield Figure("training.full.script_20_epochs_accuracy", 100 * script.accuracy, "%")
    for seed in SEEDS:
        quick = by_fast("full", plan, seed=seed)
        say(f"Fast, seed {seed}: {[round(accuracy, 4) for accuracy in quick.accuracies]}")
        reached = next((k for k, accuracy in enumerate(quick.accuracies, 1) if accuracy >= NOTES_ACCURACY), 0)
        name = f"training.full.fast_seed_{seed}"
        yield Figure(f"{name}_accuracy", 100 * quick.accuracy, "%", at_least=100 * NOTES_ACCURACY)
        seconds = quick.ends[reached] - quick.ends[0] if reached else float("inf")
        yield Figure(f"{name}_seconds", seconds, "s", whole / TIME_DIVISOR, 1)
        yield Figure(f"{name}_share", seconds / whole, "times", 1 / TIME_DIVISOR, 3)


def watching(plan: Plan) -> Iterator[Figure]:
    """Yield the time of the diagnostics after each epoch and its share of the epoch.

    Measured within one run, because two runs, one with diagnostics and one without, differ by more than that.
    """
    for network in BATCH_SIZES:
        trained = by_lab(network, plan, as_script(network, plan))
        yield Figure(f"training.{network}.watching_milliseconds", 1000 * trained.watching, "ms", None, 0)
        yield Figure(f"training.{network}.watching_share", 100 * trained.watching / trained.later, "%", None, 1)


_MULTIPLY = """
import sys, time
import tensorflow as tf
size, kind = 2048, sys.argv[1]
a = tf.cast(tf.random.normal((size, size)), kind)
product = tf.function(lambda a: tf.reduce_sum(tf.cast(tf.matmul(a, a), tf.float32)))
product(a).numpy()
best = 0.0
for _ in range(20):
    began = time.perf_counter()
    product(a).numpy()
    best = max(best, size**3 / (time.perf_counter() - began))
print(best)
"""


def shares(plan: Plan) -> Iterator[Figure]:
    """Yield the share of this machine's matrix-multiplication rate that training `full` reaches, in both precisions.

    Multiply-adds are those of the forward pass, times three for forward and backward pass together.
    """
    work = TRAINING_FACTOR * summarize(RECIPES["full"].network).multiply_adds
    for name, kind in (("float32", "float32"), ("mixed_bfloat16", "bfloat16")):
        done = subprocess.run([sys.executable, "-c", _MULTIPLY, kind], capture_output=True, text=True, check=True)
        rate = float(done.stdout.splitlines()[-1])
        trained = by_lab("full", plan, _settings("full", plan, epochs=3, precision=name))
        reached = work * trained.images_per_second
        yield Figure(f"training.{name}_multiply_adds", rate / 1e9, "10^9/s", None, 1)
        yield Figure(f"training.full.{name}_share_of_it", 100 * reached / rate, "%", None, 1)
