"""What every record keeps about secrecy: whose a file is, why something was made public, and the log to be searched."""

from dataclasses import replace

import pytest

from bot.appeal import Appeal
from bot.storage.base import Storage
from channels.message import Message, Reply
from handoff.desk import ActionKind, OperatorAction, Outcome
from handoff.people import Reveal, Sought
from handoff.ticket_form import Secrecy, TicketForm
from tests.bot.storage.makers import LI, NOW, WANG, action, handle, message, photo, reply

SECRET = Appeal(key="d", said=("油烟很大",), name="薛桂芳", confidential=True)


async def test_a_file_belongs_to_all_in_whose_conversations_it_came(record: Storage) -> None:
    await record.append(message("m1", attachments=(photo("p1", media_id="", key="abc.jpg"),)))
    await record.append(message("w1", WANG, attachments=(photo("p2"),)))
    assert await record.media_owners("abc.jpg") == [LI.key]

    await record.media_mark("p2", "fetched", key="abc.jpg", mime="image/jpeg", size=7)

    assert await record.media_owners("abc.jpg") == sorted([LI.key, WANG.key])
    assert await record.media_owners("other.jpg") == []
    assert await record.media_owners("") == []


async def _amend(record: Storage, name: str, form: TicketForm, kind: ActionKind = ActionKind.AMEND) -> Outcome:
    event = action(name, kind)
    assert isinstance(event.body, OperatorAction)
    return (await record.act(replace(event, body=replace(event.body, form=form)))).outcome


@pytest.mark.parametrize("draft", [SECRET, replace(SECRET, anonymous=True), replace(SECRET, confidential=False)])
@pytest.mark.parametrize("kind", [ActionKind.AMEND, ActionKind.SUBMIT])
async def test_what_is_secret_is_made_public_for_a_reason_only(
    record: Storage, draft: Appeal, kind: ActionKind
) -> None:
    secret = draft.confidential or draft.anonymous
    await record.append(message("m1"))
    loaded = (await record.load(LI.key)).conversation
    await handle(record, LI, conversation=replace(loaded, draft=draft))
    await record.act(action("a1", ActionKind.CLAIM))
    form = TicketForm(key="d", content="油烟很大", name="薛桂芳")

    without = await _amend(record, "a2", form, kind)
    before = (await record.load(LI.key)).conversation.draft
    log = [(line.action, line.who) for line in await record.noted()]
    done = await _amend(record, "a3", replace(form, reason="市民来电同意公开"), kind)
    again = await _amend(record, "a3", replace(form, reason="市民来电同意公开"), kind)

    after = (await record.load(LI.key)).conversation.draft
    assert before is not None
    assert after is not None
    assert (without, done, again) == (Outcome.UNEXPLAINED if secret else Outcome.DONE, Outcome.DONE, Outcome.DONE)
    assert before.confidential == draft.confidential
    assert ("secrecy_lifted", "zhao") not in log
    assert not after.confidential
    assert not after.anonymous
    reasons = [(each.operator, each.reason, each.conversation_id) for each in await record.reveals()]
    assert reasons == [("zhao", "市民来电同意公开", LI.key)] * secret
    lifted = [line for line in await record.noted() if line.action == "secrecy_lifted"]
    assert len(lifted) == secret
    assert (await record.follow_notes()).bad_row == 0


async def test_making_it_more_secret_or_leaving_it_so_asks_for_nothing(record: Storage) -> None:
    await record.append(message("m1"))
    loaded = (await record.load(LI.key)).conversation
    await handle(record, LI, conversation=replace(loaded, draft=SECRET))
    await record.act(action("a1", ActionKind.CLAIM))

    for number, secrecy in enumerate((Secrecy.CONFIDENTIAL, Secrecy.ANONYMOUS, Secrecy.CONFIDENTIAL)):
        form = TicketForm(key="d", content="油烟很大", secrecy=secrecy)
        assert await _amend(record, f"b{number}", form) is Outcome.DONE

    assert await record.reveals() == []


async def test_who_is_hidden_is_found_by_what_shows_of_him_only(record: Storage) -> None:
    told = "我叫薛桂芳，电话13900002471，楼下油烟大"
    for name, address in (("m1", LI), ("w1", WANG)):
        event = message(name, address, text=told)
        assert isinstance(event.body, Message)
        await record.append(replace(event, body=replace(event.body, name="芳芳")))
    loaded = (await record.load(LI.key)).conversation
    secret = replace(loaded, draft=replace(SECRET, said=(told,)), called=("芳芳",))
    answer = reply("r1")
    assert isinstance(answer.body, Reply)
    greeting = replace(answer, body=replace(answer.body, text="薛桂芳您好"))
    await handle(record, LI, greeting, conversation=secret)

    async def found(words: str) -> list[str]:
        return sorted(each.conversation.id for each in await record.search(words))

    for words in ("薛桂芳", "13900002471", "2471，", "芳芳"):
        assert await found(words) == [WANG.key], words
    assert await found("油烟大") == sorted([LI.key, WANG.key])


async def test_the_log_is_searched_by_who_what_whereupon_and_when_a_page_at_a_time(record: Storage) -> None:
    for number in range(40):
        who, act = ("zhao", "qian", "")[number % 3], ("claim", "reply")[number % 2]
        await record.note(who, act, (LI.key, WANG.key)[number % 2], NOW + number)
    await record.note("zhao", "file_opened", f"{LI.key} abcdef", NOW + 99)
    await record.note("zhao", "claim", f"{LI.key}x", NOW + 100)
    await record.note("zhao", "claim", LI.key.upper(), NOW + 101)

    async def numbers(limit: int = 200, **given: object) -> list[int]:
        return [line.number for line in await record.noted(limit, Sought(**given))]  # type: ignore[arg-type]  # its own fields

    assert await numbers(3) == [43, 42, 41]
    assert await numbers(3, before=41) == [40, 39, 38]
    assert await numbers(3, before=3) == [2, 1]
    assert await numbers(2, who="") == [39, 36]
    assert await numbers(2, who="qian", before=30) == [29, 26]
    assert await numbers(3, action="reply") == [40, 38, 36]
    assert await numbers(action="file_*") == [41]
    assert await numbers(2, action="cl*", who="qian") == [35, 29]
    assert await numbers(action="repl_*") == []
    assert await numbers(3, subject=LI.key) == [41, 39, 37]
    assert await numbers(3, subject=LI.key, who="zhao", action="claim") == [37, 31, 25]
    assert await numbers(since=NOW + 3, until=NOW + 5) == [5, 4]
    assert await numbers(who="nobody") == []


async def test_reasons_are_searched_alike(record: Storage) -> None:
    for address in (LI, WANG):
        await record.append(message(f"of {address.user}", address))
    for number in range(6):
        who, where = ("zhao", "qian")[number % 2], (LI, WANG)[number % 2].key
        await record.keep_reveal(Reveal(conversation_id=where, operator=who, reason=f"r{number}", at=NOW + number))

    async def reasons(limit: int = 50, **given: object) -> list[str]:
        return [each.reason for each in await record.reveals(limit, Sought(**given))]  # type: ignore[arg-type]  # its own fields

    first = (await record.reveals(2))[-1]
    assert first.reason == "r4"
    assert await reasons(2, before=first.number) == ["r3", "r2"]
    assert await reasons(who="qian") == ["r5", "r3", "r1"]
    assert await reasons(subject=LI.key, until=NOW + 4) == ["r2", "r0"]
