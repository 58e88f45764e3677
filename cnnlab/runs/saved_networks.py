"""Networks saved under a name, with their training settings."""

from __future__ import annotations

import time

from cnnlab.errors import StoreError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.store import RunStore
from cnnlab.training.spec import TrainingSpec


class SavedNetworks:
    """Stores networks by name. Every method can raise StoreError."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def save(self, network: NetworkSpec, training: TrainingSpec, who: str = "") -> None:
        """Save a network and its settings under its name, for all users; an existing one is replaced."""
        with self._store.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO networks VALUES (?, ?, ?, ?, ?)",
                (network.name, who, network.to_json(), training.model_dump_json(), time.time()),
            )

    def names(self) -> list[str]:
        """Return the names, newest first."""
        return [row["name"] for row in self._store.rows("SELECT name FROM networks ORDER BY saved DESC, rowid DESC")]

    def get(self, name: str) -> tuple[NetworkSpec, TrainingSpec]:
        """Return the network saved under `name`, with its settings.

        Raises:
            StoreError: there is no such network.
        """
        rows = self._store.rows("SELECT network, training FROM networks WHERE name = ?", name)
        if not rows:
            raise StoreError(N_("No network is saved under the name “{name}”."), N_("Choose another."), name=name)
        (row,) = rows
        return NetworkSpec.from_json(row["network"]), TrainingSpec.model_validate_json(row["training"])
