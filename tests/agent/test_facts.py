"""Numbers, dates and names, whatever way they are written."""

from __future__ import annotations

import importlib
import re
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.claims import dates
from agent.claims.facts import Facts
from agent.claims.namebook import Namebook
from agent.claims.support import Support
from agent.claims.words import fold, words

OURS = ["words", "numbers", "dates", "names", "namebook", "facts", "support", "cues", "negation", "opposites", "slots", "spans"]
OURS = ["agent.citations", *(f"agent.claims.{name}" for name in [*OURS, "brackets", "conflicts"])]


def lacks(claim: str, span: str, title: str = "", shown: str = "") -> list[str]:
    support = Support((Facts(span), Facts(title)), Namebook((words(span), words(title), words(shown))))
    return support.lacks(Facts(claim)) + support.turns(Facts(claim))


def test_words_are_folded():
    told = [word.folded for word in words("Müller's 1,200 U.S. rats, O'Brien’s TGF-β2")]
    assert told == ["muller", "1,200", "us", "rats", "o'brien", "tgf", "beta2"]
    assert fold("Łódź ÆØ ﬁ") == "lodz aeo fi"


def test_a_sentence_does_not_begin_behind_an_abbreviation_or_an_initial():
    opens = [word.text for word in words('Dr. J. Smith left. "He" went:\nHome. 5 ran.') if word.opens]
    assert opens == ["Dr", "He", "Home", "5"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234 and 1234.5", ["1234", "1234.5"]),
        ("1.2 million or 5 thousand", ["1200000", "5000"]),
        ("one million, a hundred, a dozen, two dozen", ["1000000", "100", "12", "24"]),
        ("twenty-one, thirty five, two hundred and five", ["21", "35", "205"]),
        ("two thousand three hundred and forty-one", ["2341"]),
        ("one hundred and two hundred", ["100", "200"]),
        ("two and three", ["2", "3"]),
        ("the third, 21st and 12th", ["3", "21", "12"]),
        ("5mg 10-fold 0·5 3x", ["5", "10", "0.5", "3"]),
        ("12-year-old", ["12"]),
        ("World War II, type IV, I am", ["2", "4"]),
        ("30.4 (95% CI 30.1-30.7) million", ["30400000", "95", "30.1", "30.7"]),
        ("IL-6, p53, S100A9, caspase-3, COVID-19, 5-HT, F-16", []),
        ("no number, hundreds of millions", []),
        ("½ of 10²", []),
    ],
)
def test_numbers_in_every_form(text: str, values: list[str]):
    assert [number.value for number in Facts(text).numbers] == [Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10 March 1787; March 10, 1787; 10th of March, 1787; Mar. 10, 1787", [(1787, 3, 10)] * 4),
        ("1787-03-10 and 1787/3/10", [(1787, 3, 10)] * 2),
        ("25/12/2001, 12/25/2001, 25.12.2001", [(2001, 12, 25)] * 3),
        ("March 1787, in March, March 10", [(1787, 3, None), (None, 3, None), (None, 3, 10)]),
        ("in 1787, 1787–90, (1990)", [(1787, None, None), (1787, None, None), (1790, None, None), (1990, None, None)]),
        (
            "the 1780s, the 1780's, the 18th century, the nineteenth century",
            [(1780, None, None)] * 2 + [(1700, None, None), (1800, None, None)],
        ),
        ("March on; may be; 50%; 1,787 men; 1787 members; 3000", []),
    ],
)
def test_dates_in_every_form(text: str, found: list[tuple[int | None, int | None, int | None]]):
    assert [(date.year, date.month, date.day) for date in Facts(text).dates] == found


