"""Our own written corpus: lines that people wrote with marks in them become labelled examples with exact offsets.

The form is told in `nlu/corpus/README.md`. Reading it needs nothing but Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from nlu.interpretation import AppealType, EmergencyKind, Intent, Path

_TYPES = {
    "投": AppealType.COMPLAINT,
    "举": AppealType.REPORT,
    "求": AppealType.HELP,
    "咨": AppealType.INQUIRY,
    "问": AppealType.INQUIRY,
    "建": AppealType.SUGGESTION,
    "表": AppealType.PRAISE,
}
_CODED = re.compile(r"([投举求咨建表问])(!?) (.+)")
_MARKS = {"〔": True, "〈": False}
_ENDS = {"〔": "〕", "〈": "〉"}
_CUT = "‖"


class CorpusError(ValueError):
    """A line of the corpus is not in its form; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Span:
    """A marked place; `main` tells whether the matter is there."""

    start: int
    end: int
    main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One message or turn and all that its writer said of it. A field that he said nothing of is None or empty."""

    text: str
    writer: str
    where: str
    intent: Intent
    told: frozenset[str] = frozenset({"intent", "locations", "matters"})
    """What its writer was asked about, of these three."""
    spans: tuple[Span, ...] = ()
    cuts: tuple[int, ...] = ()
    path: Path | None = None
    also: tuple[Path, ...] = ()
    level1: str | None = None
    """The first level, where no more of the category is known."""
    appeal_type: AppealType | None = None
    types_ok: tuple[AppealType, ...] = ()
    urgent: bool | None = None
    emergency: EmergencyKind | None = None
    city: str = "generic"
    district: str | None = None
    street: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row in the form of `suda understand`, as evaluation reads it."""
        row: dict[str, Any] = {"id": self.where, "text": self.text, "city": self.city, "intent": self.intent.value}
        row["locations"] = [
            {"start": span.start, "end": span.end, "text": self.text[span.start : span.end], "main": span.main}
            for span in self.spans
        ]
        if self.emergency:
            row["emergency"] = self.emergency.value
        if self.path:
            row |= {"category": list(self.path), "also": [list(path) for path in self.also]}
            row["matters"] = len(self.cuts) + 1
        # null would say that there is none
        row |= {level: name for level in ("district", "street") if (name := getattr(self, level))}
        if self.appeal_type:
            row |= {"appeal_type": self.appeal_type.value, "appeal_type_ok": [kind.value for kind in self.types_ok]}
        if self.urgent is not None:
            row["urgent"] = self.urgent
        return row


def read(files: Iterable[File], paths: Iterable[Path]) -> list[Example]:
    """All examples of the files. `paths` are the categories that exist; another is a fault."""
    known = {"/".join(path): path for path in paths}
    found: list[Example] = []
    for file in files:
        found += _read_file(file, known)
    if not found:
        raise CorpusError("no examples: the files of a corpus end with .txt")
    return found


def unmark(marked: str) -> tuple[str, tuple[Span, ...], tuple[int, ...]]:
    """Take the marks out: the plain message, the places, and where further matters begin."""
    letters: list[str] = []
    spans: list[Span] = []
    cuts: list[int] = []
    opened: tuple[str, int] | None = None
    for char in marked:
        if char in _MARKS:
            if opened:
                raise ValueError(f"{char} inside {opened[0]}")
            opened = char, len(letters)
        elif opened and char == _ENDS[opened[0]]:
            spans.append(Span(opened[1], len(letters), _MARKS[opened[0]]))
            opened = None
        elif char in _ENDS.values():
            raise ValueError(f"{char} closes nothing")
        elif char == _CUT:
            cuts.append(len(letters))
        else:
            letters.append(char)
    if opened:
        raise ValueError(f"{opened[0]} is not closed")
    return "".join(letters), tuple(span for span in spans if span.end > span.start), tuple(cuts)


