"""The pairs that measure verification: how they are made, and what is reported of them."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from evals import trust, trust_pairs, trust_reword, trust_swaps, trust_words
from evals.trust import CAUGHT, LIMIT, judge, main, report, wilson
from evals.trust_pairs import KINDS, Pair, Passage, pairs
from evals.trust_reword import RULES, Context, reword
from evals.trust_swaps import affirm, negate, pool, swap_date, swap_name, swap_number

CONTEXT = Context("Ann Lee (actress)", frozenset({"insulin", "film"}), "key")
PASSAGES = [
    (
        "a",
        "Ann Lee",
        "Ann Lee (born 10 March 1950) is an American actress. In 1990 she sold 1,200 prints of IL-6 art for 12% more.",
    ),
    (
        "b",
        "Bob Ray",
        "Bob Ray (born 2 May 1960) is a British actor. In 1985 he sold 3,400 prints of CD4 art for 15% more. He had two sons.",
    ),
]
POOL = pool(PASSAGES, frozenset({"sold", "prints"}))


def rule(name: str) -> Callable[[str, Context], str]:
    return next(one for one in RULES if one.__name__ == name)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("drop_parenthesis", "It fell (by half) in T(H)1 cells.", "It fell in T(H)1 cells."),
        (
            "drop_last_clause",
            "The film was shot in an old quarry, which had been closed for years.",
            "The film was shot in an old quarry.",
        ),
        ("name_subject", "She won two prizes.", "Ann Lee won two prizes."),
        ("drop_adverb", "It significantly fell.", "It fell."),
        ("synonyms", "The film showed patients.", "The movie demonstrated subjects."),
        ("contraction", "It did not fall.", "It didn't fall."),
        ("failed_to", "It did not fall.", "It failed to fall."),
        ("number_form", "It had 1,200 men, 5% of 1.2 million.", "It had 1200 men, 5 percent of 1,200,000."),
        ("number_word", "It had three men.", "It had 3 men."),
        ("number_word", "It had 5 women.", "It had five women."),
        ("number_word", "It had ninety two women.", "It had ninety two women."),
        ("turn_pair", "It studies the growth of plants and insects.", "It studies the growth of insects and plants."),
        ("iso_date", "It ended on March 10, 1787.", "It ended on 1787-03-10."),
        ("other_date_order", "It ended on March 10, 1787.", "It ended on 10 March 1787."),
        ("other_date_order", "It ended on 10 March 1787.", "It ended on March 10, 1787."),
        ("lead_last", "In 1990, she won two prizes.", "She won two prizes in 1990."),
        ("tail_first", "The film won two prizes in 1990.", "In 1990, the film won two prizes."),
        ("passive_active", "The film was directed by Ann Lee.", "Ann Lee directed the film."),
        ("who_clause", "Ann Lee is an American actress who won a prize.", "American actress Ann Lee won a prize."),
    ],
)
def test_a_rule_rewords_as_it_says(name: str, before: str, after: str):
    assert rule(name)(before, CONTEXT) == after


def test_a_sentence_that_no_rule_changes_gets_an_opening():
    text, used = reword("He left.", CONTEXT)
    assert used == ("prefix",)
    assert text.endswith("he left.")


def test_rewording_is_the_same_each_time_and_differs_by_key():
    sentence = "In 1990, the film showed three men (and a dog) on March 10, 1787."
    others = {reword(sentence, Context("", frozenset(), str(key))) for key in range(20)}
    assert reword(sentence, CONTEXT) == reword(sentence, CONTEXT)
    assert len(others) > 5


def test_a_number_is_swapped_for_one_of_the_same_form_from_another_passage():
    assert swap_number("She sold 1,200 prints.", "a", POOL, "k") == "She sold 3,400 prints."
    assert swap_number("It rose by 12%.", "a", POOL, "k") == "It rose by 15%."
    assert swap_number("She sold 77 prints.", "a", POOL, "k") == "She sold 77 prints."


def test_a_date_is_swapped_for_one_of_the_same_form_from_another_passage():
    assert swap_date("It was in 1990.", "a", POOL, "k") == "It was in 1985."
    assert swap_date("It was on 10 March 1950.", "a", POOL, "k") == "It was on 2 May 1960."
    assert swap_date("It was on 1950-03-10.", "a", POOL, "k") == "It was on 1950-03-10."


def test_a_name_is_swapped_for_one_of_the_same_type_from_another_passage():
    assert swap_name("They met Ann Lee.", "a", POOL, "k") == "They met Bob Ray."
    assert swap_name("She is American.", "a", POOL, "k") == "She is British."
    assert swap_name("They saw IL-6.", "a", POOL, "k") == "They saw CD4."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("It is a film.", "It is not a film."),
        ("The drug reduced pain.", "The drug did not reduce pain."),
        ("It has been seen.", "It has not been seen."),
        ("It fell.", "It fell."),
    ],
)
def test_a_negation_is_put_in(before: str, after: str):
    assert negate(before, "a", POOL, "k") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("It did not fall.", "It did fall."),
        ("It isn't new.", "It is new."),
        ("There was no gap.", "There was a gap."),
        ("They came without men.", "They came with men."),
        ("It failed to fall.", "It managed to fall."),
        ("Neither is said, but neither a nor b is.", "Neither is said, but both a and b is."),
        ("It is not only new but good.", "It is not only new but good."),
        ("It was No. 1 and not sold.", "It was No. 1 and not sold."),
    ],
)
def test_a_negation_is_taken_out(before: str, after: str):
    assert affirm(before, "a", POOL, "k") == after


def test_the_makers_of_the_pairs_know_nothing_of_the_verifier():
    for module in (trust_pairs, trust_reword, trust_swaps, trust_words):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        froms = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        assert not [name for name in froms + names if name.startswith("agent")]


def test_wilsons_interval():
    """z = 1.96: 95 of 100 gives (0.95 + 0.019208 +- 1.96 * sqrt(0.000475 + 0.00009604)) / 1.038416, that is 0.888 to 0.978."""
    assert wilson(95, 100) == {"value": 0.95, "low": 0.888, "high": 0.978, "n": 100}
    assert wilson(0, 100) == {"value": 0.0, "low": 0.0, "high": 0.037, "n": 100}
    assert wilson(0, 0) == {"value": None, "low": None, "high": None, "n": 0}


def test_a_pair_is_judged_by_its_sentence():
    passage = Passage("scifact", "1", "Moons", "Galileo saw four moons. Marius saw five.")
    pair = Pair("number", passage, 0, 23, "Galileo saw 4 moons.", "Galileo saw five moons.", ("number_word",), "swap_number")
    judged = judge(pair)
    assert (judged.true, judged.swapped) == ("", "not in the cited text or its title: the number five")
    assert not judged.failed
    assert pair.id == "scifact/1/0-23/number"


@pytest.fixture(scope="module")
def made(data: Callable[[str], Path]) -> list[Pair]:
    data("hotpotqa_train100")
    return pairs(data("scifact").parent)


def test_five_hundred_pairs_a_quarter_of_each_kind(made: list[Pair]):
    assert Counter(pair.kind for pair in made) == dict.fromkeys(KINDS, 125)
    assert len({pair.id for pair in made}) == 500
    assert Counter(pair.change for pair in made if pair.kind == "negation") == {"affirm": 63, "negate": 62}
    halves = Counter((pair.kind, pair.passage.dataset) for pair in made if pair.kind != "negation")
    assert set(halves.values()) == {62, 63}


def test_every_pair_is_a_reworded_sentence_and_one_swap(made: list[Pair]):
    for pair in made:
        span = pair.passage.text[pair.start : pair.end]
        assert pair.rules
        assert pair.true != span
        assert pair.swapped != pair.true
    kept = sum(pair.passage.text[pair.start : pair.end] in pair.true for pair in made)
    assert kept <= 0.1 * len(made)


def test_the_swapped_are_caught_and_the_true_kept(made: list[Pair]):
    told = report(made, {})
    assert told["falls_short"] == []
    for half in ("all", "held_back", "developed_on"):
        for kind in (*KINDS, "all"):
            assert told[half][kind]["swapped_caught"]["value"] >= CAUGHT
            assert told[half][kind]["true_rejected"]["value"] <= LIMIT


def test_what_falls_short_is_said():
    passage = Passage("scifact", "1", "Moons", "Galileo saw four moons.")
    told = report(
        [Pair("number", passage, 0, 23, "Galileo saw 4 moons.", "Galileo saw the moons.", ("number_word",), "swap_number")], {}
    )
    assert "all, number: 0.0 of the swapped caught, 0.95 wanted" in told["falls_short"]
    assert told["failed"][0]["wrong"] == "swapped, not caught"


def test_the_command_writes_json_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    passage = Passage("scifact", "1", "Moons", "Galileo saw four moons.")
    pair = Pair("number", passage, 0, 23, "Galileo saw 4 moons.", "Galileo saw 5 moons.", ("number_word",), "swap_number")
    monkeypatch.setattr(trust, "pairs", lambda data: [pair])
    monkeypatch.setattr(trust, "people", lambda data: {"supported_rejected": wilson(1, 4)})
    assert main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pairs"], told["failed"]) == (1, [])
    assert main(["--failures"]) == 0
    assert "every kind reaches its target" in capsys.readouterr().out
