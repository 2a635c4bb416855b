"""What every record promises of media, lists, accounts and the ledger."""

from dataclasses import replace
from datetime import datetime

from bot.appeal import Appeal, PlaceSlot, Reading
from bot.conversation import Holder
from bot.storage.base import Storage
from bot.turn import Correction, Fate, Outcomes, Question
from channels.message import Message
from handoff.desk import ActionKind, Operator, OperatorAction, Outcome
from handoff.ticket import Category, Ticket, TicketPlace
from handoff.ticket_form import FormPlace, TicketForm
from tests.bot.storage.makers import (
    FAR,
    LI,
    NOW,
    WANG,
    action,
    handle,
    message,
    photo,
    reply,
    ticket,
    to_case_system,
)


async def test_a_fetched_photo_shows_in_the_thread_and_belongs_to_its_conversation(record: Storage) -> None:
    await record.append(message("m1", attachments=(photo("p1", mime="image/*"),)))
    await record.media_mark("p1", "fetched", key="abc.jpg", mime="image/jpeg", size=7)

    body = (await record.lines(LI.key))[0].body
    assert isinstance(body, Message)
    assert body.attachments == (photo("p1", key="abc.jpg", mime="image/jpeg", size=7),)
    assert await record.owns_media(LI.key, "abc.jpg")
    assert not await record.owns_media(WANG.key, "abc.jpg")
    assert not await record.owns_media(LI.key, "")
    assert await record.media_due(FAR) == []


async def test_an_attachment_that_failed_comes_again_when_it_is_due(record: Storage) -> None:
    await record.append(message("m1", attachments=(photo("p1"), photo("p2"))))
    await record.media_mark("p1", "pending", error="503", due_at=NOW + 9)
    assert [job.attachment.id for job in await record.media_due(NOW)] == ["p2"]
    assert [job.attachment.id for job in await record.media_due(NOW + 9)] == ["p2", "p1"]
    assert len(await record.media_due(NOW + 9, limit=1)) == 1

    await record.media_mark("p1", "gone", error="404")
    kept = await record.media("p1")
    assert kept is not None
    assert (kept.fate, kept.attempts, kept.error, kept.attachment) == ("gone", 2, "404", photo("p1"))
    assert await record.media("nothing") is None


async def test_an_attachment_id_that_another_conversation_brought_first_opens_nobodys_file(record: Storage) -> None:
    await record.append(message("m1", attachments=(photo("p1", media_id="", key="secret.jpg"),)))
    await record.append(message("w1", WANG, attachments=(photo("p1"),)))

    body = (await record.lines(WANG.key))[0].body
    assert isinstance(body, Message)
    assert body.attachments[0].key == ""
    assert not await record.owns_media(WANG.key, "secret.jpg")


async def test_values_of_channels_are_kept_by_name(record: Storage) -> None:
    assert await record.value("telegram/main/offset") is None
    await record.set_value("telegram/main/offset", "41")
    await record.set_value("telegram/main/offset", "42")

    assert await record.value("telegram/main/offset") == "42"


async def test_waiting_conversations_come_oldest_first_and_the_others_latest_first(record: Storage) -> None:
    for number, name in enumerate(("a", "b", "c")):
        address = replace(LI, user=name)
        await record.append(replace(message(name, address), at=NOW + number))
        conversation = (await record.load(address.key)).conversation
        await handle(record, address, conversation=conversation.waiting("asked", NOW - number))
    await record.append(replace(message("d", WANG), at=NOW + 9))

    waiting = await record.conversations(Holder.WAITING)
    assert [each.conversation.address.user for each in waiting] == ["c", "b", "a"]
    assert (await record.count(Holder.WAITING), await record.count(Holder.OPERATOR)) == (3, 0)
    everyone = await record.conversations(None)
    assert [(each.last_text, each.last_at) for each in everyone][:2] == [
        ("words of d", NOW + 9),
        ("words of c", NOW + 2),
    ]
    assert len(await record.conversations(None, limit=3)) == 3
    assert [each.conversation.id for each in await record.conversations(Holder.BOT)] == [WANG.key]


