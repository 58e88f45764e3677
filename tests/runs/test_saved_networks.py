"""Networks saved by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnlab.errors import StoreError
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.saved_networks import SavedNetworks
from cnnlab.runs.store import RunStore
from cnnlab.training.recipes import RECIPES
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
def networks(tmp_path: Path) -> SavedNetworks:
    return SavedNetworks(RunStore(tmp_path))


def test_none_at_first(networks: SavedNetworks) -> None:
    assert networks.names() == []


@pytest.mark.parametrize("name", RECIPES)
def test_a_network_comes_back_with_its_settings(networks: SavedNetworks, name: str) -> None:
    recipe = RECIPES[name]
    networks.save(recipe.network, recipe.training, "Ada")
    assert networks.get(name) == (recipe.network, recipe.training)


def test_newest_first(networks: SavedNetworks) -> None:
    for name in ("first", "second", "third", "first"):
        networks.save(NetworkSpec(name=name), TrainingSpec(), "")
    assert networks.names() == ["first", "third", "second"]


def test_newest_first_where_the_clock_stands_still(networks: SavedNetworks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1.0)
    test_newest_first(networks)


def test_the_same_name_is_replaced(networks: SavedNetworks, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    networks.save(NetworkSpec(name="tiny"), TrainingSpec(), "Ada")
    networks.save(tiny, quick, "Grace")
    assert networks.names() == ["tiny"]
    assert networks.get("tiny") == (tiny, quick)


@pytest.mark.parametrize("name", NAMES)
def test_any_name(networks: SavedNetworks, name: str) -> None:
    networks.save(NetworkSpec(name="other"), TrainingSpec(), "")
    networks.save(NetworkSpec(name=name), TrainingSpec(seed=7), "")
    assert networks.names() == [name, "other"]
    assert networks.get(name) == (NetworkSpec(name=name), TrainingSpec(seed=7))


def test_names_are_told_apart_by_every_letter(networks: SavedNetworks) -> None:
    for name in ("net", "Net", "net ", "nét", "ne\u0301t"):
        networks.save(NetworkSpec(name=name), TrainingSpec(), "")
    assert len(networks.names()) == 5


def test_an_unknown_name(networks: SavedNetworks) -> None:
    with pytest.raises(StoreError) as refused:
        networks.get("<b>{none}</b>")
    assert refused.value.sentences() == ("No network is saved under the name “<b>{none}</b>”.", "Choose another.")


def test_they_outlive_the_server(tmp_path: Path, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    before = RunStore(tmp_path)
    SavedNetworks(before).save(tiny, quick, "Ada")
    before.close()
    assert SavedNetworks(RunStore(tmp_path)).get("tiny") == (tiny, quick)


def test_a_store_that_cannot_be_used(networks: SavedNetworks, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    networks._store.close()
    for use in (lambda: networks.save(tiny, quick, ""), networks.names, lambda: networks.get("tiny")):
        with pytest.raises(StoreError, match="cannot be used"):
            use()


def test_a_full_disk_keeps_what_was_there(networks: SavedNetworks, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    networks.save(tiny, quick, "")
    pages = networks._store._database.execute("PRAGMA page_count").fetchone()[0]
    networks._store._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        for number in range(200):
            networks.save(RECIPES["vgg-cifar"].network.replace(name=str(number)), quick, "")
    assert networks.get("tiny") == (tiny, quick)
