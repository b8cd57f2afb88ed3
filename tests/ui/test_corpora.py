"""Corpora: whose they are, what they are called, and that no name leads out of their folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.errors import FathomError, UsageError
from ui.corpora import Corpora, Corpus


def lay(path: Path) -> Path:
    """What stands for an index there: a pointer to a generation."""
    path.mkdir(parents=True)
    (path / "CURRENT").write_text("x", "utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("beta", "alpha"):
        lay(tmp_path / "home" / name)
    lay(tmp_path / "home" / ".hidden")
    (tmp_path / "home" / "half built").mkdir()
    (tmp_path / "home" / "file").write_text("", "utf-8")
    return tmp_path / "home"


def names(corpora: Corpora) -> list[str]:
    return [one.name for one in corpora.all()]


def test_what_is_built_is_listed_by_name(home: Path) -> None:
    assert names(Corpora(home)) == ["alpha", "beta"]
    assert Corpora(home).named("beta") == Corpus("beta", home / "beta")
    assert Corpora(home).named("beta").built
    assert names(Corpora(home / "nowhere")) == []


def test_the_index_that_the_server_was_started_with_comes_first(home: Path, tmp_path: Path) -> None:
    given = Corpora(home, given=lay(tmp_path / "papers.index"))
    assert names(given) == ["papers", "alpha", "beta"]
    same = Corpora(home, given=lay(tmp_path / "beta.index"))
    assert (names(same), same.named("beta").path) == (["beta", "alpha"], tmp_path / "beta.index")


def test_ones_own_corpora_are_nobody_elses(home: Path) -> None:
    ada, bob = Corpora(home, "ada"), Corpora(home, "bob")
    for name in ("letters", "beta"):
        lay(Corpora(home, "ada").place(name).path if name == "letters" else ada._own / name)
    assert [(one.name, one.owner) for one in ada.all()] == [("beta", "ada"), ("letters", "ada"), ("alpha", None)]
    assert names(bob) == names(Corpora(home)) == ["alpha", "beta"]
    path = str(ada.named("letters").path.resolve())
    assert ada.at(path) == ada.named("letters")
    assert bob.at(path) is None
    assert Corpora(home).at(path) is None
    for other in (bob, Corpora(home)):
        with pytest.raises(FathomError, match="no corpus 'letters'"):
            other.named("letters")


def test_a_path_that_was_recorded_opens_nothing_outside(home: Path, tmp_path: Path) -> None:
    lay(tmp_path / "elsewhere")
    corpora = Corpora(home)
    assert corpora.at(str((home / "beta").resolve())) == corpora.named("beta")
    for path in (str(tmp_path / "elsewhere"), str(home / ".hidden"), str(home / "half built"), str(home), "", "beta"):
        assert corpora.at(path) is None


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "../x", "a/b", "/etc", ".owners", "-x", "a\0b", "a\\b", "x" * 61, "a\u202eb"]
)
def test_a_name_that_is_no_folders_is_refused(home: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Corpora(home).place(name)


def test_a_name_that_is_taken_is_refused_in_whatever_case(home: Path) -> None:
    with pytest.raises(UsageError, match="there is a corpus 'ALPHA'"):
        Corpora(home, "ada").place("ALPHA")


def test_a_new_corpus_lies_with_its_owner(home: Path) -> None:
    assert Corpora(home).place("  my   papers ") == Corpus("my papers", home / "my papers")
    own = Corpora(home, "ada").place("my papers")
    assert own.owner == "ada"
    assert own.path.is_relative_to(home / ".owners")
    assert own.path != Corpora(home, "bob").place("my papers").path


@given(st.text(max_size=70), st.text(min_size=1, max_size=30))
def test_no_name_and_no_owner_leads_out_of_the_home(name: str, owner: str) -> None:
    home = Path("/nowhere/home")
    for corpora in (Corpora(home), Corpora(home, owner)):
        try:
            corpus = corpora.place(name)
        except UsageError:
            continue
        own = home if corpora.reader is None else home / ".owners"
        depth = 1 if corpora.reader is None else 2
        assert ".." not in corpus.path.parts
        assert corpus.path.is_relative_to(own)
        assert len(corpus.path.relative_to(own).parts) == depth
