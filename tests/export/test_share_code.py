"""The code in a link: its round trip, its length, and that nothing in a stranger's code does more than raise."""

from __future__ import annotations

import base64
import contextlib
import json
import string
import time
import tracemalloc
import zlib
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import NetworkError
from cnnlab.export.share_code import MAX_CODE, decode, encode
from cnnlab.network.layers import Conv2D
from cnnlab.network.spec import MAX_JSON, MAX_LAYERS, NetworkSpec
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import Loss, Optimizer, Schedule, TrainingSpec, Validation
from tests.network.networks import FULL, any_layer, networks, without_kernels
from tests.network.test_spec import values

PLAIN = NetworkSpec(name="plain"), TrainingSpec()
CODE = encode(RECIPES["full"].network, RECIPES["full"].training)
LETTERS = string.ascii_letters + string.digits + "-_"

trainings = st.builds(
    TrainingSpec,
    dataset=st.sampled_from(sorted(DATASETS)),
    train_size=st.none() | st.integers(20, 60_000),
    validation=st.sampled_from(get_args(Validation)),
    validation_split=st.floats(0.05, 0.5),
    random_state=st.integers(0, 2**31 - 1),
    optimizer=st.sampled_from(get_args(Optimizer)),
    learning_rate=st.floats(0, 100, exclude_min=True),
    schedule=st.sampled_from(get_args(Schedule)),
    decay_epochs=st.floats(0, 1000, exclude_min=True),
    momentum=st.floats(0, 1, exclude_max=True),
    batch_size=st.integers(1, 10_000),
    epochs=st.integers(1, 1000),
    loss=st.sampled_from(get_args(Loss)),
    early_stopping=st.booleans(),
    restore_best_weights=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)


