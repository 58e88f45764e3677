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
    "cnnlab.training.compile_model",
    "cnnlab.training.checkpoint",
    "cnnlab.training.recorded_model",
    "cnnlab.training.augment",
    "cnnlab.training.frozen_features",
    "cnnlab.training.callbacks.reporting",
    "cnnlab.training.callbacks.diagnostics",
    "cnnlab.training.callbacks.run_control",
    "cnnlab.training.callbacks.learning_rate",
    "cnnlab.training.callbacks.early_stopping",
    "cnnlab.engine.worker.training",
    "cnnlab.engine.worker.inference",
    "cnnlab.engine.worker.evaluation",
    "cnnlab.engine.worker.export",
    "cnnlab.engine.worker.import_model",
    "cnnlab.engine.worker.augmentation",
    "cnnlab.vision.feature_maps",
    "cnnlab.vision.attribution",
    "cnnlab.vision.class_scores",
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
    assert said == {"session"}


def test_only_the_charts_know_plotly() -> None:
    # A figure is a plain dictionary; the report on one page carries Plotly's script as a file of its package.
    assert importers("plotly") == {"cnnlab.ui.components.charts"}


def test_dask_only_in_the_engine() -> None:
    assert importers("distributed", "dask") == {
        "cnnlab.engine.client",
        "cnnlab.engine.connection",
        "cnnlab.engine.__main__",
        "cnnlab.engine.worker.run_control",
        "cnnlab.engine.worker.setup",
        "cnnlab.engine.worker.training",
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


ROOMS = {name.split(".")[2] for name in MODULES if name.startswith("cnnlab.ui.") and name.count(".") >= 3}
PAGE_ROOMS = ROOMS - {"components", "shared"}
PAGES = {path.stem: path for path in (ROOT / "pages").glob("*.py")}


def room_of(module: str) -> str:
    """The room of the interface that a module belongs to: "filters", "shared"; "" outside rooms."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["cnnlab", "ui"] and len(parts) > 3 else ""


def own_imports(path: Path) -> set[str]:
    """The files of the package that a file imports, wherever it does: of `from a import b`, b where that is a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & set(MODULES) or {str(node.module)}
    return found & set(MODULES) - {"cnnlab"}


def test_every_page_has_a_room() -> None:
    assert {PAGE_OF.get(room, room) for room in PAGE_ROOMS} == set(PAGES)


PAGE_OF = {"feature_maps": "maps"}
"""Room -> its page, where the address has another name."""


def test_no_page_room_imports_another() -> None:
    foreign = [
        (name, other)
        for name, path in MODULES.items()
        if room_of(name) in PAGE_ROOMS
        for other in own_imports(path)
        if room_of(other) in PAGE_ROOMS - {room_of(name)}
    ]
    foreign += [
        (page, other)
        for page, path in PAGES.items()
        for other in own_imports(path)
        if room_of(other) in PAGE_ROOMS and PAGE_OF.get(room_of(other), room_of(other)) != page
    ]
    assert foreign == []


def test_components_know_no_page() -> None:
    for name, path in MODULES.items():
        if room_of(name) == "components":
            assert {room_of(other) for other in own_imports(path)} <= {"", "components"}, name
        if room_of(name) == "shared":
            assert {room_of(other) for other in own_imports(path)} <= {"", "components", "shared"}, name


def test_shared_holds_only_what_two_rooms_use() -> None:
    users: dict[str, set[str]] = {name: set() for name in MODULES if room_of(name) == "shared"}
    for importer, path in [*MODULES.items(), *((f"pages.{page}", path) for page, path in PAGES.items())]:
        room = room_of(importer) or importer.removeprefix("pages.")
        for other in own_imports(path) & set(users):
            users[other].add(PAGE_OF.get(room, room))
    assert {name: rooms for name, rooms in users.items() if len(rooms) < 2 and not name.endswith("shared")} == {}


def test_no_two_files_import_each_other_in_a_circle() -> None:
    ahead = {name: own_imports(path) - {name} for name, path in MODULES.items()}
    while leaves := {name for name, others in ahead.items() if not others}:
        ahead = {name: others - leaves for name, others in ahead.items() if name not in leaves}
    # What is left imports itself through others, or imports such a file.
    inside = {name for others in ahead.values() for name in others}
    assert {name: others & inside for name, others in ahead.items() if name in inside} == {}


def test_no_module_over_300_lines_and_no_page_over_100() -> None:
    def lines(path: Path) -> int:
        return len(path.read_text(encoding="utf-8").splitlines())

    assert {name: lines(path) for name, path in MODULES.items() if lines(path) > 300} == {}
    assert {name: lines(path) for name, path in PAGES.items() if lines(path) > 100} == {}


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
        [sys.executable, "-c", script, *names], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def room(*rooms: str) -> list[str]:
    """The modules of these rooms that may be imported without TensorFlow, and run nothing when they are."""
    names = (name for name in MODULES if name.startswith(tuple(f"cnnlab.{r}" for r in rooms)))
    return sorted(name for name in names if name not in TENSORFLOW and not name.endswith("__main__"))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("cnnlab") == set()


def test_specs_and_arithmetic_load_nothing_heavy() -> None:
    assert loaded_by("cnnlab", *room("errors", "i18n", "settings", "network", "training")) == set()


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
