"""The shape of the project, held by its source: layers, who may import what, front doors, and calls that are never made."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

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
MARKUP = {"markdown", "caption", "write", "write_stream", "title", "header", "subheader", "latex", "toast", "info", "warning"}
MARKUP |= {"error", "success", "badge", "button", "download_button", "link_button", "popover", "expander", "checkbox", "toggle"}
FOREIGN = {"title", "text", "short", "asked", "query", "quote", "reasoning", "happened", "remedy", "note", "heading", "document"}
FOREIGN |= {"item", "rewritten", "draft", "about", "model", "purpose", "failure", "reason", "user", "name"}
SPELT = {"label", "counted", "price", "len", "bool"}  # what these give has no mark of markup in it
CHANGES = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove", "discard", "clear"}


def sources(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    for room in rooms or LAYERS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), _parsed(path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


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


def chat() -> Iterator[tuple[str, ast.Module]]:
    """The modules of the chat: those that draw, and those that what is drawn is worked out in."""
    for name, tree in sources("ui"):
        if name.startswith("ui/parts/") or any(module.split(".")[0] == "streamlit" for module in imported(tree)):
            yield name, tree


def calls_of_streamlit(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            root = node.func.value
            if isinstance(root, ast.Name) and root.id in ("st", "streamlit"):
                yield node


def test_markup_of_a_page_is_a_constant_of_its_style_sheet_alone() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, tree in chat()
        for node in calls_of_streamlit(tree, {"html", "iframe"})
        if name != "ui/parts/look.py" or not all(_is_constant(argument) for argument in node.args)
    ]
    assert wrong == []
    assert not [name for name, tree in chat() if any("streamlit.components" in module for module in imported(tree))]


def test_words_that_are_not_ours_never_become_markup() -> None:
    """What Streamlit reads as Markdown holds no field of a document's, a model's or a person's words, but through `label`."""
    wrong = [
        f"{name}:{node.lineno} {ast.unparse(argument)}"
        for name, tree in chat()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in calls_of_streamlit(function, MARKUP)
        for argument in read_as_markup(node)
        if foreign(argument, function)
    ]
    assert wrong == []


def read_as_markup(node: ast.Call) -> list[ast.expr]:
    return [*node.args[:1], *(one.value for one in node.keywords if one.arg in ("label", "body", "help"))]


def foreign(value: ast.expr, function: ast.FunctionDef, seen: frozenset[str] = frozenset()) -> bool:
    """Whether words that are not ours reach `value` by the field that holds them; names are followed within the function."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in SPELT:
        return False
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):  # a method's own name is no field
        return any(foreign(one, function, seen) for one in [value.func.value, *value.args])
    if isinstance(value, ast.Attribute):
        own = ast.unparse(value) == "check.name"  # a check of the doctor's has a name of ours
        return (value.attr in FOREIGN and not own) or foreign(value.value, function, seen)
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
        return value.slice.value in FOREIGN
    if isinstance(value, ast.Subscript):
        return foreign(value.value, function, seen)  # by what it is looked up is not what comes out
    if isinstance(value, ast.Name) and value.id not in seen:
        made = [node.value for node in ast.walk(function) if _makes(node, value.id)]
        return any(foreign(one, function, seen | {value.id}) for one in made)
    if isinstance(value, ast.IfExp):
        return foreign(value.body, function, seen) or foreign(value.orelse, function, seen)
    if isinstance(value, ast.Compare):
        return False
    return any(foreign(one, function, seen) for one in ast.iter_child_nodes(value) if isinstance(one, ast.expr))


def _is_constant(value: ast.expr) -> bool:
    """A constant, or the name of one."""
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id.lstrip("_").isupper())


def _makes(node: ast.AST, name: str) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def test_nothing_is_cached_for_all_visitors_but_the_service() -> None:
    cached = [
        f"{name} {node.name}"
        for name, tree in chat()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if ast.unparse(decorator).split("(")[0].split(".")[-1] in ("cache", "lru_cache", "cache_data", "cache_resource")
    ]
    assert cached == ["ui/visit.py service"]


def test_no_module_of_the_chat_keeps_a_state_for_all_visitors() -> None:
    """A list, a set or a dict of a module is a constant: it is full, has a constant's name, and nothing changes it."""
    wrong = [f"{name}:{node.lineno}" for name, tree in chat() for node in tree.body if _holds_state(node, tree)]
    wrong += [f"{name}:{node.lineno}" for name, tree in chat() for node in ast.walk(tree) if isinstance(node, ast.Global)]
    assert wrong == []


def _holds_state(node: ast.stmt, tree: ast.Module) -> bool:
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    literal = isinstance(node.value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
    made = ast.unparse(node.value.func).split("[")[0] if isinstance(node.value, ast.Call) else ""
    if not literal and made not in ("list", "dict", "set", "defaultdict", "deque", "Counter"):
        return False
    empty = not any(ast.iter_child_nodes(node.value)) if literal else not node.value.args  # type: ignore[attr-defined]
    name = target.id if isinstance(target, ast.Name) else ""
    return empty or not name.lstrip("_").isupper() or any(_changes(one, name) for one in ast.walk(tree))


def _changes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return isinstance(node.value, ast.Name) and node.value.id == name
    called = isinstance(node, ast.Attribute) and node.attr in CHANGES
    return called and isinstance(node.value, ast.Name) and node.value.id == name


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("st.markdown('**bold**')", False),
        ("st.markdown(f'{label(run.title)} {seconds:.1f}')", False),
        ("told = _WORDS[check.status]\n    st.caption(told + counted(3, 'run'))", False),
        ("st.caption('yes' if run.title else 'no')", False),
        ("st.markdown(run.title)", True),
        ("st.caption(f'**{claim.text}**')", True),
        ("st.button(record['short'])", True),
        ("st.caption('x', help=one.query)", True),
        ("told = one.happened.strip()\n    st.error(told)", True),
        ("st.write(' · '.join([one.name, 'x']))", True),
        ("st.badge(words(one.title))", True),
    ],
)
def test_the_look_at_markup_finds_what_it_should(code: str, found: bool) -> None:
    function = ast.parse(f"def draw():\n    {code}").body[0]
    assert isinstance(function, ast.FunctionDef)
    given = [argument for node in calls_of_streamlit(function, MARKUP) for argument in read_as_markup(node)]
    assert any(foreign(one, function) for one in given) == found


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("_NAMES = {'a': 1}", False),
        ("_SEEN = {}", True),
        ("_SEEN: dict[str, int] = dict()", True),
        ("seen = ['a']", True),
        ("_NAMES = ['a']\ndef f():\n    _NAMES.append('b')", True),
        ("_NAMES = {'a': 1}\ndef f():\n    _NAMES['b'] = 2", True),
        ("def f():\n    seen = []", False),
    ],
)
def test_the_look_at_state_finds_what_it_should(code: str, held: bool) -> None:
    tree = ast.parse(code)
    assert any(_holds_state(node, tree) for node in tree.body) == held
