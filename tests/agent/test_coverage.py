"""How much of a question the evidence speaks to."""

from __future__ import annotations

import pytest

from tests.agent.shown import DANE, HOPS, PICARD, ROMER, covered, passage


def test_a_sentence_and_its_title_say_terms_of_the_question() -> None:
    found = covered("Where was Kepler born?", passage(1, "Johannes Kepler", "He was born in Weil. He taught."))
    terms = [term.text for term in found.question.terms]
    assert terms == ["Kepler", "born"]
    assert found.direct == (frozenset({1}), frozenset())
    assert found.title == (frozenset({0}), frozenset({0}))
    assert found.said == frozenset({0, 1})
    assert found.share({1}) == pytest.approx(1.0 / 2.5)  # a name weighs 1.5


def test_a_name_links_what_other_documents_say_of_it() -> None:
    found = covered(HOPS, DANE, ROMER, PICARD)
    terms = [term.text for term in found.question.terms]
    born = next(line for line in found.lines if "Aarhus" in line.text)
    assert {terms[place] for place in found.linked[born.place]} >= {"young", "Dane", "Jean", "Picard", "1671"}
    alone = covered(HOPS, ROMER)
    assert alone.linked[0] == frozenset()
    assert found.relevance(born) > alone.relevance(alone.lines[0])


def test_a_name_that_many_documents_mention_links_nothing() -> None:
    many = [passage(n, f"Report {'ABCDEF'[n]}", "The Sun was seen by Kepler.") for n in range(6)]
    assert all(link == frozenset() for link in covered("Who saw the comet?", *many).linked)


def test_names_must_stand_together() -> None:
    apart = passage(1, "A list", "John was there. Herschel was not.")
    together = passage(1, "A list", "John Herschel was there.")
    assert covered("Where did John Herschel live?", apart).names == 0.5
    assert covered("Where did John Herschel live?", together).names == 1.0
    assert covered("What rained?", together).names == 1.0


def test_one_sentence_must_say_what_is_asked_and_be_tied_to_the_names() -> None:
    question = "Who designed the dome of the Hale Telescope?"
    said = covered(question, passage(1, "Hale Telescope", "Porter designed its dome."))
    assert said.joint == 1.0
    assert said.focus == 1.0
    scattered = covered(question, passage(1, "Hale Telescope", "Porter designed it. The dome is high."))
    assert scattered.joint < 1.0 == scattered.focus
    elsewhere = covered(question, passage(1, "Chapel", "Wren designed its dome."))
    assert elsewhere.joint == pytest.approx(0.3)


def test_a_plain_question_asks_one_thing_of_what_it_names() -> None:
    assert covered("Who was the mother of Tycho Brahe?").plain
    assert not covered(HOPS).plain
    assert not covered("Who wrote it?").plain
    assert not covered("Which is older, Titan or Triton?").plain


def test_a_line_is_bound_to_a_name_by_its_document_or_by_saying_it() -> None:
    found = covered("Who taught Ole Rømer?", ROMER, DANE, PICARD)
    bound = {line.text[:20]: found.bound(line) for line in found.lines}
    assert bound["Ole Rømer was born i"]
    assert bound["He died in Copenhage"]
    assert bound["A young Dane who hel"]
    assert not bound["Jean Picard was born"]
    assert all(map(covered("Who taught Galileo?", ROMER).bound, covered("Who taught Galileo?", ROMER).lines))


def test_what_is_missing_is_what_the_best_passage_does_not_say() -> None:
    assert covered("Where was the Dane born?", passage(1, "", "A Dane."), passage(2, "", "Born.")).missing == ("born",)
    assert covered("Where was the Dane born?").missing == ("Dane", "born")


def test_passages_without_titles_are_not_tied_by_having_none() -> None:
    found = covered("What rained?", passage(1, "", "It rained.", document="a"), passage(2, "", "It snowed.", document="b"))
    assert not found.tied(*found.lines)
