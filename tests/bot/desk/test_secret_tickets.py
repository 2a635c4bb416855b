"""Tickets on the desk, of those who asked for 保密 and of others."""

from dataclasses import replace

import pytest

from bot.conversation import Conversation
from bot.desk.tickets import mask_stranger, show_line, show_ticket
from handoff.states import StateTable
from handoff.ticket import Contact, TicketAttachment, TicketPlace
from tests.bot.storage.makers import LI, ticket

STATES = StateTable.load()
PINNED = replace(
    ticket("AS1", "芳芳说薛桂芳家楼下油烟"),
    contact=Contact(name="薛桂芳", phone="13900002471"),
    place=TicketPlace(text="", district="铁东区", x=122.98765, y=41.12345, label="芳芳家楼下"),
    attachments=(TicketAttachment(id="p", kind="image", key="aaa.jpg", filename="薛桂芳家.jpg"),),
)
SECRETS = ("薛桂芳", "芳芳", "13900002471", "41.12345", "122.98765", "aaa.jpg", "楼下.")


@pytest.mark.parametrize("wish", ["confidential", "anonymous"])
def test_a_secret_ticket_shows_neither_names_nor_files_nor_where_its_pin_stood(wish: str) -> None:
    secret = replace(PINNED, **{wish: True})  # type: ignore[arg-type]  # a flag by name
    conversation = Conversation(id=LI.key, address=LI, called=("芳芳",), tickets=(secret,))

    shown = repr(show_ticket(conversation, secret, STATES))
    line = show_line(secret, STATES, lambda text: mask_stranger(secret, conversation.called, text), secret=True)
    plain = repr(show_ticket(conversation, secret, STATES, plain=True))

    assert [word for word in SECRETS if word in shown] == []
    assert [word for word in SECRETS if word in repr(line)] == []
    assert line.place == "铁东区已附定位"
    assert all(word in plain for word in ("薛桂芳", "13900002471", "41.12345,122.98765", "aaa.jpg", "芳芳家楼下"))


def test_of_who_did_not_ask_for_it_the_pin_and_the_files_are_shown() -> None:
    shown = repr(show_ticket(Conversation(id=LI.key, address=LI, tickets=(PINNED,)), PINNED, STATES))

    assert all(word in shown for word in ("41.12345,122.98765", "aaa.jpg", "芳芳家楼下"))
