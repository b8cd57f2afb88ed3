"""The policy without a model: it follows names from passage to passage, stops when the question is covered, and quotes.

What a passage says has no effect but through its words: names to look up, and sentences to quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.citations import check, find_conflicts
from agent.extraction.bearing import ENOUGH, bearing
from agent.extraction.compare import compare
from agent.extraction.coverage import Coverage
from agent.extraction.decompose import sides
from agent.extraction.fitting import fitting
from agent.extraction.follow import Lead, leads, unresolved
from agent.extraction.followup import standalone
from agent.extraction.lines import Line, lines
from agent.extraction.mentions import key, mentions, within
from agent.extraction.question import Asked, asked
from agent.extraction.sentences import choose
from agent.extraction.shortanswer import Scored, ranked
from agent.policy import OnToken
from agent.state import Answer, Claim, Conflict, Decision, Search, View

_FULLY = 0.999
_WITNESSES = 12


@dataclass(frozen=True)
class ExtractivePolicy:
    """Decides by rules for English: the embedded default, deterministic, without a model or a key.

    `first` passages of the search for the whole question are shown, then `follow` names a turn, one passage each; the last turn
    spends what is left on names and on the question's own words. It stops `answered` when one sentence says what is asked, every
    name of the question has its document, and an answer is at least `sure`ly there. Below `enough` it writes "not found", and
    also where it has no short answer and a name of the question stands nowhere in full.

    >>> ExtractivePolicy().plan(view, on_token).actions[0].text
    'In which town was the young Dane born who assisted Picard on Hven?'
    """

    first: int = 3
    follow: int = 3
    sure: float = 0.85
    enough: float = ENOUGH

    @property
    def name(self) -> str:
        """How the policy is chosen and recorded."""
        return "extractive"

    def standalone(self, view: View) -> str:
        """The follow-up with its pronoun or bare noun phrase tied to what the last exchange was about."""
        return standalone(view.question, view.history)

    def plan(self, view: View, on_token: OnToken) -> Decision:
        """A search for the whole question, and one for each side of a comparison; all places at once where no turn follows."""
        question = asked(view.question)
        parts = sides(question)[: max(0, min(view.left.searches, view.left.shown) - 1)]
        final = view.left.turns <= 1 or view.left.searches <= 1 + len(parts)
        shown = max(1, view.left.shown - len(parts)) if final else min(self.first, view.left.shown)
        actions = [Search(view.question, "the whole question", 0, shown)]
        actions += [Search(text, "one side of the comparison", number, 1) for number, text in enumerate(parts)]
        told = f"compares: {'; '.join(parts)}" if parts else "one question, searched whole"
        return Decision(tuple(actions), reasoning=told, parts=parts)

    def reflect(self, view: View, on_token: OnToken) -> Decision:
        """Look up the names that the evidence introduces; stop when the question is covered or nothing new came."""
        if not view.evidence or not _brought(view):
            return Decision(stop="saturated", reasoning="the last searches showed nothing new")
        coverage = Coverage(asked(view.question), lines(view.evidence))
        if self._settled(coverage, view):
            return Decision(stop="answered", reasoning="every name has its document, and one sentence says what is asked")
        if min(view.left.shown, view.left.searches) <= 0:
            return Decision(reasoning="every passage or search of the effort is spent")
        found = leads(coverage, view.evidence, _tried(view))
        actions = self._next(view, coverage, found)
        if not actions:
            return Decision(stop="saturated", reasoning="no name is left to look up")
        return Decision(actions, reasoning=f"looks up {', '.join(action.reason for action in actions)}")

    def write(self, view: View, on_token: OnToken) -> Answer:
        """Verbatim sentences, with a short answer where one fits; "not found" where nothing shown bears on the question.

        The confidence is that the evidence answers, times how far the question's names stand in it.
        """
        coverage = Coverage(asked(view.question), lines(view.evidence))
        found = ranked(coverage)
        short, resting = _short(coverage, found)
        probability = bearing(coverage, found).probability
        confidence = round(probability * coverage.names, 4)
        strange = not short and coverage.told < _FULLY
        if not coverage.lines or probability < self.enough or strange:
            return Answer("not_found", confidence=round(1 - confidence, 4))
        quoted = choose(coverage, resting)
        claims = tuple(line.claim for line in quoted)
        conflicts = _conflicts(coverage, view)
        kind = "conflict" if conflicts else "found"
        return Answer(
            kind, short, " ".join(claim.text for claim in claims), claims, _entities(quoted, short), conflicts, confidence
        )

    def _settled(self, coverage: Coverage, view: View) -> bool:
        sure = coverage.focus >= _FULLY and coverage.joint >= _FULLY and not unresolved(coverage, view.evidence)
        return sure and bearing(coverage, ranked(coverage)).probability >= self.sure

    def _next(self, view: View, coverage: Coverage, found: Sequence[Lead]) -> tuple[Search, ...]:
        """One passage a name; in the last turn the places that are left go to the question's own words."""
        last = view.left.turns <= 1
        places = min(view.left.shown, view.left.searches - 1) if last else min(self.follow, view.left.shown, view.left.searches)
        actions = [Search(_lookup(lead, coverage), _why(lead), 0, 1) for lead in found[: max(0, places)]]
        left = view.left.shown - len(actions)
        if last and left > 0 and view.left.searches > len(actions):
            words = " ".join(term.text for term in coverage.question.terms)
            actions.append(Search(words, "the question's own words", 0, left))
        return tuple(actions)