async def test_a_list_shows_the_last_words_and_the_tickets(record: Storage) -> None:
    await record.append(message("m1"))
    await record.act(action("a1", ActionKind.CLAIM))
    await handle(record, LI, reply("r1"), tickets=(ticket("1"),))

    held = (await record.conversations(Holder.OPERATOR))[0]
    assert held.last_text == "words of m1", "his, not ours"
    assert held.conversation == (await record.load(LI.key)).conversation
    assert held.conversation.tickets == (ticket("1"),)


async def test_questions_are_listed_latest_first_and_by_decision(record: Storage) -> None:
    for number, decision in enumerate(("none", "answer", "none")):
        asked = Question(text=f"q{number}", decision=decision, entry_id="e1", vote="up")
        await handle(record, LI, questions=(asked,))

    assert [asked.text for asked in await record.questions()] == ["q2", "q1", "q0"]
    assert [asked.text for asked in await record.questions("none")] == ["q2", "q0"]
    assert await record.questions("answer") == [Question(text="q1", decision="answer", entry_id="e1", vote="up")]
    assert len(await record.questions(limit=2)) == 2


async def test_dead_letters_are_kept_byte_for_byte(record: Storage) -> None:
    await record.bury("wechat", "main", b"\x00\xff<xml>", "no MsgType", NOW)
    await record.bury("telegram", "main", b"{", "not JSON", NOW + 1)

    letters = await record.dead_letters()
    assert [(each.channel, each.body, each.reason, each.at) for each in letters] == [
        ("telegram", b"{", "not JSON", NOW + 1),
        ("wechat", b"\x00\xff<xml>", "no MsgType", NOW),
    ]
    assert len({each.id for each in letters}) == 2
    assert len(await record.dead_letters(limit=1)) == 1


async def test_accounts_can_be_added_and_changed(record: Storage) -> None:
    zhao = Operator(name="zhao", display_name="Zhao", role="operator", password_hash="x")
    await record.save_operator(zhao)
    await record.save_operator(replace(zhao, disabled=True))

    assert await record.operator("zhao") == replace(zhao, disabled=True)
    assert await record.operator("nobody") is None


async def test_the_audit_log_is_read_latest_first(record: Storage) -> None:
    await record.note("zhao", "looked", LI.key, NOW)
    await record.note("zhao", "claimed", LI.key, NOW + 1)

    assert list(await record.notes()) == [(NOW + 1, "zhao", "claimed", LI.key), (NOW, "zhao", "looked", LI.key)]
    assert len(await record.notes(limit=1)) == 1


async def test_the_ledger_of_an_empty_record_is_empty(record: Storage) -> None:
    report = await record.audit()

    assert (report.messages, report.outcomes, report.deliveries, report.media, report.tickets) == (0, {}, {}, {}, {})
    assert report.unhandled + report.outcomeless + report.fateless + report.orphan_tickets == ()


async def test_the_ledger_names_every_open_loop(record: Storage) -> None:
    await record.append(message("m1", attachments=(photo("p1"), photo("p2", media_id="", key="k"))))
    conversation = (await record.load(LI.key)).conversation
    await handle(
        record,
        LI,
        reply("r1"),
        reply("r2"),
        to_case_system("t1", ticket("1")),
        to_case_system("t1 again", ticket("1")),
        conversation=replace(conversation, draft=Appeal(said=("x",))),
        tickets=(ticket("1"), ticket("2")),
        outcome=Outcomes.TICKET,
    )
    await record.mark(["r1"], Fate.SENT)
    await record.mark(["r2"], Fate.REFUSED, error="blocked")
    await record.append(message("w1", WANG))
    wang = (await record.load(WANG.key)).conversation
    await handle(record, WANG, conversation=wang.waiting("asked", NOW))
    await record.append(message("w2", WANG))
    await record.bury("wechat", "main", b"?", "broken", NOW)

    report = await record.audit()

    assert report.messages == 3
    assert report.outcomes == {"ticket": 1, "answer": 1}
    assert report.unhandled == ("w2",)
    assert report.deliveries == {"sent": 1, "refused": 1, "pending": 2}
    assert report.open_deliveries == (("r2", "refused", "blocked"), ("t1", "pending", ""), ("t1 again", "pending", ""))
    assert report.dead_letters == 1
    assert (report.waiting, report.drafts) == ((WANG.key,), (LI.key,))
    assert report.media == {"pending": 1, "fetched": 1}
    assert report.tickets == {"submitted": 2}
    assert (report.doubled_tickets, report.orphan_tickets) == (("1",), ("2",))
    assert (report.outcomeless, report.fateless, report.put_aside) == ((), (), ())


