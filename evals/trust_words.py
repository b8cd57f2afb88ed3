"""The fixed tables that claims are reworded and swapped with: data for `evals.trust_pairs`, made apart from the verifier's."""

from __future__ import annotations


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _table(text: str) -> dict[str, str]:
    """The pairs of a text such as `film=movie; began=started`."""
    return dict(part.strip().split("=") for part in " ".join(text.split()).split(";"))


MONTHS = _listed("January February March April May June July August September October November December")
COUNTS = _listed("one two three four five six seven eight nine ten eleven twelve")
SYNONYMS = _table(
    """film=movie; films=movies; located=situated; showed=demonstrated; suggest=indicate; suggests=indicates;
    founded=established; began=started; wrote=penned; received=got; starred=appeared; published=issued; largest=biggest;
    reduced=lowered; increased=raised; decreased=lowered; observed=seen; identified=found; important=significant;
    primarily=mainly; approximately=about; additionally=besides; although=though; patients=subjects; children=youngsters;
    rapidly=quickly; demonstrate=show; demonstrated=showed; investigated=studied; examined=studied; performed=carried out;
    obtained=got; required=needed; requires=needs; remains=stays; famous=well-known; throughout=across; commonly=often;
    frequently=often; nearly=almost; created=made; purchased=bought; treatment=therapy; evaluated=assessed;
    determine=establish; revealed=showed; enhanced=boosted; inhibits=blocks; inhibited=blocked; essential=vital;
    regulates=controls; promotes=furthers; various=several; owned=held; named=called; whilst=while; consists of=comprises;
    portrayed=played; debuted=premiered; composed=wrote; contains=holds; difference=gap; effects=consequences;
    levels=amounts; trial=experiment; participants=volunteers; common=usual; serves=acts; released=brought out;
    leading=main; method=approach; methods=approaches; rate=frequency; rates=frequencies; group=arm; groups=arms;
    assess=gauge; provide=give; provides=gives; within=inside"""
)
ADVERBS = _listed(
    """also however moreover furthermore significantly originally currently primarily generally mainly frequently commonly
    notably recently subsequently typically previously directly specifically strongly markedly thus therefore additionally
    importantly interestingly"""
)
PREFIXES = (
    "According to the passage, ",
    "According to the source, ",
    "The text states that ",
    "It is reported that ",
    "The article notes that ",
    "As described, ",
    "We read that ",
)
CONTRACTIONS = _table(
    """did not=didn't; does not=doesn't; do not=don't; was not=wasn't; were not=weren't; is not=isn't; are not=aren't; could
    not=couldn't; had not=hadn't; has not=hasn't; have not=haven't; cannot=can't"""
)
ACTIVE = _table(
    """directed=directed; written=wrote; produced=produced; founded=founded; designed=designed; composed=composed;
    created=created; published=published; caused=caused; performed=performed"""
)
AUXILIARIES = _listed("is was were are can could will would may might should must did does do")
PARTICIPLE_AUXILIARIES = _listed("has have had")
PAST = _table(
    """directed=direct; wrote=write; won=win; released=release; starred=star; played=play; served=serve; became=become;
    received=receive; showed=show; increased=increase; reduced=reduce; found=find; induced=induce; inhibited=inhibit;
    decreased=decrease; improved=improve; led=lead; resulted=result; suggested=suggest; revealed=reveal;
    demonstrated=demonstrate; caused=cause; required=require; enhanced=enhance; began=begin; died=die; moved=move;
    made=make; brought=bring; recorded=record; produced=produce; formed=form; appeared=appear; attended=attend; sold=sell;
    lived=live; raised=raise; lowered=lower; blocked=block; boosted=boost; penned=pen; got=get; held=hold"""
)
AFFIRMATIVE = (
    (r"\bdid not\b", "did"),
    (r"\bdidn't\b", "did"),
    (r"\bdoes not\b", "does"),
    (r"\bdoesn't\b", "does"),
    (r"\bdo not\b", "do"),
    (r"\b(is|was|were|are|has|had|have|could|would|should|may|might|will|can) not\b", r"\1"),
    (r"\b(is|was|were|are|has|had|have|could|would|should)n't\b", r"\1"),
    (r"\bcannot\b", "can"),
    (r"\bcan't\b", "can"),
    (r"\bno longer\b", "still"),
    (r"\bnever\b(?! [A-Z])", "once"),
    (r"\bwithout\b", "with"),
    (r"\bfailed to\b", "managed to"),
    (r"\bunable to\b", "able to"),
    (r"\black of\b", "presence of"),
    (r"\babsence of\b", "presence of"),
    (r"\blacked\b", "had"),
    (r"\blacking\b", "having"),
    (r"\bno (?=(?:significant |such |clear )?\w+)", "a "),
    (r"\bneither (\S+) nor\b", r"both \1 and"),
    (r"\bnot\b", ""),
)
DEMONYMS = _listed(
    """American British English Scottish Irish Welsh French German Italian Spanish Portuguese Dutch Belgian Swiss Austrian
    Swedish Norwegian Danish Finnish Polish Czech Hungarian Romanian Bulgarian Greek Turkish Russian Ukrainian Canadian
    Australian Mexican Brazilian Argentine Chilean Indian Pakistani Chinese Japanese Korean Israeli Egyptian Iranian Iraqi
    Nigerian Kenyan"""
)
OPENINGS = frozenset(
    _listed("The This These Those It He She They In On At After During Since According However Although We Our As")
)
LOWERABLE = frozenset(
    _listed(
        """the a an it he she they this these those its his her their in on at during after before since between while although
    when for from by our we there here as such both"""
    )
)
