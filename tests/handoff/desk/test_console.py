"""The console over a real server: what operators see, and what their forms do."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from yarl import URL

from handoff.writing import Window
from tests.handoff.desk.conftest import CONVERSATION, Browser, House


def holder(house: House) -> tuple[str, str]:
    head = house.desk.threads[CONVERSATION].head
    return head.holder, head.operator


def told(house: House) -> list[str]:
    return [line.text for line in house.desk.threads[CONVERSATION].lines if line.who == "operator"]


async def test_the_list_shows_who_waits_oldest_first_with_reason_time_channel_place_and_words(
    house: House, wangli: Browser
) -> None:
    now = house.clock.now
    house.desk.wants_a_person("wechat:main:u2", "家里漏煤气了", at=now - 4000, reason="emergency", category="燃气泄漏")
    house.desk.wants_a_person("telegram:main:u3", "评价完了还是没修", at=now - 10, reason="unheard_of")

    await wangli.get("/desk")

    waiting = wangli.page[: wangli.page.index("我的会话")]
    assert re.findall(r'class="tag tag-\w+">(.*?)<', waiting) == ["紧急情况", "要求人工", "unheard_of"]
    assert re.findall(r'data-ago="[\d.]+"[^>]*>(.*?)<', waiting) == ["等了 1 小时 6 分", "等了 10 分钟", "刚刚"]
    assert re.findall(r'head-channel">(.*?)<', waiting) == ["微信", "网页", "Telegram"]
    assert "wait-late" in waiting
    assert "铁东区" in waiting
    assert "燃气泄漏" in waiting
    assert "家里漏煤气了" in waiting


async def test_nobody_waiting_is_said_in_words(house: House, wangli: Browser) -> None:
    house.desk.threads.clear()

    await wangli.get("/desk")

    assert "没有人在等" in wangli.page
    assert "您手中没有会话" in wangli.page


async def test_other_conversations_are_listed_once_with_who_holds_them(house: House, wangli: Browser) -> None:
    thread = house.desk.threads[CONVERSATION]
    for name, held in {"bot": ("bot", "", ""), "other": ("operator", "zhaoqiang", "赵强")}.items():
        kind, operator, shown = held
        head = replace(
            thread.head, conversation_id=f"web:main:{name}", holder=kind, operator=operator, operator_name=shown
        )
        house.desk.threads[head.conversation_id] = replace(thread, head=replace(head, last_at=head.last_at - 90000))

    await wangli.get("/desk")

    recent = wangli.page[wangli.page.index("<h2>最近") :]
    assert "赵强 处理中" in recent
    assert "机器人" in recent
    assert wangli.page.count(f'data-key="{CONVERSATION}"') == 1


async def test_a_conversation_shows_words_photos_voice_pins_fates_understanding_tickets_and_limits(
    house: House, wangli: Browser
) -> None:
    desk, now = house.desk, house.clock.now
    desk.says(CONVERSATION, "citizen", "", at=now - 90000, kind="image", attachments=("2026/a.jpg",))
    desk.says(CONVERSATION, "citizen", "", at=now, kind="image")
    desk.says(CONVERSATION, "citizen", "听得见吗", at=now, kind="voice", attachments=("v.mp3",))
    desk.says(CONVERSATION, "citizen", "", at=now, kind="video", attachments=("v.mp4",))
    desk.says(CONVERSATION, "citizen", "", at=now, kind="file", attachments=("f.pdf",))
    desk.says(CONVERSATION, "citizen", "", at=now, kind="location", pin="41.11,122.99 gcj02 站前广场")
    desk.says(CONVERSATION, "citizen", "", at=now, kind="location", pin="41.11,122.99")
    desk.says(CONVERSATION, "citizen", "", at=now, kind="location", pin="unreadable")
    for fate in ("sent", "held", "refused", "unknown"):
        desk.says(CONVERSATION, "bot", "您好", at=now, fate=fate)
    desk.says(CONVERSATION, "system", "已受理", at=now)
    thread = desk.threads[CONVERSATION]
    desk.threads[CONVERSATION] = replace(
        thread,
        understood=(("类别", "路灯不亮"), ("区", "铁东区")),
        tickets=(("AS-1", "路灯不亮", "办理中"),),
    )

    house.writing.window = Window(left=2, until=now + 3600)

    await wangli.get(f"/desk/c/{CONVERSATION}")

    for shown in (
        '<img src="/desk/media/2026/a.jpg"',
        "照片正在取回",
        '<audio controls preload="none" src="/desk/media/v.mp3"',
        '<video controls preload="none" src="/desk/media/v.mp4"',
        'href="/desk/media/f.pdf"',
        "站前广场",
        "41.11000, 122.99000 · GCJ-02 坐标",
        "https://uri.amap.com/marker?position=122.99%2C41.11&amp;coordinate=gaode",
        "坐标系不明",
        "<strong>unreadable</strong>",
        "已发出",
        "留待市民下次来信时送达",
        "未能发出",
        "是否送达不明",
        "路灯不亮",
        "AS-1",
        "办理中",
        "本窗口还可发送 2 条",
        "张先生",
    ):
        assert shown in wangli.page, shown
    assert ("wangli", "thread_opened", CONVERSATION) in desk.notes


async def test_a_script_in_a_citizens_words_or_name_is_shown_and_never_run(house: House, wangli: Browser) -> None:
    evil = "<script>alert(1)</script>"
    house.desk.says(CONVERSATION, "citizen", evil, at=house.clock.now, name='"><img src=x onerror=alert(1)>')
    house.desk.says(CONVERSATION, "citizen", evil, at=house.clock.now, pin=f"1,2 wgs84 {evil}")

    response = await wangli.get(f"/desk/c/{CONVERSATION}")

    assert evil not in wangli.page
    assert "<img src=x" not in wangli.page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in wangli.page
    assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")


async def test_a_look_at_a_conversation_is_noted_once_per_half_hour_however_the_page_came(
    house: House, wangli: Browser
) -> None:
    for _ in range(2):
        await wangli.get(f"/desk/c/{CONVERSATION}?done=claim", headers={"X-Desk-Refresh": "1"})
    assert house.desk.notes.count(("wangli", "thread_opened", CONVERSATION)) == 1

    house.clock.now += 1801
    await wangli.get(f"/desk/c/{CONVERSATION}")

    assert house.desk.notes.count(("wangli", "thread_opened", CONVERSATION)) == 2


async def test_no_page_holds_a_script_or_a_style_of_its_own(house: House, wangli: Browser) -> None:
    for path in ("/desk", f"/desk/c/{CONVERSATION}"):
        await wangli.get(path)
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", wangli.page)


async def test_a_claim_takes_the_conversation(house: House, wangli: Browser) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")

    response = await wangli.act("claim")

    assert holder(house) == ("operator", "wangli")
    assert response.url.path == f"/desk/c/{CONVERSATION}"
    assert "已接管" in wangli.page
    assert "在您手中" in wangli.page


async def test_of_two_operators_who_claim_at_once_one_wins_and_the_other_is_told_by_name(
    house: House, wangli: Browser, zhaoqiang: Browser
) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    await zhaoqiang.get(f"/desk/c/{CONVERSATION}")

    responses = await asyncio.gather(wangli.act("claim"), zhaoqiang.act("claim"))

    assert sorted(response.status for response in responses) == [200, 409]
    loser = wangli if responses[0].status == 409 else zhaoqiang
    winner = "赵强" if loser is wangli else "王丽"
    assert f"已被 {winner} 接管" in loser.page
    assert f"{winner} 正在处理" in loser.page


@pytest.mark.parametrize("held_by", ["waiting", "bot"])
async def test_the_first_word_takes_a_conversation_that_no_operator_holds(
    house: House, wangli: Browser, held_by: str
) -> None:
    thread = house.desk.threads[CONVERSATION]
    house.desk.threads[CONVERSATION] = replace(thread, head=replace(thread.head, holder=held_by))
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert "接管并发送" in wangli.page

    await wangli.act("reply", text="您好，我来帮您看。\r\n请稍等\x00")

    assert holder(house) == ("operator", "wangli")
    assert told(house) == ["您好，我来帮您看。\n请稍等"]
    assert "已写入" in wangli.page
    assert len(house.desk.actions) == 1, "taken and answered in one transaction"


async def test_a_reply_that_comes_too_late_is_not_sent_and_its_words_are_kept(
    house: House, wangli: Browser, zhaoqiang: Browser
) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    await zhaoqiang.get(f"/desk/c/{CONVERSATION}")
    await zhaoqiang.act("claim")

    response = await wangli.act("reply", text="我写了很久的话")

    assert response.status == 409
    assert "已被 赵强 接管" in wangli.page
    assert "我写了很久的话" in wangli.page
    assert told(house) == []


async def test_a_reply_that_loses_the_race_after_looking_is_not_sent(house: House, wangli: Browser) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")

    def zhaoqiang_claims() -> None:
        waiting = house.desk.threads[CONVERSATION]
        head = replace(waiting.head, holder="operator", operator="zhaoqiang", operator_name="赵强")
        house.desk.threads[CONVERSATION] = replace(waiting, head=head)

    house.desk.meanwhile = zhaoqiang_claims

    assert (await wangli.act("reply", text="您好")).status == 409
    assert told(house) == []


async def test_a_form_sent_twice_has_one_effect_and_other_words_are_another_reply(
    house: House, wangli: Browser
) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    page = wangli.page
    for text in ("您好", "您好", "已经派人去了"):
        wangli.page = page
        assert (await wangli.act("reply", text=text)).status == 200

    assert told(house) == ["您好", "已经派人去了"]


@pytest.mark.parametrize("kind", ["give_back", "close"])
async def test_a_conversation_given_back_or_closed_is_the_bots_again(house: House, wangli: Browser, kind: str) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    await wangli.act("claim")

    response = await wangli.act(kind)

    assert holder(house) == ("bot", "")
    assert response.url.path == "/desk"
    assert ("已交回机器人" if kind == "give_back" else "已结束会话") in wangli.page
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert "机器人接待中" in wangli.page
    assert (await wangli.act(kind)).status == 409
    assert "会话不在您手中" in wangli.page


async def test_a_conversation_that_is_gone_is_a_clear_word(house: House, wangli: Browser) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert (await wangli.act("reply", "web:main:nobody", text="您好")).status == 404
    assert "会话不存在" in wangli.page

    for path in ("/desk/c/web:main:nobody", "/desk/c/%00"):
        assert (await wangli.get(path)).status == 404
        assert "会话不存在" in wangli.page


async def test_an_id_of_any_characters_has_a_page(house: House, wangli: Browser) -> None:
    house.desk.wants_a_person("web:main:a/b?c#d%2F é", "奇怪的编号", at=house.clock.now)
    await wangli.get("/desk")
    path = next(path for path in re.findall(r'href="(/desk/c/[^"]+)"', wangli.page) if "a%2Fb" in path)

    async with wangli.http.get(URL(wangli.base + path, encoded=True)) as response:
        assert response.status == 200
        assert "奇怪的编号" in await response.text()


async def test_an_empty_or_too_long_reply_is_refused_and_kept(house: House, wangli: Browser) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")

    assert (await wangli.act("reply", text=" \r\n ")).status == 422
    assert "还没有写内容" in wangli.page
    assert (await wangli.act("reply", text="长" * 2001)).status == 422
    assert "内容有 2001 字" in wangli.page
    assert "长" * 2001 in wangli.page
    assert (await wangli.act("reply", text="长" * 2000)).status == 200
    assert len(told(house)) == 1


async def test_a_forged_form_is_refused_without_effect_and_noted(house: House, wangli: Browser) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")

    response = await wangli.post(f"/desk/c/{CONVERSATION}/claim", {"csrf": "forged", "action": "0" * 32})

    assert response.status == 403
    assert "没有生效" in wangli.page
    assert holder(house) == ("waiting", "")
    assert house.desk.notes[-1] == ("wangli", "csrf_refused", CONVERSATION)


async def test_another_operators_token_is_worth_nothing(house: House, wangli: Browser, zhaoqiang: Browser) -> None:
    await zhaoqiang.get(f"/desk/c/{CONVERSATION}")
    await wangli.get(f"/desk/c/{CONVERSATION}")
    wangli.page = zhaoqiang.page

    assert (await wangli.act("claim")).status == 403


async def test_an_expired_session_leads_to_the_login_and_back_to_the_conversation(
    house: House, wangli: Browser
) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    house.clock.now += 13 * 3600

    response = await wangli.act("reply", text="您好")

    assert response.url.path == "/desk/login"
    assert "登录已过期" in wangli.page
    assert wangli.hidden("next") == f"/desk/c/{CONVERSATION}"
    assert told(house) == []


async def test_bodies_that_are_no_forms_of_ours_are_refused(house: House, wangli: Browser) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    path, csrf = f"{wangli.base}/desk/c/{CONVERSATION}/claim", wangli.hidden("csrf")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    statuses = []
    refused: list[dict[str, Any]] = [
        {"json": {}},
        {"data": "x" * 70_000, "headers": form},
        {"data": "a=1&" * 50, "headers": form},
        {"data": b"csrf=\xff%ff", "headers": form},
        {"data": {"csrf": csrf, "action": "short"}},
    ]
    for options in refused:
        async with wangli.http.post(path, **options) as response:
            statuses.append(response.status)

    assert statuses == [415, 413, 400, 403, 400]
    assert holder(house) == ("waiting", "")


async def test_without_a_session_nothing_is_shown_and_nothing_is_done(house: House) -> None:
    stranger = house.open_browser()
    house.media["a.jpg"] = (b"photo", "image/jpeg")

    for path in ("/desk", f"/desk/c/{CONVERSATION}"):
        assert (await stranger.get(path)).url.path == "/desk/login"
    for path in ("/desk/live", "/desk/media/a.jpg"):
        assert (await stranger.get(path)).status == 401
    form = {"csrf": stranger.page or "x", "action": "0" * 32}
    assert (await stranger.post(f"/desk/c/{CONVERSATION}/claim", form)).url.path == "/desk/login"
    assert holder(house) == ("waiting", "")


async def test_photos_are_shown_in_place_and_pages_of_citizens_never(house: House, wangli: Browser) -> None:
    house.media["a b.jpg"] = (b"0123456789", "image/jpeg")
    house.media["evil.html"] = (b"<script>alert(1)</script>", "text/html")
    house.media["evil.svg"] = (b"<svg onload='alert(1)'/>", "image/svg+xml")

    photo = await wangli.get("/desk/media/a%20b.jpg")
    assert (photo.content_type, photo.headers["Content-Disposition"]) == ("image/jpeg", "inline")
    for key in ("evil.html", "evil.svg"):
        evil = await wangli.get(f"/desk/media/{key}")
        assert (evil.content_type, evil.headers["Content-Disposition"]) == ("application/octet-stream", "attachment")
        assert "sandbox" in evil.headers["Content-Security-Policy"]
    assert (await wangli.get("/desk/media/missing")).status == 404


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=20-", 416, b""),
        ("lines=1", 416, b""),
    ],
)
async def test_a_voice_message_can_be_fetched_in_parts(
    house: House, wangli: Browser, wanted: str, status: int, body: bytes
) -> None:
    house.media["v.mp3"] = (b"0123456789", "audio/mpeg")

    async with wangli.http.get(f"{wangli.base}/desk/media/v.mp3", headers={"Range": wanted}) as response:
        assert (response.status, await response.read()) == (status, body)


async def test_style_and_script_come_from_the_desk_itself_under_names_that_change_with_them(
    house: House, wangli: Browser
) -> None:
    await wangli.get("/desk")
    for path in re.findall(r'(?:href|src)="(/desk/static/[^"]+)"', wangli.page):
        response = await wangli.get(path)
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]

    assert (await wangli.get("/desk/static/../console.py")).status == 404
    assert (await wangli.get("/desk/static/console.py")).status == 404
