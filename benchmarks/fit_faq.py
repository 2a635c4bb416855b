"""Weighs the decision of the knowledge base anew: needed after the shipped encoder or the scores of `faq/index.py`
changed.

    make fit-faq FAQ="base.jsonl,questions.jsonl other.jsonl,others.jsonl"

Learns from bases drawn out of `faq/corpus/development`, from messages of `nlu/corpus/development`, from the questions
put to the shared entries (`faq/corpus/development/starter.jsonl`), and from each pair given, whose questions may have a
field `kind`: `appeal` is a matter to register. Every set counts alike. Prints what the decision does to each set at
several settings of its two knobs: learnt from all sets, and learnt from all but this one. `--write` keeps the weights
in `faq/decision.json`.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.knowledge_base import encoding
from faq.decision import CHOICES, WEIGHTS, Terms, Weights
from faq.entry import Entry
from faq.index import FIRM, PROTEST, SURE, WORTH_OFFERING, Candidate, Encode, Index, Meaning
from faq.knowledge import STARTER, Knowledge
from faq.manner import complains
from nlu.encoder import SHIPPED, Encoder
from nlu.interpretation import AppealType, Intent
from nlu.taxonomy import Taxonomy
from nlu.training.corpus import Group, read, read_groups

_ROOT = Path(__file__).parent.parent
_GROUPS = _ROOT / "faq" / "corpus" / "development"
_PROBES = _GROUPS / "starter.jsonl"
_MESSAGES = _ROOT / "nlu" / "corpus" / "development"
_CATEGORIES = _ROOT / "cities" / "generic" / "categories.csv"

_DRAWS = 3
# Of the groups so many have an entry, with so many variants; so many other wordings of each group are asked, and so
# many messages of each kind beside them.
_STOCKED, _VARIANTS, _ASKED, _STRANGERS = 0.7, (2, 3, 3, 4), 3, 150
_OFFERABLE = 5
# How strongly a weight is drawn to zero: evidence that hardly varies would get weights without end.
_STIFFNESS = 0.3
_SURE = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9)
_WORTH = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
_ANSWERING = {
    "meaning": ("words", "likeness", "ahead", "margin", "reports", "told"),
    "words": ("score", "margin", "reports", "told"),
}
_OFFERING = {
    "meaning": ("words", "likeness", "share", "reports", "told"),
    "words": ("score", "words", "share", "reports", "told"),
}
_REPORTING = {"meaning": ("complaint", "asks"), "words": ("complaint",)}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the entry that answers it if one does, and whether it is none but a matter to register."""

    text: str
    right: str | None = None
    appeal: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """A base and what is asked of it."""

    knowledge: Knowledge
    asked: Sequence[Asked]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found for a question."""

    asked: Asked
    candidates: Sequence[Candidate]

    @property
    def is_report(self) -> bool:
        return not self.candidates or self.candidates[0].evidence.reports >= PROTEST

    def is_right(self, place: int) -> bool:
        return self.asked.right is not None and self.candidates[place].entry.id == self.asked.right


@dataclass(frozen=True, slots=True)
class Rows:
    """Evidence, whether it spoke for the right thing, and what each row counts."""

    evidence: Sequence[Mapping[str, float]]
    right: Sequence[bool]
    counts: Sequence[float]


Sets = Mapping[str, Sequence[Bench]]
Found = Mapping[str, Sequence[Outcome]]


def main() -> None:
    """Fit, print, and with `--write` keep."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--faq", nargs="*", default=[], metavar="BASE,QUESTIONS")
    options.add_argument("--model", type=Path, default=SHIPPED, help="another model folder than the shipped one")
    options.add_argument("--write", action="store_true", help=f"keep the weights in {WEIGHTS.name}")
    given = options.parse_args()
    sets = _sets(given.faq)
    ways = {"meaning": _encoding_once(encoding(Encoder.load(given.model))), "words": None}
    text = json.dumps({way: asdict(_weighed(way, sets, encode)) for way, encode in ways.items()}, indent=1) + "\n"
    print(text)
    if given.write:
        WEIGHTS.write_text(text, encoding="utf-8")


