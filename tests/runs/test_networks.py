"""Networks kept by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnlab.errors import StoreError
from cnnlab.network.recipes import RECIPES
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.store import RunStore
from cnnlab.training.spec import TrainingSpec

NAMES = [
    "mein Netz",
    "나의 신경망",
    "شبكتي",
    "🧠 zwei\nZeilen",
    "'; DROP TABLE networks; --",
    'a "quoted" name',
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%_*?",
    "x" * 80,
    "",
]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def test_none_at_first(store: RunStore) -> None:
    assert store.networks() == []


@pytest.mark.parametrize("name", RECIPES)
def test_a_network_comes_back_with_its_settings(store: RunStore, name: str) -> None:
    recipe = RECIPES[name]
    store.save_network(recipe.network, recipe.training, "Ada")
    assert store.network(name) == (recipe.network, recipe.training)


def test_newest_first(store: RunStore) -> None:
    for name in ("first", "second", "third", "first"):
        store.save_network(NetworkSpec(name=name), TrainingSpec(), "")
    assert store.networks() == ["first", "third", "second"]


def test_newest_first_where_the_clock_stands_still(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1.0)
    test_newest_first(store)


def test_the_same_name_is_replaced(store: RunStore, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    store.save_network(NetworkSpec(name="tiny"), TrainingSpec(), "Ada")
    store.save_network(tiny, quick, "Grace")
    assert store.networks() == ["tiny"]
    assert store.network("tiny") == (tiny, quick)


@pytest.mark.parametrize("name", NAMES)
def test_any_name(store: RunStore, name: str) -> None:
    store.save_network(NetworkSpec(name="other"), TrainingSpec(), "")
    store.save_network(NetworkSpec(name=name), TrainingSpec(seed=7), "")
    assert store.networks() == [name, "other"]
    assert store.network(name) == (NetworkSpec(name=name), TrainingSpec(seed=7))


def test_names_are_told_apart_by_every_letter(store: RunStore) -> None:
    for name in ("net", "Net", "net ", "nét", "ne\u0301t"):
        store.save_network(NetworkSpec(name=name), TrainingSpec(), "")
    assert len(store.networks()) == 5


def test_an_unknown_name(store: RunStore) -> None:
    with pytest.raises(StoreError) as refused:
        store.network("<b>{none}</b>")
    assert refused.value.sentences() == ("No network is kept under the name “<b>{none}</b>”.", "Choose another.")


def test_they_outlive_the_server(tmp_path: Path, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    before = RunStore(tmp_path)
    before.save_network(tiny, quick, "Ada")
    before.close()
    assert RunStore(tmp_path).network("tiny") == (tiny, quick)


def test_a_store_that_cannot_be_used(store: RunStore, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    store.close()
    for use in (lambda: store.save_network(tiny, quick, ""), store.networks, lambda: store.network("tiny")):
        with pytest.raises(StoreError, match="cannot be used"):
            use()


def test_a_full_disk_keeps_what_was_there(store: RunStore, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    store.save_network(tiny, quick, "")
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        for number in range(200):
            store.save_network(RECIPES["vgg-cifar"].network.replace(name=str(number)), quick, "")
    assert store.network("tiny") == (tiny, quick)
