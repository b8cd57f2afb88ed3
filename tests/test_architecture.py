"""The shape of the project, held by its source: layers, who may import what, front doors, and calls that are never made."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("graph", "retrievers", "agent", "evals", "ui")
HOMES = {
    "langgraph": {"agent/workflow.py"},
    "streamlit": {"ui"},
    "sqlalchemy": {"agent/store.py", "agent/migrations"},
    "alembic": {"agent/store.py", "agent/migrations"},
}
HEAVY = {"torch", "transformers", "bm25s", "pypdf", "docx", "openpyxl", "pptx", "openai", "bs4", "streamlit", "rank_bm25"}
TOP = {"pyproject.toml", "README.md", "LICENSE", "Makefile", "agent", "retrievers", "graph", "ui", "tests", "evals"}
FORBIDDEN = {"eval", "exec", "compile"}
SWITCHES = ("allow_pickle", "trust_remote_code", "unsafe_allow_html")


def sources(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    for room in rooms or LAYERS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


def test_the_top_level_holds_what_was_agreed() -> None:
    tracked = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert tracked - {"demo.index", "dist"} == TOP


def test_imports_go_down_the_layers_and_never_back() -> None:
    wrong = [
        f"{name} imports {module}"
        for name, tree in sources()
        for module in imported(tree)
        if (room := module.split(".")[0]) in LAYERS and LAYERS.index(room) > LAYERS.index(name.split("/")[0])
    ]
    assert wrong == []


def test_the_graph_imports_nothing_of_ours() -> None:
    assert [name for name, tree in sources("graph") if any(m.split(".")[0] in LAYERS[1:] for m in imported(tree))] == []


@pytest.mark.parametrize("library", HOMES)
def test_a_library_with_a_home_is_imported_there_alone(library: str) -> None:
    outside = [
        name
        for name, tree in sources()
        if any(module.split(".")[0] == library for module in imported(tree))
        and not any(name == home or name.startswith(f"{home}/") for home in HOMES[library])
    ]
    assert outside == []


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    """At the top of a module they would slow down every command; the type checker's imports cost nothing."""
    wrong = [
        f"{name} imports {module}"
        for name, tree in sources()
        if not (name.startswith("ui/") and name != "ui/cli.py")
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in imported(ast.Module([node], []))
        if module.split(".")[0] in HEAVY
    ]
    assert wrong == []


def test_nothing_runs_what_a_file_or_a_model_says() -> None:
    wrong = []
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN:
                wrong.append(f"{name}:{node.lineno} {node.func.id}")
            if isinstance(node, ast.keyword) and node.arg in SWITCHES and not _is_false(node.value):
                wrong.append(f"{name}:{node.value.lineno} {node.arg}")
        wrong += [f"{name} {module}" for module in imported(tree) if module in ("pickle", "joblib", "marshal", "shelve")]
    assert wrong == []


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def test_sql_is_never_put_together_from_strings() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in sources("agent")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in ("text", "exec_driver_sql", "execute")
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert wrong == []


@pytest.mark.parametrize("room", LAYERS)
def test_a_front_door_is_a_list(room: str) -> None:
    """`__init__.py` holds a docstring, imports and `__all__` alone, and `__all__` names what it imports, in order."""
    tree = ast.parse((ROOT / room / "__init__.py").read_text("utf-8"))
    kinds = [node for node in tree.body if not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign)]
    assert kinds == []
    package = importlib.import_module(room)
    names = getattr(package, "__all__", [])
    assert list(names) == sorted(names)
    assert all(hasattr(package, name) for name in names)


def test_every_public_name_says_what_it_does() -> None:
    missing = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in sources()
        if "/migrations/" not in name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert missing == []


def test_no_validation_is_left_to_assert() -> None:
    """`python -O` takes assertions out."""
    assert [f"{name}:{node.lineno}" for name, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []
