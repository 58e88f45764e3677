"""Changes by hand, and the way back and forth, against a plain list."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cnnlab.errors import NetworkError
from cnnlab.network import editing
from cnnlab.network.editing import MAX_UNDO_STEPS, Edits, duplicate, insert, move, new_layer, remove, replace_layer
from cnnlab.network.layers import LAYERS, Activation, Conv2D, Dense, Dropout, Flatten
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec

A, B, C = Conv2D(filters=1), Flatten(), Dense(units=3)
ABC = NetworkSpec(name="abc", input_shape=(8, 8, 1), layers=(A, B, C))


def numbered(number: int) -> NetworkSpec:
    return NetworkSpec(name=str(number))


def test_fitted_to_other_images() -> None:
    other = editing.fitted(ABC, (20, 20, 3), 5)
    assert (other.input_shape, other.layers) == ((20, 20, 3), (A, B, Dense(units=5)))
    assert editing.fitted(ABC, (8, 8, 1), 3) == ABC
    for layers in ((), (A,), (A, B, C, Dropout())):
        assert editing.fitted(NetworkSpec(layers=layers), (9, 9, 1), 5).layers == layers


def test_insert() -> None:
    assert insert(ABC, 0, Dropout()).layers == (Dropout(), A, B, C)
    assert insert(ABC, 1, Dropout()).layers == (A, Dropout(), B, C)
    assert insert(ABC, 3, Dropout()).layers == (A, B, C, Dropout())
    assert insert(ABC, 1, Dropout()).name == "abc" and insert(ABC, 1, Dropout()).input_shape == (8, 8, 1)


def test_there_is_an_end_to_it() -> None:
    full = ABC.replace(layers=(A,) * MAX_LAYERS)
    with pytest.raises(NetworkError) as refused:
        insert(full, 0, A)
    assert refused.value.sentences() == ("A network may have at most 64 layers.", "Remove a layer first.")
    with pytest.raises(NetworkError):
        duplicate(full, 3)
    assert len(insert(remove(full, 0), 5, A).layers) == MAX_LAYERS


def test_remove_and_duplicate() -> None:
    assert remove(ABC, 1).layers == (A, C)
    assert remove(ABC, 2).layers == (A, B)
    assert duplicate(ABC, 0).layers == (A, A, B, C)
    assert duplicate(ABC, 2).layers == (A, B, C, C)


@pytest.mark.parametrize(
    ("index", "by", "layers"),
    [
        (0, 1, (B, A, C)),
        (0, 9, (B, C, A)),
        (2, -1, (A, C, B)),
        (2, -9, (C, A, B)),
        (0, -1, (A, B, C)),
        (2, 1, (A, B, C)),
        (1, 0, (A, B, C)),
    ],
)
def test_move(index: int, by: int, layers: tuple[object, ...]) -> None:
    assert move(ABC, index, by).layers == layers


def test_exchange() -> None:
    assert replace_layer(ABC, 1, Dropout()).layers == (A, Dropout(), C)
    assert ABC.layers == (A, B, C)


def test_alter() -> None:
    assert editing.update_layer(ABC, 0, filters=7, kernel_size=5).layers == (
        Conv2D(filters=7, kernel_size=(5, 5)),
        B,
        C,
    )
    with pytest.raises(ValueError, match="filters"):
        editing.update_layer(ABC, 0, filters=0)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_new_layer_learns_with_relu(kind: str) -> None:
    layer = new_layer(kind)
    assert layer.kind == kind
    assert getattr(layer, "activation", "relu") == "relu"
    assert layer == LAYERS[kind]() or layer.model_dump(exclude={"activation"}) == LAYERS[kind]().model_dump()
    assert kind != "Activation" or layer == Activation()


def test_back_and_forth() -> None:
    edits = Edits(numbered(0))
    edits.make(numbered(1))
    edits.make(numbered(2))
    assert edits == Edits(numbered(2), [numbered(0), numbered(1)], [])
    edits.undo()
    assert edits == Edits(numbered(1), [numbered(0)], [numbered(2)])
    edits.undo()
    edits.undo()
    assert edits == Edits(numbered(0), [], [numbered(2), numbered(1)])
    edits.redo()
    assert edits == Edits(numbered(1), [numbered(0)], [numbered(2)])
    edits.make(numbered(1))
    assert edits == Edits(numbered(1), [numbered(0)], [numbered(2)])
    edits.make(numbered(3))
    assert edits == Edits(numbered(3), [numbered(0), numbered(1)], [])
    edits.redo()
    assert edits == Edits(numbered(3), [numbered(0), numbered(1)], [])


def test_so_many_steps_and_no_more() -> None:
    edits = Edits(numbered(0))
    for number in range(1, MAX_UNDO_STEPS + 51):
        edits.make(numbered(number))
    assert len(edits.past) == MAX_UNDO_STEPS
    for _ in range(MAX_UNDO_STEPS + 10):
        edits.undo()
    assert edits.present == numbered(50)
    for _ in range(MAX_UNDO_STEPS + 10):
        edits.redo()
    assert edits.present == numbered(MAX_UNDO_STEPS + 50)
    assert (len(edits.past), edits.future) == (MAX_UNDO_STEPS, [])


class BackAndForth(RuleBasedStateMachine):
    """The model: all states in a list, and a finger on the present one."""

    most = 5

    def __init__(self) -> None:
        super().__init__()
        self.edits, self.states, self.here = Edits(numbered(0)), [numbered(0)], 0
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(editing, "MAX_UNDO_STEPS", self.most)

    def teardown(self) -> None:
        self.patch.undo()

    @rule(number=st.integers(0, 3))
    def make(self, number: int) -> None:
        self.edits.make(numbered(number))
        if numbered(number) != self.states[self.here]:
            self.states = [*self.states[: self.here + 1], numbered(number)][-self.most - 1 :]
            self.here = len(self.states) - 1

    @rule()
    def undo(self) -> None:
        self.edits.undo()
        self.here = max(self.here - 1, 0)

    @rule()
    def redo(self) -> None:
        self.edits.redo()
        self.here = min(self.here + 1, len(self.states) - 1)

    @invariant()
    def same(self) -> None:
        found = [*self.edits.past, self.edits.present, *reversed(self.edits.future)]
        assert (found, len(self.edits.past)) == (self.states, self.here)


TestBackAndForth = BackAndForth.TestCase
TestBackAndForth.settings = settings(max_examples=60, stateful_step_count=40)