@pytest.mark.parametrize(
    ("claimed", "given", "stands"),
    [
        ("in 1787", "on 10 March 1787", True),
        ("March 1787", "1787-03-10", True),
        ("on 10 March 1787", "in 1787", False),
        ("March 10, 1787", "on March 10 of that year, 1787", True),
        ("March 10, 1787", "on 11 March 1787", False),
        ("10/03/1787", "March 10, 1787", True),
        ("10/03/1787", "October 3, 1787", True),
        ("in the 1780s", "in 1787", True),
        ("in 1787", "in the 1780s", False),
        ("in the 18th century", "in 1787", True),
        ("in the 19th century", "in 1787", False),
        ("in 1790", "from 1787-90", True),
    ],
)
def test_a_date_stands_where_all_that_it_says_does(claimed: str, given: str, stands: bool):
    (date,) = Facts(claimed).dates
    assert dates.unsupported(date, Facts(given).dates) is not stands


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        ("It had 1200 members.", "It had 1,200 members."),
        ("It cost 5 million.", "It cost 5,000,000."),
        ("12% of them left.", "Of them 12 percent left."),
        ("It fell by 12%.", "It fell by 10, 12 and 14 per cent."),
        ("It fell by 12%.", "It fell by 12 (sd 3) %."),
        ("There were 3 men.", "There were three men."),
        ("It was the 3rd man.", "It was the third man."),
        ("12 male patients came.", "12 male and 15 female patients came."),
        ("The 10 patients came.", "The patients (n = 10) came, of 27 patients."),
        ("One of the largest cities.", "It is among the largest cities."),
        ("Caspase 3 fell.", "Caspase-3 fell."),
        ("It has 1200 members.", "It has 1200 members today."),
        ("In 1200 it fell.", "It fell in the year 1200."),
        ("Type 2 diabetes.", "Type II diabetes."),
    ],
)
def test_a_number_stands_in_any_form(claim: str, span: str):
    assert lacks(claim, span) == []


@pytest.mark.parametrize(
    ("claim", "span", "missing"),
    [
        ("It had 1300 members.", "It had 1,200 members.", ["the number 1300"]),
        ("12% of them left.", "12 men left.", ["the number 12"]),
        ("It has 12 controls.", "It has 12 patients and 15 controls.", ["the number 12"]),
        ("It has one moon.", "It has two moons.", ["the number one"]),
        ("It needs 6 samples.", "It needs IL-6 samples.", ["the number 6"]),
        (
            "It ran from 1887 to 1893.",
            "It ran from 1892 to 1893, not 1887.",
            ["it has 1887 where the cited text has another value"],
        ),
        (
            "Argentina won 2–7 then.",
            "Argentina won 2–1 then, its fifth of seven.",
            ["it has 7 where the cited text has another value"],
        ),
    ],
)
def test_a_number_that_does_not_stand_or_stands_elsewhere_is_missing(claim: str, span: str, missing: list[str]):
    assert lacks(claim, span) == missing


def test_a_value_may_move_with_its_words():
    assert lacks("Y was born in 1990.", "X was born in 1985 and Y was born in 1990.") == []
    assert lacks("It rose by 3 % and fell by 5 %.", "It fell by 5 % and (in May) rose by 3 %.") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In 1990 the actor Paul Newman met him.", ["Paul Newman"]),
        ("They met at the University of New Mexico.", ["University of New Mexico"]),
        ("We saw IL-6, p53, mTOR and TGF-β there.", ["IL-6", "p53", "mTOR", "TGF-β"]),
        ("They saw J. R. R. Tolkien's house.", ["J. R. R. Tolkien's"]),
        ("They called it US, but it was not.", ["US"]),
        ("He said: I was there, and The End was near.", ["End"]),
        ("In March he left on Monday.", ["Monday"]),
        ("Fifteen men came.", []),
    ],
)
def test_names_are_what_is_written_as_names(text: str, found: list[str]):
    assert [Facts(text).written(name) for name in Facts(text).names] == found


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        ("The actor Newman won.", "Paul Newman won."),
        ("The writer J. Tolkien won.", "John Tolkien won."),
        ("The writer JRR Tolkien won.", "J. R. R. Tolkien won."),
        ("Then Muller won.", "Then Müller's team won."),
        ("The US won.", "The United States won."),
        ("The United States won.", "The U.S. won."),
        ("The World Health Organization won.", "The WHO won."),
        ("He saw IL6 and IL 7.", "He saw IL-6 and IL-7."),
        ("He saw TGF-beta.", "He saw TGFβ."),
        ("He saw Th2 cells.", "He saw T(H)2 cells."),
        ("The French team won.", "The team of France won."),
        ("The Italian won.", "She won for Italy."),
        ("He saw MDSCs.", "He saw an MDSC."),
        ("He saw GABA.", "He saw GABAergic cells."),
        ("In chronic kidney disease (CKD) it fell.", "In chronic kidney disease it fell."),
        ("The director Christopher Nolan won.", "Christopher Nolan won."),
        ("Researchers saw Lyon.", "Lyon was seen."),
        ("Synaptic loss was seen.", "A loss of synapses was seen."),
        ("Insulin fell.", "The insulin fell."),
        ("The American Paul Newman won.", "The American Film Institute honoured Paul Newman, who won."),
    ],
)
def test_a_name_stands_in_any_form(claim: str, span: str):
    assert lacks(claim, span) == []


