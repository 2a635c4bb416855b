"""A citizen is erased at his request: nothing of what he said is left in any record, and its ledgers still close."""

from dataclasses import replace
from pathlib import Path

from bot.appeal import Appeal, Reading
from bot.conversation import Holder
from bot.storage.base import Storage
from bot.storage.erasure import ERASED, Holdings
from bot.storage.sql import SqlStorage
from bot.turn import Correction, Fate, Question, Timeout
from channels.message import Attachment, Message, MessageKind, Pin, Reply
from handoff.desk import ActionKind, Enclosure, OperatorAction
from handoff.people import Reveal
from handoff.ticket import CaseEvent, CaseEventKind, Contact, StatusUpdate, TicketAttachment, TicketStatus
from handoff.ticket_form import TicketForm
from tests.bot.storage.makers import LI, NOW, WANG, action, handle, message, photo, reply, ticket, to_case_system

SECRETS = ("薛桂芳", "13900002471", "芳芳", "油烟", "41.1234", "家.jpg", "aaa.jpg", "bbb.pdf")


async def _live(record: Storage) -> None:
    """A whole life of a conversation, with something of his in every corner."""
    said = "我叫薛桂芳，电话13900002471，楼下油烟大"
    event = message("m1", text=said, attachments=(photo("p1", media_id="", key="aaa.jpg", filename="家.jpg"),))
    assert isinstance(event.body, Message)
    pin = Pin(latitude=41.1234, longitude=122.9, label="芳芳家")
    await record.append(replace(event, body=replace(event.body, name="芳芳", pin=pin, raw={"a": "油烟"})))
    told = replace(
        ticket("AS1", "薛桂芳反映油烟"),
        content=said,
        contact=Contact(name="薛桂芳", phone="13900002471"),
        attachments=(TicketAttachment(id="p1", kind="image", key="aaa.jpg", filename="家.jpg"),),
        history=(StatusUpdate(event_id="s", ticket_no="AS1", status=TicketStatus.ACCEPTED, at="t", text="致电薛桂芳"),),
    )
    answer, late = reply("r1"), reply("r2", fate=Fate.UNKNOWN)
    assert isinstance(answer.body, Reply)
    sent = Attachment(id="e", kind=MessageKind.FILE, key="bbb.pdf", filename="答复.pdf")
    answer = replace(answer, body=replace(answer.body, text="薛桂芳您好", attachments=(sent,)))
    loaded = (await record.load(LI.key)).conversation
    urge = CaseEvent(id="u", ticket_no="AS1", kind=CaseEventKind.URGE, at="t", text="油烟还在")
    reading = Reading(text="", category=(), appeal_type="投诉", urgent=False, place=None)
    await handle(
        record,
        LI,
        answer,
        late,
        to_case_system("t1", told),
        to_case_system("t2", urge),
        conversation=replace(loaded, draft=Appeal(key="d", said=(said,), name="薛桂芳"), called=("芳芳",)),
        tickets=(told,),
        timeouts=(Timeout(name="nudge", due_at=NOW + 5, subject="油烟"),),
        questions=(Question(text="油烟归谁管", decision="none"),),
        corrections=(Correction(id="AS1", text=said, machine=reading, operator=reading, who="zhao", at=NOW),),
    )
    await record.act(action("a1", ActionKind.CLAIM))
    done = action("a2", ActionKind.AMEND)
    assert isinstance(done.body, OperatorAction)
    form = TicketForm(key="d", content=said, name="薛桂芳")
    enclosure = Enclosure(key="bbb.pdf", kind="file", mime="", filename="", size=1)
    await record.act(replace(done, body=replace(done.body, form=form, note="薛桂芳很急", enclosures=(enclosure,))))
    whisper = action("a3", ActionKind.WHISPER)
    assert isinstance(whisper.body, OperatorAction)
    await record.act(replace(whisper, body=replace(whisper.body, note="打13900002471")))
    await record.keep_reveal(Reveal(conversation_id=LI.key, operator="zhao", reason="薛桂芳来电", at=NOW))
    await record.note("zhao", "revealed", LI.key, NOW)


async def _settle(record: Storage) -> None:
    """All is handled, and what leaves has left."""
    await handle(record, LI)
    for name in ("t1", "t2", "r1"):
        await record.sending([name])
        await record.mark([name], Fate.SENT)


