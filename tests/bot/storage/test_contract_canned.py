"""Canned replies in the record: what every record promises."""

from dataclasses import replace

from bot.storage.base import Storage
from handoff.writing import CannedReply, Kept

GREETING = CannedReply(shortcut="nh", title="问候", text="{市民}您好")


async def test_everybody_finds_the_shared_ones_and_his_own(record: Storage) -> None:
    assert await record.keep_canned(GREETING) is Kept.DONE
    assert await record.keep_canned(replace(GREETING, owner="wangli", shortcut="a")) is Kept.DONE
    assert await record.keep_canned(replace(GREETING, owner="zhaoqiang", shortcut="b")) is Kept.DONE

    mine = await record.canned_replies("wangli")

    assert [(reply.owner, reply.shortcut, reply.version) for reply in mine] == [("wangli", "a", 1), ("", "nh", 1)]


async def test_an_owner_has_a_shortcut_once(record: Storage) -> None:
    await record.keep_canned(GREETING)
    await record.keep_canned(replace(GREETING, shortcut="b"))

    assert await record.keep_canned(GREETING) is Kept.DOUBLED
    assert await record.keep_canned(replace(GREETING, owner="wangli")) is Kept.DONE
    (_, first, _) = sorted(await record.canned_replies("wangli"), key=lambda reply: reply.id)
    assert await record.keep_canned(replace(first, shortcut="nh")) is Kept.DOUBLED


async def test_of_two_who_change_one_the_second_is_late(record: Storage) -> None:
    await record.keep_canned(GREETING)
    (read,) = await record.canned_replies("")

    assert await record.keep_canned(replace(read, text="您好")) is Kept.DONE
    assert await record.keep_canned(replace(read, text="喂")) is Kept.LATE
    (kept,) = await record.canned_replies("")
    assert (kept.text, kept.version) == ("您好", 2)


async def test_nobody_changes_or_deletes_anothers(record: Storage) -> None:
    await record.keep_canned(replace(GREETING, owner="wangli"))
    (read,) = await record.canned_replies("wangli")

    assert await record.keep_canned(replace(read, owner="zhaoqiang")) is Kept.LATE
    assert not await record.drop_canned(read.id, "zhaoqiang")
    assert await record.drop_canned(read.id, "wangli")
    assert not await record.drop_canned(read.id, "wangli")
    assert await record.keep_canned(read) is Kept.LATE