def without_near_duplicates(
    examples: Iterable[Example], beside: Sequence[Example] = (), alike: float = 0.6
) -> list[Example]:
    """Drop what shares more than `alike` of its runs of five characters with an example before it (Jaccard), or with
    one of `beside`, which are not returned: what is measured with is not trained on.

    Short turns, which have few words to differ in (你好), are dropped only when they are equal.
    """
    kept: list[Example] = []
    apart = {id(example) for example in beside}
    said: dict[str, set[str]] = {}
    holders: dict[str, list[tuple[int, set[str]]]] = {}
    for example in (*beside, *examples):
        plain = re.sub(r"\W", "", example.text)
        if plain in said and example.intent is not Intent.GIBBERISH:
            continue
        runs = {plain[at : at + 5] for at in range(max(1, len(plain) - 4))}
        if len(plain) > 9:
            near = {id(other): other for run in runs for _, other in holders.get(run, ())}
            if any(len(runs & other) > alike * len(runs | other) for other in near.values()):
                continue
            for run in runs:
                holders.setdefault(run, []).append((len(kept), runs))
        said[plain] = runs
        kept.append(example)
    return [example for example in kept if id(example) not in apart]


def _read_file(file: File, known: dict[str, Path]) -> Iterator[Example]:
    writer = file.stem.split("_")[0]
    section: dict[str, Any] | None = None
    city = "generic"
    for number, line in enumerate(_lines(file), 1):
        where = f"{file.name}:{number}"
        try:
            if not line.strip():
                continue
            if line.startswith("# city: "):
                city = line[8:].strip()
            elif line.startswith("# "):
                section = _section(line[2:].strip(), known)
            elif section is None:
                raise ValueError("a line before the first `# ` heading")
            else:
                yield _example(line, section, known, writer=writer, where=where, city=city)
        except (ValueError, KeyError) as wrong:
            raise CorpusError(f"{file}:{number}: {wrong}") from wrong


def _lines(file: File) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        raise CorpusError(f"{file}:{line}: not UTF-8") from wrong


def _section(heading: str, known: dict[str, Path]) -> dict[str, Any]:
    if heading.startswith("intent: "):
        return {"intent": Intent(heading[8:])}
    if heading.startswith("emergency: "):
        return {"intent": Intent.EMERGENCY, "emergency": EmergencyKind(heading[11:]), "urgent": True}
    if heading not in known:
        raise ValueError(f"no category {heading}")
    return {"intent": Intent.APPEAL, "path": known[heading]}


def _example(
    line: str, section: dict[str, Any], known: dict[str, Path], *, writer: str, where: str, city: str
) -> Example:
    body, *others = line.split(" ≈ ")
    body, _, area = body.partition(" @ ")
    body, _, types = body.partition(" ~ ")
    district, _, street = area.strip().partition("/")
    coded = _CODED.fullmatch(body.strip()) if "path" in section else None
    if "path" in section and coded is None:
        raise ValueError("a message begins with one of 投举求咨建表问, perhaps a !, and a space")
    text, spans, cuts = unmark(coded[3] if coded else body)
    example = Example(text=text, writer=writer, where=where, spans=spans, cuts=cuts, city=city, **section)
    if not coded:
        # A turn of a chat was not asked about its matters.
        return replace(example, told=frozenset({"intent", "locations"}))
    return replace(
        example,
        intent=Intent.FAQ if coded[1] == "问" else Intent.APPEAL,
        appeal_type=_TYPES[coded[1]],
        urgent=bool(coded[2]),
        also=tuple(known[other.strip()] for other in others),
        types_ok=tuple(_TYPES[code.strip()] for code in types.split(",") if code.strip()),
        district=district or None,
        street=street or None,
    )


@dataclass(frozen=True, slots=True)
class Group:
    """One question and its paraphrases; groups of one field are neighbours that are easily confused."""

    field: str
    question: str
    paraphrases: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.question, *self.paraphrases)


def read_groups(files: Iterable[File]) -> list[Group]:
    """The paraphrase corpus of `faq/corpus`: `## field`, `= question`, and a line for each paraphrase."""
    groups: list[Group] = []
    for file in files:
        field, question, said = "", "", list[str]()
        for number, line in enumerate([*_lines(file), "= "], 1):
            line = line.strip()
            if line.startswith(("## ", "=")):
                if question and said:
                    groups.append(Group(field, question, tuple(said)))
                elif question:
                    raise CorpusError(f"{file}:{number}: no paraphrases of {question}")
                question, said = "", []
                if line.startswith("## "):
                    field = line[3:].strip()
                else:
                    question = line[1:].strip()
            elif line and question:
                said.append(line)
            elif line:
                raise CorpusError(f"{file}:{number}: a paraphrase before its question (= …)")
    return groups