def _weighed(way: str, sets: Sets, encode: Encode | None) -> Weights:
    reports = _fit_reports(way, sets, encode)
    found = {name: list(_outcomes(benches, encode, reports)) for name, benches in sets.items()}
    weights = _fit(way, found, reports)
    print(f"\n== by {way}")
    for name in found:
        others = {other: outcomes for other, outcomes in found.items() if other != name}
        _print_table(name, found[name], weights, _fit(way, others, reports) if others else weights)
    return weights


# -- the sets


def _sets(pairs: Iterable[str]) -> Sets:
    groups = read_groups(sorted(_GROUPS.glob("*.txt")))
    appeals, questions = _messages()
    shared = Knowledge(entry for entry in Knowledge.load(STARTER) if not entry.has_gap)
    sets = {
        "drawn": [_drawn(groups, appeals, questions, random.Random(seed)) for seed in range(_DRAWS)],
        "shared": [Bench(shared, [*_questions(_PROBES), *appeals[:_STRANGERS]])],
    }
    for pair in pairs:
        base, asked = (Path(part) for part in pair.split(","))
        sets[f"{base.parent.name}/{base.name}"] = [Bench(Knowledge.load(base), _questions(asked))]
    return sets


def _drawn(groups: Sequence[Group], appeals: list[Asked], questions: list[Asked], chance: random.Random) -> Bench:
    entries, asked = [], []
    for number, group in enumerate(groups):
        said = chance.sample(group.paraphrases, len(group.paraphrases))
        variants = chance.choice(_VARIANTS)
        if chance.random() < _STOCKED:
            entries.append(
                Entry(id=str(number), question=group.question, variants=tuple(said[:variants]), answer="见公告。")
            )
            asked += [Asked(text, str(number)) for text in said[variants : variants + _ASKED]]
        else:
            asked += [Asked(text) for text in said[:_ASKED]]
    strangers = (chance.sample(kind, min(_STRANGERS, len(kind))) for kind in (appeals, questions))
    return Bench(Knowledge(entries), [*asked, *(one for kind in strangers for one in kind)])


def _messages() -> tuple[list[Asked], list[Asked]]:
    """Matters to register, and questions that no base of ours answers."""
    paths = [category.path for category in Taxonomy.load(_CATEGORIES)]
    examples = [example for example in read(sorted(_MESSAGES.glob("*.txt")), paths) if example.path]
    random.Random(0).shuffle(examples)
    reported = [e for e in examples if e.intent is Intent.APPEAL and e.appeal_type is not AppealType.INQUIRY]
    asked = [e for e in examples if e.intent is Intent.FAQ]
    return [Asked(e.text, appeal=True) for e in reported], [Asked(e.text) for e in asked]


def _questions(file: Path) -> list[Asked]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Asked(row["text"], row.get("answer_id"), row.get("kind") == "appeal") for row in rows]


def _encoding_once(encode: Encode) -> Encode:
    """The same text is asked of several bases."""
    known: dict[str, Meaning] = {}

    def remembering(texts: Sequence[str]) -> list[Meaning]:
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(fresh, encode(fresh), strict=True))
        return [known[text] for text in texts]

    return remembering


# -- fitting


def _outcomes(benches: Sequence[Bench], encode: Encode | None, reports: Terms) -> Iterator[Outcome]:
    for bench in benches:
        index = Index(bench.knowledge, encode, weights=Weights(reports=reports, right={}, choice={}))
        for asked in bench.asked:
            yield Outcome(asked, index.consider(asked.text)[:_OFFERABLE])


def _fit_reports(way: str, sets: Sets, encode: Encode | None) -> Terms:
    """Matters to register count as much as all questions beside them, of which there are many more."""
    evidence, right, counts = list[dict[str, float]](), list[bool](), list[float]()
    for benches in sets.values():
        asked = [one for bench in benches for one in bench.asked]
        appeals = sum(one.appeal for one in asked)
        for one in asked:
            asks = encode([one.text])[0].asks if encode else 0.0
            evidence.append({"complaint": complains(one.text), "asks": asks})
            right.append(one.appeal)
            counts.append(1 / (appeals if one.appeal else len(asked) - appeals))
    return _logistic(_REPORTING[way], Rows(evidence, right, counts))


