"""What every record promises of the knowledge base: versions in order, all or none, and what became of questions."""

from dataclasses import replace

import pytest

from bot.storage.base import Storage
from bot.storage.entries import EntryUse, EntryVersion, LateEdit, Unanswered
from bot.turn import Question, Turn
from channels.message import Address
from tests.bot.storage.makers import LI, NOW, WANG, handle


def version(entry_id: str, number: int, author: str = "zhao", fields: str = "") -> EntryVersion:
    """A version of an entry."""
    return EntryVersion(
        entry_id=entry_id, version=number, fields=fields or f'{{"id": "{entry_id}"}}', author=author, at=NOW
    )


async def ask(record: Storage, *questions: Question, at: float = NOW, address: Address = LI) -> None:
    """Questions of one turn."""
    loaded = await record.load(address.key)
    turn: Turn = await handle(record, address)
    kept = replace(turn, conversation=(await record.load(loaded.conversation.id)).conversation, questions=questions)
    await record.commit(kept, at)


async def test_versions_of_an_entry_are_kept_in_order_and_read_newest_first(record: Storage) -> None:
    first, second = version("e", 1), version("e", 2, "qian")
    await record.keep_entries([first, version("f", 1)])
    await record.keep_entries([second])

    assert list(await record.entry_history("e")) == [second, first]
    assert list(await record.entry_history("nobody changed it")) == []
    assert list(await record.newest_entries()) == [second, version("f", 1)]
    assert await record.count_entries() == 3


async def test_of_two_who_change_the_same_version_the_second_is_told_who_was_first(record: Storage) -> None:
    await record.keep_entries([version("e", 1, "zhao")])

    with pytest.raises(LateEdit) as refused:
        await record.keep_entries([version("e", 1, "qian")])

    assert refused.value.entry_id == "e"
    assert refused.value.newest == version("e", 1, "zhao")
    assert await record.count_entries() == 1


async def test_a_version_that_leaves_a_gap_is_refused(record: Storage) -> None:
    with pytest.raises(LateEdit) as refused:
        await record.keep_entries([version("e", 2)])

    assert refused.value.newest is None


async def test_many_versions_are_kept_together_or_not_at_all(record: Storage) -> None:
    await record.keep_entries([version("c", 1)])

    with pytest.raises(LateEdit):
        await record.keep_entries([version("a", 1), version("b", 1), version("c", 1)])

    assert [each.entry_id for each in await record.newest_entries()] == ["c"]
    await record.keep_entries([version("a", 1), version("a", 2)])
    assert [each.version for each in await record.entry_history("a")] == [2, 1]


async def test_a_withdrawn_entry_is_a_version_without_fields(record: Storage) -> None:
    gone = EntryVersion(entry_id="e", version=2, fields="", author="zhao", at=NOW, note="撤下")
    await record.keep_entries([version("e", 1), gone])

    assert list(await record.newest_entries()) == [gone]
    assert gone.withdrawn
    assert not version("e", 1).withdrawn


async def test_answers_and_votes_are_counted_by_entry_since_a_moment(record: Storage) -> None:
    answer = Question(text="q", decision="answer", entry_id="e")
    await ask(record, answer, at=NOW - 100)
    await ask(record, answer, Question(text="q", decision="clarified", entry_id="e"))
    await ask(record, Question(text="q", decision="answer", entry_id="e", vote="useful"))
    await ask(record, Question(text="q", decision="answer", entry_id="e", vote="useless"))
    await ask(record, Question(text="q", decision="answer", entry_id="f", vote="useless"))
    await ask(record, Question(text="q", decision="clarify", entry_id="g"), Question(text="q", decision="none"))

    assert await record.entry_uses(NOW) == {
        "e": EntryUse(answers=2, useful=1, useless=1),
        "f": EntryUse(useless=1),
    }
    assert (await record.entry_uses(NOW - 100))["e"].answers == 3
    assert await record.entry_uses(NOW + 1) == {}


async def test_what_was_not_answered_is_listed_latest_first(record: Storage) -> None:
    await ask(record, Question(text="long ago", decision="none"), at=NOW - 100)
    await ask(record, Question(text="unknown", decision="none"))
    await ask(record, Question(text="known", decision="answer", entry_id="e"))
    await ask(record, Question(text="no use", decision="answer", entry_id="e", vote="useless"), at=NOW + 1)
    await ask(record, Question(text="", decision="answer", entry_id="e", vote="useless"))

    assert list(await record.unanswered(NOW)) == [
        Unanswered(text="no use", at=NOW + 1, entry_id="e"),
        Unanswered(text="unknown", at=NOW),
    ]
    assert [each.text for each in await record.unanswered(NOW - 100, limit=2)] == ["no use", "unknown"]


async def test_a_choice_that_was_taken_answers_the_question_in_its_own_conversation_only(record: Storage) -> None:
    await ask(record, Question(text="which", decision="clarify", entry_id="e"))
    await ask(record, Question(text="which", decision="clarify", entry_id="e"), address=WANG)
    await ask(record, Question(text="which", decision="clarified", entry_id="f"))

    assert [each.text for each in await record.unanswered(NOW)] == ["which"]
    await ask(record, Question(text="which", decision="clarified", entry_id="f"), address=WANG)
    assert list(await record.unanswered(NOW)) == []
