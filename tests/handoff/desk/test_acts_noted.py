"""Every act that the code ever notes has a word in the audit log, and every word there is of an act that is noted."""

import ast
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import pytest

from handoff.console import curation_entry
from handoff.console.inspection_words import ACTS, act, offered
from handoff.desk import ROLES, ActionKind, Outcome
from handoff.tongue import speaking
from handoff.writing import Doubt

ROOT = Path(__file__).resolve().parents[3]
NOTING = {"note": 1, "note_look": 1, "_note": 1}
"""Functions that write a line, and where among their arguments the act stands."""
OTHERS = ("bot/doctor", "bot/dialogue")
"""Rooms in which functions of that name do something else."""

ACTED = [str(kind) for kind in ActionKind if kind is not ActionKind.LOSE]
FAILED = [str(outcome) for outcome in Outcome if outcome is not Outcome.DONE]
VALUES: dict[tuple[str, str], list[str]] = {
    ("auth.py", "way"): ["code", "recovery", "new_password"],
    ("auth.py", "act"): ["login", "code"],
    ("staff.py", "role"): list(ROLES),
    ("drafting.py", "kind.value"): ["amend", "submit"],
    ("drafting.py", "Outcome.UNEXPLAINED"): [str(Outcome.UNEXPLAINED)],
    ("composing.py", "done"): ["reply_sent", "give_back", "close"],
    ("composing.py", "kinds"): [str(doubt) for doubt in Doubt] + ["vague+asked_back"],
    ("curation_entry.py", "done"): ["saved", "withdrawn", "restored"],
    ("curation_entry.py", "_REFUSED[filed.ending]"): list(curation_entry._REFUSED.values()),
    ("memory.py", "event.body.kind.value"): [str(kind) for kind in ActionKind],
    ("sql_inbox.py", "event.body.kind.value"): [str(kind) for kind in ActionKind],
}
"""What stands for what in an act that is put together, by file and expression. A new one belongs in here."""
ANYWHERE = {"kind.value": ACTED, "result.outcome.value": FAILED}


def calls() -> Iterator[tuple[str, ast.expr]]:
    """(file, act) of each call that writes a line."""
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "handoff").rglob("*.py")]):
        if str(path.relative_to(ROOT)).startswith(OTHERS):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and (given := act_given(node)) is not None:
                yield path.name, given


def act_given(call: ast.Call) -> ast.expr | None:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in NOTING:
            first = call.args[0] if call.args else None
            place = NOTING[name] + (isinstance(first, ast.Name) and first.id in ("c", "connection"))
            given = call.args[place] if len(call.args) > place else None
            # What calls another passes on what it was given itself, and that is looked at where it is given.
            return None if isinstance(given, ast.Name) and given.id == "action" else given
        case _:
            return None


def codes(file: str, given: ast.expr) -> Iterable[str]:
    match given:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.IfExp(body=one, orelse=other):
            return [*codes(file, one), *codes(file, other)]
        case ast.JoinedStr(values=parts):
            return ["".join(chosen) for chosen in product(*(codes(file, part) for part in parts))]
        case ast.FormattedValue(value=inner):
            return codes(file, inner)
        case _:
            words = ast.unparse(given)
            return VALUES[file, words] if (file, words) in VALUES else ANYWHERE[words]


@pytest.fixture(scope="module")
def noted() -> set[str]:
    return {code for file, given in calls() for code in codes(file, given)}


def test_the_codes_are_found(noted: set[str]) -> None:
    assert len(noted) > 100
    assert {"claim", "claim_taken", "reply_sent_despite:vague", "faq_late", "login_by_code", "operator_saved"} <= noted


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_act_that_is_ever_noted_has_a_word(noted: set[str], language: str) -> None:
    with speaking(language):
        unsaid = sorted(code for code in noted if act(code) == code or "_" in act(code))
        chinese = [code for code in noted if any("\u4e00" <= letter <= "\u9fff" for letter in act(code))]

    assert unsaid == []
    assert language == "zh" or chinese == []


def test_no_word_is_of_an_act_that_nobody_notes(noted: set[str]) -> None:
    assert sorted(set(ACTS) - noted) == []


def test_each_act_can_be_searched_for_by_itself_or_with_its_like(noted: set[str]) -> None:
    choices = [choice for _, group in offered() for choice in group]

    def is_found(code: str) -> bool:
        return any(code.startswith(each[:-1]) if each.endswith("*") else code == each for each in choices)

    # What cannot come of an act, such as a whisper for want of a holder, is not offered.
    assert sorted(code for code in noted if not is_found(code) and act(code) in ACTS.values()) == []
    assert len(choices) == len(set(choices))
    assert all(is_found(code) for code in ("claim_taken", "reply_not_held", "close_stale", "close_despite:unfiled"))
    assert set(choices) - {each for each in choices if each.endswith("*")} <= noted
