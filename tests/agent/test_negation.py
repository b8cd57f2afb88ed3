"""Who says no to what: a claim against its evidence, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.claims.negation import clashes
from agent.claims.opposites import reversals
from agent.claims.words import words


def told(claim: str, span: str) -> tuple[list[str], list[str]]:
    return clashes(words(claim), words(span))


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        ("X did not inhibit Y.", "X failed to inhibit Y."),
        ("X didn't inhibit Y.", "X did not inhibit Y."),
        ("Inhibition was not observed.", "X did not inhibit Y."),
        ("Weight was unchanged.", "Weight did not change."),
        ("Mice lacking T1r3 died.", "Mice without T1r3 died."),
        ("Neither men nor women left.", "No men or women left."),
        ("The cell type hasn't been found.", "The cell type has not been identified."),
        ("The drug reduced admissions.", "Although the drug did not reduce mortality, it reduced admissions."),
        ("It is not only large but heavy.", "It is large and heavy."),
        ("It was a No. 1 hit.", "It was a number 1 hit."),
        ("Never Cry Wolf is a film.", "The film is old."),
        ("NO production fell.", "Production of it fell."),
        ("Non-smokers lived on.", "Non-smokers lived on."),
        ("X inhibited Y.", "X inhibited Y and did not affect Z."),
        ("They were unable to swim.", "They were not able to swim."),
        ("The song became a hit.", 'The song "You Don\'t Love Me (No, No, No)" became a hit.'),
    ],
)
def test_a_claim_that_says_no_where_its_evidence_does_stands(claim: str, span: str):
    assert told(claim, span) == ([], [])


@pytest.mark.parametrize(
    ("claim", "span", "added"),
    [
        ("X did not inhibit Y.", "X inhibited Y.", ["not"]),
        ("X did not inhibit Y and did not affect Z.", "X inhibited Y and did not affect Z.", ["not"]),
        ("The non-enveloped viruses are not the second group.", "The non-enveloped viruses are the second group.", ["not"]),
        ("No differences were not seen.", "No differences were seen.", ["not"]),
        ("Never Cry Wolf is not a film.", "Never Cry Wolf is a film.", ["not"]),
        ("It was found without delay.", "It was found with delay.", ["without"]),
        ("Nobody knows it.", "Everybody knows it.", ["Nobody"]),
    ],
)
def test_a_no_of_the_claim_alone_is_told(claim: str, span: str, added: list[str]):
    assert told(claim, span) == (added, [])


@pytest.mark.parametrize(
    ("claim", "span", "left_out"),
    [
        ("X inhibited Y.", "X did not inhibit Y.", ["not"]),
        ("The drug reduced mortality.", "Although the drug did not reduce mortality, it reduced admissions.", ["not"]),
        ("The drug reduced mortality.", "The drug failed to reduce mortality.", ["failed"]),
        ("Patients died.", "No patients died.", ["No"]),
        ("Weight changed.", "Weight was unchanged.", ["unchanged"]),
        ("A programme demonstrated a gap in outcomes.", "A programme showed no difference in outcomes.", ["no"]),
        ("Mice having T1r3 showed no preference.", "Mice lacking T1r3 showed no preference.", ["lacking"]),
        ("But it may be that simple.", "But it may not be that simple.", ["not"]),
        ("No association was seen in smokers.", "No association was seen in never smokers.", ["never"]),
    ],
)
def test_a_no_that_the_claim_leaves_out_is_told(claim: str, span: str, left_out: list[str]):
    assert told(claim, span) == ([], left_out)


def test_a_clause_of_the_evidence_may_be_left_out_with_its_no():
    assert told("Kepler worked in Prague.", "Kepler, who did not see them, worked in Prague.") == ([], [])


@pytest.mark.parametrize(
    ("claim", "span", "turned"),
    [
        ("It increases the risk of bleeding.", "It reduced the risk of bleeding.", [("increases", "reduced")]),
        ("It decreases the risk of bleeding.", "It decreased pain but raised the risk of bleeding.", [("decreases", "raised")]),
        ("It increases the risk of bleeding.", "It raised the risk of bleeding.", []),
        ("It decreased the risk of bleeding.", "It did not increase the risk of bleeding.", []),
        ("It increases speed.", "It lowers the price of bread.", []),
        ("It rose by three parts and fell by five.", "It fell by five parts and rose by three.", []),
    ],
)
def test_a_rise_for_a_fall_is_told(claim: str, span: str, turned: list[tuple[str, str]]):
    assert reversals(words(claim), words(span)) == turned


@given(st.text(alphabet="abn o't,.", max_size=60))
def test_a_text_never_clashes_with_itself(text: str):
    assert told(text, text) == ([], [])


LOOSE = st.lists(
    st.sampled_from(
        [
            "not",
            "no",
            "never",
            "without",
            "non",
            "-a",
            "x",
            "y",
            "inhibit",
            "inhibited",
            ",",
            ".",
            "and",
            "1",
            "unable",
            "able",
            "failed",
            "to",
            "No",
        ]
    ),
    max_size=20,
)


@given(LOOSE, LOOSE)
def test_any_words_can_be_compared(claim: list[str], span: list[str]):
    added, left_out = told(" ".join(claim), " ".join(span))
    assert len(added) <= 2 * len(claim)
    assert len(left_out) <= len(span)