def _brought(view: View) -> bool:
    """Whether the last turn's actions showed anything."""
    last = view.turns[-1].number if view.turns else 0
    return any(one.shown for one in view.done if one.turn == last) or not view.turns


def _tried(view: View) -> frozenset[str]:
    """The keys of the names that were looked up: every beginning of what was searched beside the whole question."""
    searched = [one.action.text for one in view.done if isinstance(one.action, Search) and one.action.text != view.question]
    words = [key(text).split() for text in searched]
    return frozenset(" ".join(one[:length]) for one in words for length in range(1, len(one) + 1))


def _lookup(lead: Lead, coverage: Coverage) -> str:
    """The name, with what the best passage does not say of the question: six words at most."""
    rest = [word for word in coverage.missing if not within(key(word), key(lead.name))][:6]
    return " ".join([lead.name, *rest])


def _why(lead: Lead) -> str:
    return f"{lead.name} (from passage {lead.number})" if lead.number else f"{lead.name} (named in the question)"


def _short(coverage: Coverage, found: Sequence[Scored]) -> tuple[str, tuple[Line, ...]]:
    """The short answer, empty where none fits, and the lines that an answer rests on."""
    if coverage.question.wanted in ("choice", "yes_no"):
        verdict = compare(coverage)
        return verdict.short, verdict.lines
    fits = fitting(coverage, found)
    if fits is not None:
        return fits.candidate.text, (fits.candidate.line,)
    return "", tuple(one.candidate.line for one in found[:1])


def _entities(quoted: Sequence[Line], short: str) -> tuple[str, ...]:
    """The short answer where it is a name, and what the quoted passages are about."""
    names = [short] if any(one.text == short for one in mentions(short)) else []
    return tuple(dict.fromkeys([*names, *(line.subject for line in quoted if line.subject)]))


def _conflicts(coverage: Coverage, view: View) -> tuple[Conflict, ...]:
    """Sentences of different documents that say most of the question and disagree on a value."""
    question: Asked = coverage.question
    said = {line: coverage.share(coverage.direct[line.place] | coverage.title[line.place]) for line in coverage.lines}
    told = sorted((line for line in coverage.lines if said[line] >= 0.5), key=lambda line: (-said[line], line.place))[:_WITNESSES]
    claims: Sequence[Claim] = check([line.claim for line in told], view.evidence) if len(told) > 1 else ()
    return find_conflicts(question.text, claims)