@pytest.mark.parametrize(
    ("claim", "span", "missing"),
    [
        ("The actor Paul Smith won.", "The actor Paul Newman won.", ["the name Paul Smith"]),
        ("Paris is large.", "Lyon is large.", ["the name Paris"]),
        ("He saw IL-8.", "He saw IL-6 in 8 men.", ["the name IL-8"]),
        ("Then John Smith left.", "John Brown and Adam Smith left.", ["the name John Smith"]),
        ("He worked for the WHO.", "He worked for those who paid.", ["the name WHO"]),
        ("World War I ended.", "World War II ended.", ["the number I"]),
        ("Tspan3 receptors fell.", "IL-18 receptors fell.", ["the name Tspan3"]),
    ],
)
def test_a_name_that_does_not_stand_is_missing(claim: str, span: str, missing: list[str]):
    assert lacks(claim, span) == missing


def test_a_word_that_opens_a_sentence_is_no_name_where_anything_shown_has_it_in_lower_case():
    assert lacks("Headaches are frequent.", "They are frequent.") == ["the name Headaches"]
    assert lacks("Headaches are frequent.", "They are frequent.", shown="Some have headaches.") == []


def test_a_word_that_opens_a_sentence_is_a_name_where_anything_shown_has_it_so():
    assert lacks("Rome fell slowly.", "It fell slowly.") == []
    assert lacks("Rome fell slowly.", "It fell slowly.", shown="They left for Rome.") == ["the name Rome"]


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_checked_against_any_other(claim: str, span: str):
    assert lacks(span, span) is not None
    lacks(claim, span)


@given(st.text(alphabet="Aa1 .,-–()%'é\ud800\n", max_size=80))
def test_a_text_is_read_alike_twice(text: str):
    assert Facts(text).numbers == Facts(text).numbers
    assert [date.last for date in Facts(text).dates] == sorted(date.last for date in Facts(text).dates)


def patterns() -> list[tuple[str, re.Pattern[str]]]:
    found: list[tuple[str, re.Pattern[str]]] = []
    for name in OURS:
        for key, value in vars(importlib.import_module(name)).items():
            inside = value.values() if isinstance(value, dict) and key.startswith("_") and not key.startswith("__") else [value]
            found += [(f"{name}.{key}", one) for one in inside if isinstance(one, re.Pattern)]
    return found


PUMPS = [
    "a",
    "A",
    "1",
    "1,",
    "1.",
    "a-",
    "'a",
    "a.",
    "[",
    "(",
    '"',
    "No ",
    ". ",
    '."',
    "\n",
    " ",
    "- ",
    "| ",
    "* ",
    "e\u0301",
    "β",
    "1st",
    "AAs",
    "-1",
    "%",
]


@pytest.mark.parametrize(("name", "pattern"), patterns(), ids=[name for name, _ in patterns()])
def test_no_pattern_takes_long_on_any_text(name: str, pattern: re.Pattern[str]):
    """At most 100 ms of processor time for 100,000 characters of a repeated text, the best of three."""
    for pump in PUMPS:
        text = pump * (100_000 // len(pump)) + "!"
        assert min(_seconds(pattern, text) for _ in range(3)) < 0.1, (name, pump)


def _seconds(pattern: re.Pattern[str], text: str) -> float:
    began = time.process_time()
    pattern.match(text)
    pattern.search(text)
    return time.process_time() - began


def test_the_patterns_are_found():
    assert len(patterns()) >= 20
