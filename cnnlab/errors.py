"""The errors that CNN Lab itself raises: what is wrong, what was expected, and what to do about it.

An error carries marked templates and named values instead of a finished sentence, so that the interface can show it
in the reader's language, at the layer or the field at fault. Anything else that is raised is a bug, and is left alone.
"""

from __future__ import annotations

from typing import Any

from cnnlab.marks import N_, Translate, untranslated
from cnnlab.particles import decide


class CNNLabError(Exception):
    """Something that the person using the Lab can mend.

    Args:
        problem: what is wrong, what was expected and what was received; a template marked with `N_`.
        remedy: what to do about it; a marked template, or "" where the problem says it all.
        values: what the templates name. A value that is itself an English text from the core is translated too.
    """

    def __init__(self, problem: str, remedy: str = "", **values: Any) -> None:
        super().__init__(problem, remedy, values)
        self.problem = problem
        self.remedy = remedy
        self.values = values

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str]:
        """The problem and the remedy as whole sentences, with their values filled in."""
        values = {name: translate(v) if isinstance(v, str) else v for name, v in self.values.items()}
        return fill(translate(self.problem), values), fill(translate(self.remedy), values)

    def __str__(self) -> str:
        return " ".join(filter(None, self.sentences()))

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross from a worker to the server; keyword arguments do not survive Exception's own pickling.
        return _revive, (type(self), self.problem, self.remedy, self.values, self.__dict__)


class NetworkError(CNNLabError):
    """A network that cannot be built: `layer` is the index of the layer at fault (None: the network as a whole).

    `field` names the field at fault, `kind` the layer's class, and `mend` the change that would put it right, where
    there is a clear one.
    """

    layer: int | None = None
    kind: str | None = None
    field: str | None = None
    mend: str | None = None

    def at(self, layer: int | None, field: str | None = None, mend: str | None = None) -> NetworkError:
        """The same error, placed."""
        self.layer, self.field, self.mend = layer, field or self.field, mend or self.mend
        return self

    def of_kind(self, kind: str) -> NetworkError:
        """The same error, with the class of the layer at fault."""
        self.kind = kind
        return self

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str]:
        problem, remedy = super().sentences(translate)
        if self.layer is None:
            return problem, remedy
        place = fill(translate(N_("Layer {number} ({kind}):")), {"number": self.layer + 1, "kind": self.kind or "?"})
        return f"{place} {problem}", remedy


class DatasetError(CNNLabError):
    """A dataset that cannot be had, or is not what it should be."""


class TrainingError(CNNLabError):
    """A run that cannot start or go on."""


class EngineError(CNNLabError):
    """The worker processes cannot be reached."""


class StoreError(CNNLabError):
    """The Lab's folder or database cannot be read or written."""


def fill(template: str, values: dict[str, Any]) -> str:
    """`template` with its named values; braces that name no value (a stranger's text) are left as they are. What Korean
    leaves undecided before it knows the values is decided."""
    try:
        return decide(template.format(**values))
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        return template


def _revive(
    kind: type[CNNLabError], problem: str, remedy: str, values: dict[str, Any], state: dict[str, Any]
) -> CNNLabError:
    error = kind(problem, remedy, **values)
    error.__dict__.update(state)
    return error
