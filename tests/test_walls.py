"""The walls between the rooms: who may import what, read from the sources and seen in a fresh process."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cnnlab"
TENSORFLOW = {
    "cnnlab.network.build",
    "cnnlab.training.train",
    "cnnlab.training.callbacks",
    "cnnlab.training.checkpoint",
    "cnnlab.training.watching",
    "cnnlab.training.obedience",
    "cnnlab.training.rate",
    "cnnlab.training.augment",
    "cnnlab.engine.previewing",
    "cnnlab.engine.tasks",
    "cnnlab.vision.feature_maps",
    "cnnlab.vision.attribution",
    "cnnlab.engine.evaluating",
    "cnnlab.engine.exporting",
    "cnnlab.engine.importing",
    "cnnlab.recorder",
    "cnnlab.pretrain.__main__",
}
"""The modules that may import TensorFlow, by themselves or through another."""


def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(path: Path, everywhere: bool = True) -> Iterator[str]:
    """What a module imports: all of it, or only what it imports by being imported."""
    nodes: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes.extend(node.orelse)
        elif everywhere or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes.extend(ast.iter_child_nodes(node))


def importers(*packages: str) -> set[str]:
    """The modules that import one of `packages` themselves, be it inside a function."""
    return {name for name, path in MODULES.items() if any(i.split(".")[0] in packages for i in imports(path))}


def test_only_the_interface_knows_streamlit() -> None:
    found = importers("streamlit", "streamlit_drawable_canvas")
    assert {name for name in found if not name.startswith("cnnlab.ui")} == set()


def test_only_one_module_keeps_what_a_reader_chose() -> None:
    # Streamlit's own store is a dictionary without types; pages and their parts talk to `Session`.
    pages = [*ROOT.glob("pages/*.py"), ROOT / "app.py"]
    said = {path.stem for path in [*MODULES.values(), *pages] if "session_state" in path.read_text(encoding="utf-8")}
    assert said == {"state"}


def test_plotly_only_in_figures_and_the_live_chart() -> None:
    # The interface may hand figures on to Streamlit; nobody else has to do with them.
    found = importers("plotly")
    assert {name for name in found if not name.startswith(("cnnlab.figures", "cnnlab.ui"))} == set()


def test_dask_only_in_the_engine() -> None:
    assert importers("distributed", "dask") == {
        "cnnlab.engine.client",
        "cnnlab.engine.connection",
        "cnnlab.engine.control",
        "cnnlab.engine.__main__",
        "cnnlab.engine.setup",
        "cnnlab.engine.tasks",
    }


def test_sqlite_only_in_runs() -> None:
    assert importers("sqlite3") == {"cnnlab.runs.store"}


def test_tensorflow_only_where_it_is_marked() -> None:
    assert importers("tensorflow", "keras") <= TENSORFLOW <= set(MODULES)


def test_nobody_without_tensorflow_imports_one_with_it() -> None:
    """Neither directly nor through another, and not inside a function either."""
    behind: dict[str, set[str]] = {
        name: {i for i in imports(path) if i in MODULES} for name, path in MODULES.items() if name != "cnnlab"
    }
    for name in set(behind) - TENSORFLOW:
        seen, ahead = set[str](), [name]
        while ahead:
            for other in behind.get(ahead.pop(), set()) - seen:
                seen.add(other)
                ahead.append(other)
        assert seen & TENSORFLOW == set(), f"{name} imports TensorFlow"


HEAVY = (
    *("tensorflow", "keras", "distributed", "dask", "streamlit", "plotly", "sklearn", "scipy", "pandas"),
    "sqlite3",
)


def loaded_by(*names: str) -> set[str]:
    """Which heavy packages are loaded in a fresh process after importing `names`."""
    script = (
        "import importlib, json, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *names], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def room(*rooms: str) -> list[str]:
    """The modules of these rooms that may be imported without TensorFlow, and run nothing when they are."""
    names = (name for name in MODULES if name.startswith(tuple(f"cnnlab.{r}" for r in rooms)))
    return sorted(name for name in names if name not in TENSORFLOW and not name.endswith("__main__"))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("cnnlab") == set()


def test_specs_and_arithmetic_load_nothing_heavy() -> None:
    assert loaded_by("cnnlab", *room("errors", "marks", "settings", "network", "training")) == set()


def test_the_lab_waits_for_neither_tensorflow_nor_dask() -> None:
    assert loaded_by(*room("lab", "engine", "runs")) == {"sqlite3"}


def test_figures_bring_plotly_only() -> None:
    assert loaded_by(*room("figures")) <= {"plotly"}


def test_everything_without_the_interface_loads_no_tensorflow() -> None:
    everything = [name for name in room("") if not name.startswith("cnnlab.ui")]
    assert loaded_by(*everything) & {"tensorflow", "keras", "streamlit", "distributed"} == set()


def test_public_names_are_there() -> None:
    import cnnlab

    assert {"NetworkSpec", "TrainingSpec", "RECIPES", "DATASETS", "load", "train", "Lab", "Settings"} < set(dir(cnnlab))
    for name, home in cnnlab._HOMES.items():
        assert getattr(cnnlab, name) is getattr(sys.modules[home], name)
    with pytest.raises(AttributeError, match=r"^module 'cnnlab' has no attribute 'nothing'$"):
        _ = cnnlab.nothing  # type: ignore[attr-defined]


def test_public_names_are_declared_for_type_checkers() -> None:
    import cnnlab

    declared = set()
    for node in ast.walk(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.If):
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom):
                    declared |= {(alias.asname, statement.module) for alias in statement.names}
    assert declared == set(cnnlab._HOMES.items())
