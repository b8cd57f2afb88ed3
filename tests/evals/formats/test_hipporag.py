"""HippoRAG's files: a passage is its title and its text, and every gold passage is found by both or named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.datasets import Dataset
from evals.formats.hipporag import identity
from evals.formats.native import native, read
from retrievers.errors import FathomError, UsageError

MOON, WATCH = ("Titan", "Titan is a moon. Saturn holds it."), ("Titan", "Titan is a maker of watches.")
HUYGENS = ("Huygens", "Huygens found Titan. He was Dutch.")
CORPUS = [{"title": title, "text": text} for title, text in (MOON, WATCH, HUYGENS)]
WIKI = {
    "_id": "83bf",
    "type": "compositional",
    "question": "Who found the moon of Saturn?",
    "context": [
        ["Titan", ["Titan is a moon.", "Saturn holds it."]],
        ["Huygens", ["Huygens found Titan.", "He was Dutch."]],
    ],
    "supporting_facts": [["Huygens", 0], ["Titan", 1], ["Titan", 0]],
    "answer": "Huygens",
}
HOTPOT = {
    **WIKI,
    "_id": "5a77",
    "type": "bridge",
    "level": "easy",
    "context": [["Titan", ["Titan is a moon.", " Saturn holds it."]], ["Huygens", ["Huygens found Titan.", " He was Dutch."]]],
}
MUSIQUE = {
    "id": "3hop1__12_34_56",
    "question": "Who made the watch?",
    "paragraphs": [
        {"idx": 0, "title": "Titan", "paragraph_text": MOON[1], "is_supporting": False},
        {"idx": 1, "title": "Titan", "paragraph_text": WATCH[1], "is_supporting": True},
    ],
    "answer": "Titan",
    "answer_aliases": ["Titan Company", "Titan"],
    "answerable": True,
}


def hippo(folder: Path, asked: Any = (WIKI,), corpus: Any = CORPUS, name: str = "tiny") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}_corpus.json").write_text(corpus if isinstance(corpus, str) else json.dumps(corpus))
    (folder / f"{name}.json").write_text(asked if isinstance(asked, str) else json.dumps(asked, indent=4))
    return folder


def opened(folder: Path, queries: str | None = None) -> Dataset:
    return read(folder, folder.parent / "cache", queries=queries)


@pytest.mark.parametrize("one", [WIKI, HOTPOT])
def test_supporting_facts_are_passages_of_the_context_however_sentences_are_joined(one: Any, tmp_path: Path) -> None:
    (found,) = opened(hippo(tmp_path / "x", [one])).questions
    assert (found.id, found.text, found.answers) == (one["_id"], "Who found the moon of Saturn?", ("Huygens",))
    assert found.relevant == (identity(HUYGENS), identity(MOON))


def test_of_two_passages_with_one_title_the_text_tells_which_is_meant(tmp_path: Path) -> None:
    (found,) = opened(hippo(tmp_path / "x", [MUSIQUE])).questions
    assert found.relevant == (identity(WATCH),)
    assert found.answers == ("Titan", "Titan Company")


@pytest.mark.parametrize("name", ["contexts", "paragraphs"])
def test_passages_that_do_not_say_otherwise_support(name: str, tmp_path: Path) -> None:
    given = [{"title": HUYGENS[0], "text": HUYGENS[1]}, {"title": MOON[0], "text": MOON[1], "is_supporting": False}]
    asked = [{"id": "q1", "question": "Who?", "answer": ["Huygens", "C. Huygens"], name: given}]
    (found,) = opened(hippo(tmp_path / "x", asked)).questions
    assert (found.relevant, found.answers) == ((identity(HUYGENS),), ("Huygens", "C. Huygens"))


def test_questions_are_told_apart_by_type_level_and_hops(tmp_path: Path) -> None:
    kinds = [("2hop__1_2", "bridge", "easy"), ("4hop3__1_2_3_4", "comparison", "hard")] * 2
    asked = [{**HOTPOT, "_id": f"{id}{place}", "type": type, "level": level} for place, (id, type, level) in enumerate(kinds)]
    found = [dict(one.groups) for one in opened(hippo(tmp_path / "x", asked)).questions]
    easy, hard = {"type": "bridge", "level": "easy", "hops": "2"}, {"type": "comparison", "level": "hard", "hops": "4"}
    assert found == [easy, hard, easy, hard]


def test_a_question_that_says_it_cannot_be_answered_has_nothing_relevant(tmp_path: Path) -> None:
    lost = {**MUSIQUE, "id": "2hop__9_9", "answerable": False, "paragraphs": MUSIQUE["paragraphs"][:1]}
    found = opened(hippo(tmp_path / "x", [MUSIQUE, lost])).questions
    assert [one.unanswerable for one in found] == [False, True]
    assert found[1].answers == ()


def test_a_passage_that_the_corpus_repeats_is_one_document(tmp_path: Path) -> None:
    place = native(hippo(tmp_path / "x", corpus=[*CORPUS, CORPUS[0]]), tmp_path / "cache")
    once = native(hippo(tmp_path / "y"), tmp_path / "cache")
    assert (place / "corpus.jsonl.gz").read_bytes() == (once / "corpus.jsonl.gz").read_bytes()
    assert identity(("a\nb", "c")) != identity(("a", "b\nc"))


def test_of_several_data_sets_one_must_be_chosen_and_gives_its_name(tmp_path: Path) -> None:
    hippo(hippo(tmp_path / "x", [MUSIQUE], name="musique"), name="2wiki")
    with pytest.raises(UsageError, match="several data sets") as caught:
        opened(tmp_path / "x")
    assert (caught.value.expected, caught.value.next) == ("one of 2wiki, musique", "--queries 2wiki")
    for choice in ("musique", "musique.json"):
        assert (opened(tmp_path / "x", choice).name, opened(tmp_path / "x", choice).questions[0].id) == ("musique", MUSIQUE["id"])
    with pytest.raises(UsageError, match=r"no hotpotqa_corpus\.json"):
        opened(tmp_path / "x", "hotpotqa")


def test_a_corpus_without_its_questions_is_a_usage_error(tmp_path: Path) -> None:
    (hippo(tmp_path / "x") / "tiny.json").unlink()
    with pytest.raises(UsageError, match=r"has no tiny\.json"):
        opened(tmp_path / "x")


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ([WIKI, WIKI], "item 2 of .*tiny.json has the id '83bf' a second time"),
        ([{**WIKI, "_id": 7}], "item 1 of .*tiny.json has no id"),
        ([{**WIKI, "question": None}], "item 1 of .*tiny.json has no id or no question"),
        (
            [{**WIKI, "supporting_facts": [["Rhea", 0]]}],
            "question '83bf'.* supported by 'Rhea', which its context has not at all",
        ),
        (
            [{**WIKI, "context": [*WIKI["context"], ["Titan", ["Titan is a maker of watches."]]]}],
            "question '83bf'.* supported by 'Titan', which its context has several times with other sentences",
        ),
        ([{**WIKI, "context": [["Titan", ["Other."]], WIKI["context"][1]]}], "'83bf'.*'Titan', which the corpus has not at all"),
        ([{**WIKI, "supporting_facts": []}], "question '83bf'.* has no supporting passage"),
        ([{**WIKI, "supporting_facts": [["Titan"]]}], "question '83bf'.* has supporting_facts that are not pairs"),
        ([{**WIKI, "context": None}], "question '83bf'.* has no list context"),
        ([{**WIKI, "answer": 7}], "question '83bf'.* has no list answer"),
        ([{**WIKI, "answer": [7]}], "question '83bf'.* has an answer that is not a string"),
        ([{**MUSIQUE, "paragraphs": ["Titan"]}], "question '3hop1__12_34_56'.* has paragraphs that are not objects"),
        ([{**MUSIQUE, "paragraphs": [{"title": "Titan"}]}], "question '3hop1__12_34_56'.* has paragraphs without a string"),
        ([{"id": "q1", "question": "?", "answer": "x"}], "question 'q1'.* has no list paragraphs"),
        ([{**MUSIQUE, "paragraphs": []}], "question '3hop1__12_34_56'.* has no supporting passage"),
        ("{}", "tiny.json is not a list"),
    ],
)
def test_a_question_that_cannot_be_meant_is_named_and_leaves_nothing_behind(asked: Any, what: str, tmp_path: Path) -> None:
    with pytest.raises(FathomError, match=what):
        opened(hippo(tmp_path / "x", asked))
    assert list((tmp_path / "cache" / "datasets").iterdir()) == []


def test_a_gold_passage_that_the_corpus_has_in_both_ways_is_ambiguous(tmp_path: Path) -> None:
    joined = {"title": "Titan", "text": "Titan is a moon.Saturn holds it."}
    with pytest.raises(FathomError, match=r"question '83bf'.*'Titan', which the corpus has twice, joined in two ways"):
        opened(hippo(tmp_path / "x", corpus=[*CORPUS, joined]))


@pytest.mark.parametrize("row", [{"title": "Titan"}, {"title": None, "text": "x"}])
def test_a_passage_without_title_or_text_is_named(row: Any, tmp_path: Path) -> None:
    with pytest.raises(FathomError, match=r"item 4 of .*tiny_corpus\.json has no title or no text"):
        opened(hippo(tmp_path / "x", corpus=[*CORPUS, row]))
