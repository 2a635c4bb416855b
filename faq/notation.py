"""A condition as it is kept and typed: fields for JSON, and a few lines of text for a cell or a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from faq.condition import Case, Condition
from faq.wording import clean

MAX_ANSWER_BYTES = 2048
"""An answer goes out as one WeChat message, which holds 2,048 bytes of UTF-8."""
FEWEST, MOST = 2, 6
"""Cases: more of them are a list to read, not a question."""
LONGEST_LABEL = 20
"""Characters that a choice can be recognised by when it is typed."""
LONGEST_ASK = 100
BY_DISTRICT = "按区县："
"""How the first line begins when the cases are districts."""
UNLESS = "不问"
"""Under which label the words stand upon which nothing is asked."""

_HEAD = re.compile(r"^【([^】\n]*)】(.*)$")
_BY_DISTRICT = re.compile(r"^按区县\s*[:：]\s*")
_BETWEEN = re.compile(r"[\s、,，;；|｜]+")
_FIELDS = frozenset({"ask", "by_district", "unless", "cases"})
_CASE_FIELDS = frozenset({"label", "words", "answer"})


def row_of_condition(condition: Condition) -> dict[str, Any]:
    """Its fields that hold something, as JSON has them."""
    cases = [
        {"label": case.label} | ({"words": list(case.words)} if case.words else {}) | {"answer": case.answer}
        for case in condition.cases
    ]
    row: dict[str, Any] = {"ask": condition.ask}
    row |= {"by_district": True} if condition.by_district else {}
    row |= {"unless": list(condition.unless)} if condition.unless else {}
    return row | {"cases": cases}


def read_condition(row: object, question: str, faults: list[str]) -> Condition | None:
    """A condition of an entry with this question from its fields; None, and the faults named, when they make none."""
    found: list[str] = []
    condition = _read(row, question, found)
    faults += [f"condition: {fault}" for fault in found]
    return None if found else condition


def write_text(condition: Condition | None) -> str:
    """The condition as a keeper types it; empty for none."""
    if condition is None:
        return ""
    first = (BY_DISTRICT if condition.by_district else "") + condition.ask
    unless = [f"【{UNLESS}】{'、'.join(condition.unless)}"] if condition.unless else []
    cases = [f"【{case.label}】{'、'.join(case.words)}\n{case.answer}" for case in condition.cases]
    return "\n".join([first, *unless, *cases])


def read_text(text: str) -> dict[str, Any]:
    """The fields in what a keeper typed, whatever of it is wrong; `read_condition` tells."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line.strip())]
    ask = "\n".join(lines[: heads[0]] if heads else lines).strip()
    marked = _BY_DISTRICT.match(ask)
    row: dict[str, Any] = {"ask": ask[marked.end() :] if marked else ask, "cases": []}
    row |= {"by_district": True} if marked else {}
    for start, end in pairwise([*heads, len(lines)]):
        found = _HEAD.match(lines[start].strip())
        assert found is not None, "it was found among the heads"
        label, words = found[1].strip(), [word for word in _BETWEEN.split(found[2]) if word]
        answer = "\n".join(lines[start + 1 : end]).strip()
        if label == UNLESS and not answer:
            row["unless"] = [*row.get("unless", []), *words]
        else:
            row["cases"].append({"label": label, "words": words, "answer": answer})
    return row


def _read(row: object, question: str, faults: list[str]) -> Condition | None:
    if not isinstance(row, Mapping) or not isinstance(row.get("cases"), list):
        faults.append("must have ask, and a list of cases")
        return None
    faults += [f"{name}: unknown field" for name in row if name not in _FIELDS]
    ask = _line(row.get("ask", ""), "ask", LONGEST_ASK, faults)
    if _BY_DISTRICT.match(ask):
        faults.append(f"ask: must not begin with {BY_DISTRICT}")
    by_district = row.get("by_district", False)
    if not isinstance(by_district, bool):
        faults.append("by_district: must be true or false")
    unless = _words(row.get("unless", []), "unless", faults)
    cases = tuple(_case(case, number, faults) for number, case in enumerate(row["cases"], start=1))
    if not FEWEST <= len(cases) <= MOST:
        faults.append(f"{len(cases)} cases, must be {FEWEST} to {MOST}")
    condition = Condition(ask=ask, cases=cases, by_district=by_district is True, unless=unless)
    if not faults:
        faults += _clashes(condition, question)
    return condition


def _case(row: object, number: int, faults: list[str]) -> Case:
    if not isinstance(row, Mapping):
        faults.append(f"case {number}: must have label and answer")
        return Case(label="", answer="")
    label = _line(row.get("label", ""), f"case {number}: label", LONGEST_LABEL, faults)
    name = f"case {label!r}" if label else f"case {number}"
    faults += [f"{name}: {field}: unknown field" for field in row if field not in _CASE_FIELDS]
    if "】" in label or label == UNLESS:
        faults.append(f"{name}: cannot be called so")
    answer = row.get("answer", "")
    if not isinstance(answer, str) or not answer.strip():
        faults.append(f"{name}: answer: missing")
        answer = ""
    size = len(answer.strip().encode("utf-8", "replace"))
    if size > MAX_ANSWER_BYTES:
        faults.append(f"{name}: answer: {size} bytes, at most {MAX_ANSWER_BYTES} go into one message")
    # In a cell or a form it would be taken for the head of another case.
    if any(_HEAD.match(line.strip()) for line in answer.splitlines()):
        faults.append(f"{name}: answer: no line of it may begin with 【…】")
    return Case(label=label, answer=answer.strip(), words=_words(row.get("words", []), f"{name}: words", faults))


def _line(value: object, name: str, longest: int, faults: list[str]) -> str:
    if not isinstance(value, str) or not clean(value):
        faults.append(f"{name}: missing")
        return ""
    line = value.strip()
    if len(line.splitlines()) > 1:
        faults.append(f"{name}: must be one line")
    elif len(line) > longest:
        faults.append(f"{name}: {len(line)} characters, at most {longest}")
    elif _HEAD.match(line):
        faults.append(f"{name}: must not begin with 【…】")
    return line


def _words(value: object, name: str, faults: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and clean(word) for word in value):
        faults.append(f"{name}: must be a list of texts, none of them empty")
        return ()
    words = tuple(word.strip() for word in value)
    faults += [f"{name}: {word!r} must be one word" for word in words if _BETWEEN.search(word)]
    return words


def _clashes(condition: Condition, question: str) -> Iterator[str]:
    """What makes it impossible to tell the cases apart, or to ask at all."""
    taken: dict[str, str] = {}
    for case in condition.cases:
        for name in dict.fromkeys(clean(name) for name in case.names):
            if name in taken:
                yield f"{name!r} stands for {taken[name]!r} and for {case.label!r}"
            taken.setdefault(name, case.label)
    told = condition.told(question)
    if told is not None:
        yield f"the question itself tells {told.label!r}, so nothing would ever be asked"
    if condition.spares(question):
        yield "the question itself holds a word of unless, so nothing would ever be asked"


def strange_districts(condition: Condition | None, districts: Sequence[str]) -> tuple[str, ...]:
    """Labels of cases that name none of the city's districts, so that no place would ever lead to them."""
    if condition is None or not condition.by_district or not districts:
        return ()
    return tuple(case.label for case in condition.cases if not set(case.names) & set(districts))