def _fit(way: str, found: Found, reports: Terms) -> Weights:
    return Weights(
        reports=reports,
        right=_logistic(_ANSWERING[way], _rows(found, 1)),
        choice=_logistic(_OFFERING[way], _rows(found, _OFFERABLE)),
    )


def _rows(found: Found, places: int) -> Rows:
    evidence, right, counts = list[dict[str, float]](), list[bool](), list[float]()
    for outcomes in found.values():
        looked_at = [
            (outcome, place)
            for outcome in outcomes
            if not outcome.is_report
            for place in range(min(places, len(outcome.candidates)))
        ]
        for outcome, place in looked_at:
            evidence.append(asdict(outcome.candidates[place].evidence))
            right.append(outcome.is_right(place))
            counts.append(1 / len(looked_at))
    return Rows(evidence, right, counts)


def _logistic(names: Sequence[str], rows: Rows) -> Terms:
    """Newton's method, over evidence of one spread."""
    given = np.array([[row[name] for name in names] for row in rows.evidence])
    spread = np.maximum(given.std(0), 1e-6)
    design = np.hstack([given / spread, np.ones((len(given), 1))])
    counts = np.array(rows.counts) * len(given) / sum(rows.counts)
    stiff = _STIFFNESS * np.diag([*[1.0] * len(names), 0.0])
    terms = np.zeros(len(names) + 1)
    for _ in range(50):
        likely = 1 / (1 + np.exp(-design @ terms))
        slope = design.T @ (counts * (np.array(rows.right) - likely)) - stiff @ terms
        bend = (design.T * (counts * likely * (1 - likely))) @ design + stiff
        terms = terms + np.linalg.solve(bend, slope)
    found = {name: round(float(term), 2) for name, term in zip(names, terms[:-1] / spread, strict=True)}
    return {"bias": round(float(terms[-1]), 2), **found}


# -- what it does


def _print_table(name: str, outcomes: Sequence[Outcome], weights: Weights, apart: Weights) -> None:
    answerable = sum(outcome.asked.right is not None for outcome in outcomes)
    asked = [outcome for outcome in outcomes if outcome.asked.right is None and not outcome.asked.appeal]
    print(f"\n{name}: {len(outcomes)} questions, {answerable} with an entry; learnt with it | without it")
    for sure in _SURE:
        told = " | ".join(_answered(outcomes, found, sure, answerable) for found in (weights, apart))
        print(f"  sure {sure:.2f}{'*' if sure == SURE else ' '} {told}")
    for worth in _WORTH:
        told = " | ".join(_offered(outcomes, asked, found, worth, answerable) for found in (weights, apart))
        print(f"  worth {worth:.2f}{'*' if worth == WORTH_OFFERING else ' '} {told}")


def _answered(outcomes: Sequence[Outcome], weights: Weights, sure: float, answerable: int) -> str:
    given = [outcome for outcome in outcomes if _is_answered(outcome, weights, sure)]
    right = sum(outcome.is_right(0) for outcome in given)
    appeals = sum(outcome.asked.appeal for outcome in given)
    return (
        f"answered rightly {right / max(answerable, 1):.3f}, wrongly {(len(given) - right) / len(outcomes):.4f} "
        f"({appeals} appeals)"
    )


def _offered(
    outcomes: Sequence[Outcome], strange: Sequence[Outcome], weights: Weights, worth: float, answerable: int
) -> str:
    def helps(outcome: Outcome) -> bool:
        return any(outcome.is_right(place) for place in _choices(outcome, weights, worth))

    useful = sum(helps(outcome) for outcome in outcomes)
    vain = [len(_choices(outcome, weights, worth)) for outcome in strange]
    return (
        f"the right one offered {useful / max(answerable, 1):.3f}, "
        f"something in vain {sum(map(bool, vain)) / max(len(vain), 1):.3f}"
    )


def _is_answered(outcome: Outcome, weights: Weights, sure: float) -> bool:
    if outcome.is_report:
        return False
    best = outcome.candidates[0].evidence
    return best.score >= FIRM and weights.answers(best) >= sure


def _choices(outcome: Outcome, weights: Weights, worth: float) -> list[int]:
    if outcome.is_report:
        return []
    places = range(len(outcome.candidates))
    return [place for place in places if weights.offers(outcome.candidates[place].evidence) >= worth][:CHOICES]


if __name__ == "__main__":
    main()