def _corrected(number: str, text: str = "灯坏了") -> Correction:
    place = PlaceSlot(text="永乐街道", district="铁西区", street="永乐街道")
    operator = Reading(category=("a", "b", "c"), appeal_type="投诉", urgent=True, place=place)
    return Correction(id=number, text=text, machine=Reading(), operator=operator, who="zhao", at=NOW)


async def test_a_correction_is_kept_with_its_ticket_once_and_goes_with_the_citizen(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI, tickets=(ticket("T1"),), corrections=(_corrected("T1"),))
    await record.append(message("m2", WANG))
    await handle(record, WANG, corrections=(_corrected("T2"), _corrected("T1", "again")))

    assert [each.id for each in await record.corrections()] == ["T1", "T2"]
    assert (await record.corrections(1))[0] == _corrected("T1")
    assert await record.drop_corrections(LI.key) == 1
    assert await record.drop_corrections(LI.key) == 0
    assert [each.id for each in await record.corrections()] == ["T2"]


async def test_tickets_are_found_by_category_or_street_since_a_moment_latest_first(record: Storage) -> None:
    def at(number: str, when: str, code: str = "", street: str = "") -> Ticket:
        category = Category(code=code, path=("a", "b", "c")) if code else None
        place = TicketPlace(street=street) if street else None
        return replace(ticket(number), accepted_at=f"2027-01-{when}T08:00:00+08:00", category=category, place=place)

    old, lamp, street, both, none = (
        at("T1", "01", "010101", "永乐街道"),
        at("T2", "12", "010101"),
        at("T3", "13", "020202", "永乐街道"),
        at("T4", "11", "010101", "永乐街道"),
        at("T5", "14"),
    )
    await record.append(message("m1"))
    await handle(record, LI, tickets=(old, lamp, street, both, none))
    since = datetime.fromisoformat("2027-01-10T00:00:00+08:00").timestamp()

    async def near(code: str, where: str, limit: int = 9) -> list[str]:
        return [each.ticket_no for _, each in await record.tickets_near(since, code, where, limit)]

    assert await near("010101", "永乐街道") == ["T3", "T2", "T4"]
    assert await near("010101", "") == ["T2", "T4"]
    assert await near("", "永乐街道", 1) == ["T3"]
    assert await near("", "") == []
    assert await record.tickets_near(since, "010101", "") == [(LI.key, lamp), (LI.key, both)]


async def test_a_form_amends_the_draft_in_the_transaction_that_keeps_it(record: Storage) -> None:
    await record.append(message("m1"))
    await handle(record, LI)
    await record.act(action("a1", ActionKind.CLAIM))
    event = action("a2", ActionKind.AMEND)
    assert isinstance(event.body, OperatorAction)
    form = TicketForm(content="灯坏了", place=FormPlace(text="永乐街道"))
    event = replace(event, body=replace(event.body, form=form))

    done = await record.act(event)
    again = await record.act(event)

    loaded = await record.load(LI.key)
    assert (done.outcome, again.outcome) == (Outcome.DONE, Outcome.DONE)
    assert loaded.conversation.draft
    assert (loaded.conversation.draft.what, loaded.conversation.draft.key) == ("灯坏了", "a2")
    assert [each.id for each in loaded.events] == ["a1", "a2"]
    assert loaded.events[1].body == event.body
    assert LI.key in (await record.audit()).drafts