def packed(content: object) -> str:
    """Anything in the form of a code."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


def unpacked(code: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))))
    return found


def content(**changes: Any) -> dict[str, Any]:
    return unpacked(encode(*PLAIN)) | changes


def refused(code: str) -> str:
    with pytest.raises(NetworkError) as refusal:
        decode(code)
    problem, _ = refusal.value.sentences()
    assert len(problem) < 400
    problem.encode()
    return problem


DAMAGED = "The link contains no network: it is damaged or incomplete."
SETTINGS = "The link's training settings are invalid."


@given(networks, trainings)
@settings(max_examples=200)
def test_round_trip(network: NetworkSpec, training: TrainingSpec) -> None:
    code = encode(network, training)
    assert set(code) <= set(LETTERS)
    assert decode(code) == (network, training)


@given(
    st.lists(any_layer, min_size=MAX_LAYERS - 1, max_size=MAX_LAYERS - 1), trainings, st.text(min_size=80, max_size=80)
)
@settings(max_examples=20)
def test_the_largest_network_still_fits(layers: list[Any], training: TrainingSpec, name: str) -> None:
    network = NetworkSpec(name=name, layers=(FULL, *map(without_kernels, layers)))
    assert len(encode(network, training)) < MAX_CODE
    assert decode(encode(network, training)) == (network, training)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_a_short_link(name: str) -> None:
    recipe = RECIPES[name]
    code = encode(recipe.network, recipe.training)
    assert len(f"http://localhost:8501/build?n={code}") < 500
    assert decode(code) == (recipe.network, recipe.training)


def test_the_format_is_this() -> None:
    assert unpacked(encode(RECIPES["conv-8"].network, TrainingSpec(epochs=3))) == {
        "v": 1,
        "n": {
            "name": "conv-8",
            "input_shape": [28, 28, 1],
            "layers": [
                {"kind": "Conv2D", "filters": 8, "padding": "same", "activation": "relu"},
                {"kind": "Flatten"},
                {"kind": "Dense", "activation": "softmax"},
            ],
        },
        "t": {"epochs": 3},
    }


@given(st.text() | st.text(LETTERS) | st.text(st.characters()))
def test_any_text(code: str) -> None:
    with contextlib.suppress(NetworkError):
        decode(code)


@given(st.binary())
def test_any_bytes_well_packed(found: bytes) -> None:
    with contextlib.suppress(NetworkError):
        decode(packed(found))


@given(st.integers(0, len(CODE) - 1), st.sampled_from(LETTERS), st.sampled_from(["flip", "cut", "insert", "end"]))
@settings(max_examples=400)
def test_a_damaged_code(place: int, letter: str, how: str) -> None:
    damaged = {
        "flip": CODE[:place] + letter + CODE[place + 1 :],
        "cut": CODE[:place] + CODE[place + 1 :],
        "insert": CODE[:place] + letter + CODE[place:],
        "end": CODE[:place],
    }[how]
    with contextlib.suppress(NetworkError):
        assert decode(damaged) == decode(CODE)  # the checksum lets nothing else through


@given(st.sampled_from(["v", "n", "t", "x"]), values)
@settings(max_examples=200)
def test_something_else_in_a_part(part: str, value: Any) -> None:
    with contextlib.suppress(NetworkError):
        decode(packed(content(**{part: value})))


@given(st.sampled_from([*TrainingSpec.model_fields, "new"]), values)
@settings(max_examples=300)
def test_something_else_in_a_setting(name: str, value: Any) -> None:
    try:
        _, training = decode(packed(content(t={name: value})))
    except NetworkError:
        return
    assert TrainingSpec.model_validate_json(training.model_dump_json()) == training


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"v":1}',
        b"\xff\xfe\x00",
        b"[" * 50_000,
        b'{"n":' * 20_000,
        b'{"v":1,"n":{"input_shape":[' + b"9" * 5_000 + b",28,1]}}",
        b'"' + b"x" * (MAX_JSON + 1) + b'"',
    ],
    ids=lambda value: value[:12].decode("latin-1"),
)
def test_no_network_at_all(found: bytes) -> None:
    assert refused(packed(found)) == DAMAGED


HUGE = int("9" * 4_000)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"v": 2}, "The network was written by a newer CNN Lab (format 2; this one reads 1)."),
        ({"v": 0}, "“version” should be one of 1; received 0."),
        ({"v": None}, "“version” should be one of 1; received null."),
        ({"v": "1"}, '“version” should be one of 1; received "1".'),
        ({"v": float("nan")}, "“version” should be one of 1; received NaN."),
        ({"n": {"input_shape": [28, 28]}}, "“input_shape.2” is missing."),
        ({"n": {"input_shape": [float("inf"), 28, 1]}}, "“input_shape.0” should be a number; received Infinity."),
        ({"n": {"surprise": 1}}, "Unknown field “surprise”."),
        ({"n": {"name": "\ud800"}}, "“name” should be text; received \"?\"."),
        (
            {"n": {"layers": [{"kind": "Dropout", "rate": float("nan")}]}},
            "Layer 1 (Dropout): “rate” should be a number; received NaN.",
        ),
        ({"n": {"layers": [{"kind": "Dense", "units": HUGE}]}}, None),
        ({"n": {"layers": [{"kind": "\ud800"}]}}, None),
        ({"n": {"layers": [{"kind": "Flatten", "\ud800": 1}]}}, None),
        (
            {"n": {"layers": [{"kind": "Flatten"}] * (MAX_LAYERS + 1)}},
            "“layers” should have at most 64 entries; received 65.",
        ),
        ({"n": {"name": "x" * 81}}, "“name” should have at most 80 characters."),
        ({"n": []}, DAMAGED),
        ({"t": None}, SETTINGS),
        ({"t": []}, SETTINGS),
        ({"t": {"version": 2}}, SETTINGS),
        ({"t": {"surprise": 1}}, SETTINGS),
        ({"t": {"dataset": "imagenet"}}, SETTINGS),
        ({"t": {"dataset": "\ud800"}}, SETTINGS),
        ({"t": {"\ud800": 1}}, SETTINGS),
        ({"t": {"epochs": HUGE}}, SETTINGS),
        ({"t": {"learning_rate": HUGE}}, SETTINGS),
        ({"t": {"learning_rate": float("inf")}}, SETTINGS),
        ({"t": {"momentum": float("nan")}}, SETTINGS),
        ({"t": {"epochs": True, "batch_size": "many"}}, SETTINGS),
        ({"t": {"dataset": [[[[]]]]}}, SETTINGS),
    ],
)  # fmt: skip
def test_a_wrong_network(changes: dict[str, Any], problem: str | None) -> None:
    found = refused(packed(content(**changes)))
    assert problem is None or found == problem


def test_kernels_that_no_network_holds_are_refused_quickly() -> None:
    # About as many numbers as a link can unpack to.
    layers = [{"kind": "Conv2D", "kernels": [[[1] * 64] * 64]}] * 7
    code = packed(content(n={"layers": layers}))
    assert len(code) < MAX_CODE
    began = time.process_time()
    assert refused(code) == (
        "Layer 1 (Conv2D): The hand-designed kernels of a network may have at most 512 weights in total."
    )
    assert time.process_time() - began < 0.5


def test_a_link_from_before_there_were_kernels() -> None:
    assert decode(packed({"v": 1, "n": {"layers": [{"kind": "Conv2D", "filters": 8}]}, "t": {}}))[0] == (
        NetworkSpec(layers=(Conv2D(filters=8),))
    )


def test_a_newer_version_is_said_in_a_sentence() -> None:
    assert refused(packed(content(v=HUGE))) == (
        f"The network was written by a newer CNN Lab (format {'9' * 39}…; this one reads 1)."
    )


def test_nested_in_the_middle() -> None:
    deep = b'{"v":1,"t":{},"n":{"layers":[' + b'{"kind":' * 900 + b"1" + b"}" * 900 + b"]}}"
    assert len(refused(packed(deep))) < 400
    assert refused(packed(b'{"v":1,"n":{},"t":{"dataset":' + b"[" * 900 + b"]" * 900 + b"}}")) == SETTINGS


def test_a_cut_code() -> None:
    assert refused(CODE[:-10]) == refused(CODE[10:]) == refused("") == refused("é" + CODE) == DAMAGED
    assert refused(CODE + "\n") == refused(CODE[:9] + " " + CODE[9:]) == refused("\ud800") == DAMAGED


def bomb(megabytes: int) -> bytes:
    """So many megabytes of spaces, compressed."""
    return zlib.compress(b" " * megabytes * 2**20, 9)


@pytest.mark.parametrize("megabytes", [4, 300])
def test_a_bomb_is_not_unpacked(megabytes: int) -> None:
    code = base64.urlsafe_b64encode(bomb(megabytes)).decode().rstrip("=")
    assert (len(code) < MAX_CODE) == (megabytes == 4)
    tracemalloc.start()
    began = time.process_time()
    assert refused(code) == DAMAGED
    seconds, most = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 0.5
    assert most < 1_000_000


def test_a_refused_network_file_changes_nothing_and_is_quick() -> None:
    for text in ("[" * 90_000, '{"layers":' * 9_000, "9" * 90_000, "x" * 10_000_000):
        began = time.process_time()
        with pytest.raises(NetworkError):
            NetworkSpec.from_json(text)
        assert time.process_time() - began < 0.5