async def _everything(record: Storage) -> str:
    """All that can be read of him."""
    shown = [
        await record.load(LI.key),
        await record.last_lines(LI.key, 99),
        await record.conversations(None),
        await record.deliveries(tuple(Fate)),
        await record.questions(),
        await record.corrections(),
        await record.reveals(),
        await record.due_timeouts(NOW + 999),
        await record.media("p1"),
        await record.find_ticket("AS1"),
        await record.audit(),
        await record.noted(),
    ]
    return repr(shown)


async def test_nothing_of_him_is_left_and_the_ledgers_still_close(record: Storage) -> None:
    await _live(record)
    await _settle(record)
    before = await _everything(record)
    assert [secret for secret in SECRETS if secret not in before] == []

    had = await record.erase(LI.key, "cli", NOW + 9)

    after = await _everything(record)
    learned = {"corrections": 1, "questions": 1, "reasons": 1}
    said = {"messages": 1, "replies": 2, "acts": 3, "tickets": 1, "files": 1}
    assert had == Holdings(keys=("aaa.jpg", "bbb.pdf"), **said, **learned)  # type: ignore[arg-type]  # counts by name
    assert [secret for secret in SECRETS if secret in after] == []
    assert [words for words in SECRETS if await record.search(words)] == []
    found = await record.find_ticket("AS1")
    assert found is not None
    assert (found[1].title, found[1].content) == (ERASED, ERASED)
    assert [step.status for step in found[1].history] == [TicketStatus.ACCEPTED]
    conversation = (await record.load(LI.key)).conversation
    assert (conversation.holder, conversation.draft, conversation.tickets) == (Holder.BOT, None, (found[1],))
    report = await record.audit()
    assert (report.messages, report.unhandled, report.outcomeless, report.fateless) == (1, (), (), ())
    assert (report.orphan_tickets, report.doubled_tickets, report.drafts) == ((), (), ())
    assert (await record.follow_notes()).bad_row == 0
    last = [(line.who, line.action, line.subject) for line in await record.noted(1)]
    assert last == [("cli", "citizen_erased", LI.key)]
    assert not await record.revealed("zhao", LI.key, 0.0)
    assert (await record.standing()).held == 0


async def test_nothing_is_changed_while_something_of_his_is_still_under_way(record: Storage) -> None:
    await _live(record)
    before = await _everything(record)

    had = await record.erase(LI.key, "cli", NOW + 9)

    assert had is not None
    assert had.hindrances == ("3 messages or acts not handled yet", "2 deliveries on their way")
    assert await _everything(record) == before
    await record.append(message("m2", attachments=(photo("p2"),)))
    await _settle(record)
    fetching = await record.erase(LI.key, "cli", NOW + 9)
    assert fetching is not None
    assert fetching.hindrances == ("1 files still being fetched",)
    assert await record.erase("web:main:nobody", "cli", NOW) is None
    assert await record.holdings("web:main:nobody") is None


async def test_a_file_that_somebody_else_has_too_is_left_to_him_and_so_are_his_words(record: Storage) -> None:
    await _live(record)
    await _settle(record)
    words = message("w1", WANG, text="我也闻到油烟", attachments=(photo("p9", media_id="", key="aaa.jpg"),))
    await record.append(words)
    answer = reply("r9", WANG)
    assert isinstance(answer.body, Reply)
    sent = Attachment(id="e", kind=MessageKind.FILE, key="bbb.pdf")
    await handle(record, WANG, replace(answer, body=replace(answer.body, attachments=(sent,))))

    had = await record.erase(LI.key, "cli", NOW + 9)

    assert had is not None
    assert had.keys == ()
    assert [each.conversation.id for each in await record.search("油烟")] == [WANG.key]
    assert await record.owns_media(WANG.key, "aaa.jpg")


async def test_he_may_write_again_and_is_met_as_for_the_first_time(record: Storage) -> None:
    await _live(record)
    await _settle(record)
    stale = (await record.load(LI.key)).conversation
    await record.erase(LI.key, "cli", NOW + 9)

    assert not await record.append(message("m1")), "what the platform tells again is known"
    assert await record.append(message("m3", text="您好"))
    again = (await record.load(LI.key)).conversation
    await handle(record, LI, reply("r3"))

    assert again.version > stale.version
    assert not again.introduced
    assert [line.body.id for line in await record.last_lines(LI.key, 9)] == ["m3", "r3"]


async def test_no_page_of_the_file_keeps_his_words(record_url: str) -> None:
    record = SqlStorage(record_url)
    await record.start()
    await _live(record)
    await _settle(record)
    path = Path(record_url.removeprefix("sqlite:///"))

    await record.erase(LI.key, "cli", NOW + 9)
    await record.stop()

    kept = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    assert [secret for secret in SECRETS if secret.encode() in kept] == []
