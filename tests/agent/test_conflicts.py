"""Sources that disagree, and what only looks like it."""

from __future__ import annotations

import pytest

from agent.citations import find_conflicts
from agent.state import Citation, Claim


def claim(text: str, document: str, supported: bool = True) -> Claim:
    return Claim(text, (Citation(document, document, 0, len(text), text),), supported)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mount Everest is 8,848 metres high.", "Mount Everest is 8,850 metres high."),
        ("Galileo was born in 1564 in Pisa.", "Galileo was born in 1563."),
        ("In 1610 Galileo discovered four moons.", "Galileo discovered five moons in 1610."),
        ("The population of Paris is 2.1 million.", "Paris has a population of 2.2 million."),
        ("The Eiffel Tower is 330 m tall.", "The Eiffel Tower in Paris is 324 m tall."),
        ("Venera 7 landed on 15 December 1970.", "Venera 7 landed on 16 December 1970."),
        ("The Nile floods 20% of Egypt.", "The Nile floods 25% of Egypt."),
    ],
)
def test_the_same_said_with_another_value_is_a_conflict(one: str, other: str):
    (conflict,) = find_conflicts("it", [claim(one, "a"), claim(other, "b")])
    assert (conflict.about, [each.text for each in conflict.claims]) == ("it", [one, other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Galileo was born in 1564.", "Galileo was born on 15 February 1564."),
        ("Galileo was born in 1564.", "Galileo died in 1642."),
        ("Jupiter has 12 moons.", "Saturn has 14 moons."),
        ("Venera 7 landed in 1970.", "Venera 9 landed in 1975."),
        ("It was released in 1970.", "It was released in 1980."),
        ("The US election of 1964 was the 45th election.", "The US election of 1996 was the 53rd election."),
        ("The treaty was signed by 12 states.", "The treaty was signed by 14 states."),
        ("Paris has 20 bridges.", "Paris has 30 churches."),
        ("Paris has twenty bridges.", "Paris has 20 bridges."),
    ],
)
def test_other_things_said_are_none(one: str, other: str):
    assert find_conflicts("it", [claim(one, "a"), claim(other, "b")]) == ()


def test_a_source_does_not_disagree_with_itself():
    assert find_conflicts("it", [claim("Paris has 20 bridges.", "a"), claim("Paris has 30 bridges.", "a")]) == ()


def test_an_unsupported_claim_disagrees_with_nothing():
    assert find_conflicts("it", [claim("Paris has 20 bridges.", "a"), claim("Paris has 30 bridges.", "b", supported=False)]) == ()


def test_three_sources_make_one_conflict():
    claims = [claim(f"Paris has {count} bridges.", name) for count, name in ((20, "a"), (30, "b"), (40, "c"))]
    (conflict,) = find_conflicts("bridges", [*claims, claim("Lyon has 9 bridges.", "d")])
    assert conflict.claims == tuple(claims)
