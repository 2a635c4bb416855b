"""Writing without a script: canned replies and their page, suggestions, the gate, photos and files."""

import re
from dataclasses import replace
from html import unescape
from io import BytesIO

import pytest
from aiohttp import FormData

from bot.desk.gate import Known
from handoff.writing import CannedReply, Suggestion, Window
from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, Browser, House

PATH = f"/desk/c/{CONVERSATION}"
PNG = b"\x89PNG\r\n\x1a\n a picture"
PDF = b"%PDF-1.4 a form"
GREETING = CannedReply(shortcut="nh", title="问候", text="{市民}您好，我是{坐席}。工单{工单号}。")


def said(house: House) -> list[tuple[str, str, tuple[str, ...]]]:
    """What operators said, by text, kind and files."""
    lines = house.desk.threads[CONVERSATION].lines
    return [(line.text, line.kind, tuple(file.key for file in line.files)) for line in lines if line.who == "operator"]


def typed(browser: Browser) -> str:
    """What stands in the box."""
    found = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', browser.page, re.DOTALL)
    assert found
    return unescape(found[1])


async def upload(browser: Browser, path: str, *files: tuple[str, bytes, str], **fields: str) -> tuple[int, str]:
    """Post a form with files, as a browser without a script does."""
    form = FormData(quote_fields=False)  # as browsers do
    for name, value in {"csrf": browser.hidden("csrf"), **fields}.items():
        form.add_field(name, value)
    for filename, content, mime in files:
        form.add_field("file", BytesIO(content), filename=filename, content_type=mime)
    async with browser.http.post(browser.base + path, data=form) as response:
        if response.content_type == "application/json":  # for the page's script, which shows it
            return response.status, str((await response.json())["problem"])
        browser.page = await response.text()
        return response.status, browser.page


async def test_a_canned_reply_is_filled_in_after_what_was_typed_and_not_sent(house: House, wangli: Browser) -> None:
    await house.writing.storage.keep_canned(GREETING)
    house.writing.values["市民"] = "张先生"
    await wangli.get(PATH)

    response = await wangli.act("reply", text="请稍等。", canned="1")

    assert response.status == 200
    assert typed(wangli) == "请稍等。\n张先生您好，我是王丽。工单{工单号}。"
    assert "待填：{工单号}" in wangli.page
    assert said(house) == []


async def test_files_that_were_chosen_outlast_a_canned_reply(house: House, wangli: Browser) -> None:
    await house.writing.storage.keep_canned(GREETING)
    await wangli.get(PATH)

    file = ("灯.png", PNG, "image/png")
    await upload(wangli, f"{PATH}/reply", file, action=wangli.hidden("action"), text="", canned="1")

    assert "灯.png" in wangli.page
    assert wangli.hidden("file0")
    assert said(house) == []


async def test_what_is_not_filled_is_not_sent(house: House, wangli: Browser) -> None:
    await wangli.get(PATH)

    response = await wangli.act("reply", text="您的工单{工单号}已转{部门}。{这样}写没关系。")

    assert response.status == 422
    assert "还有没填的：{工单号}、{部门}" in wangli.page
    assert said(house) == []


async def test_a_suggested_answer_is_laid_in_and_not_sent(house: House, wangli: Browser) -> None:
    house.writing.suggestions = (Suggestion(question="路灯坏了找谁", answer="由路灯管理所负责。"),)
    await wangli.get(PATH)
    assert "路灯坏了找谁" in wangli.page

    await wangli.act("reply", text="", suggestion="0")

    assert typed(wangli) == "由路灯管理所负责。"
    assert said(house) == []


async def test_a_suggestion_that_is_gone_meanwhile_changes_nothing(house: House, wangli: Browser) -> None:
    await wangli.get(PATH)

    response = await wangli.act("reply", text="先写的", suggestion="2")

    assert response.status == 422
    assert typed(wangli) == "先写的"


async def test_a_vague_promise_goes_by_the_second_press_and_that_is_in_the_audit(house: House, wangli: Browser) -> None:
    await wangli.get(PATH)

    first = await wangli.act("reply", text="我们会尽快处理。")
    assert first.status == 422
    assert "“尽快”没有说到哪一天" in wangli.page
    assert typed(wangli) == "我们会尽快处理。"
    assert said(house) == []
    await wangli.act("reply", text="我们会尽快处理。", sure=wangli.hidden("sure"))

    assert said(house) == [("我们会尽快处理。", "text", ())]
    assert ("wangli", "reply_sent_despite:vague", CONVERSATION) in house.desk.notes


async def test_the_second_press_counts_for_the_words_that_were_warned_of_only(house: House, wangli: Browser) -> None:
    await wangli.get(PATH)
    await wangli.act("reply", text="我们会尽快处理。")

    response = await wangli.act("reply", text="我们马上处理。", sure=wangli.hidden("sure"))

    assert response.status == 422
    assert "“马上”" in wangli.page
    assert said(house) == []


async def test_what_is_known_is_not_asked_without_a_warning(house: House, wangli: Browser) -> None:
    house.writing.known = Known(phone="13900001111")
    await wangli.get(PATH)

    await wangli.act("reply", text="请问您的电话是多少？")

    assert "市民已留电话：13900001111" in wangli.page


async def test_one_who_does_not_hold_it_is_told_who_does_and_not_about_his_words(
    house: House, wangli: Browser, zhaoqiang: Browser
) -> None:
    await wangli.get(PATH)
    await zhaoqiang.get(PATH)
    await zhaoqiang.act("claim")

    response = await wangli.act("reply", text="我们会尽快处理。")

    assert response.status == 409
    assert "已被 赵强 接管" in wangli.page


async def test_a_photo_and_a_file_are_sent_with_the_words(house: House, wangli: Browser) -> None:
    await wangli.get(PATH)
    files = ("灯.png", PNG, "image/png"), ("申请表.pdf", PDF, "application/pdf")

    status, _ = await upload(wangli, f"{PATH}/reply", *files, action=wangli.hidden("action"), text="请看附件。")

    assert status == 200
    assert [(text, kind) for text, kind, _ in said(house)] == [("请看附件。", "text"), ("", "image"), ("", "file")]
    assert house.media[said(house)[1][2][0]] == (PNG, "image/png")


async def test_files_outlast_a_warning(house: House, wangli: Browser) -> None:
    await wangli.get(PATH)
    await upload(
        wangli, f"{PATH}/reply", ("灯.png", PNG, "image/png"), action=wangli.hidden("action"), text="马上修好。"
    )
    assert "灯.png" in wangli.page

    await wangli.act("reply", text="11月30日前修好。", file0=wangli.hidden("file0"))

    assert [(text, kind) for text, kind, _ in said(house)] == [("11月30日前修好。", "text"), ("", "image")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("大.png", PNG + b"\0" * (20 * 1024 * 1024), "文件有 20.0 MB，超过 10 MB"),
        ("页.html", b"<script>alert(1)</script>", "这种文件发不了"),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "这种文件发不了"),
        ("假.png", b"MZ\x90\0 a program", "这种文件发不了"),
        ("包.docx", b"PK\x03\x04 no archive", "这种文件发不了"),
        ("空.png", b"", "文件是空的"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_file_that_cannot_go_is_a_clear_word_no_effect_and_a_line_in_the_audit(
    house: House, wangli: Browser, name: str, content: bytes, words: str
) -> None:
    await wangli.get(PATH)
    action, file = wangli.hidden("action"), (name, content, "image/png")

    status, page = await upload(wangli, f"{PATH}/reply", file, action=action, text="请看。")
    assert status == 422
    assert words in page
    assert typed(wangli) == "请看。"
    status, told = await upload(wangli, f"{PATH}/files", file)

    assert status == 422
    assert words in told
    assert said(house) == []
    assert house.media == {}
    assert house.desk.notes.count(("wangli", "file_refused", CONVERSATION)) == 2


async def test_nobody_sends_what_he_did_not_upload_here(house: House, wangli: Browser, zhaoqiang: Browser) -> None:
    await wangli.get(PATH)
    await upload(wangli, f"{PATH}/reply", ("灯.png", PNG, "image/png"), action=wangli.hidden("action"), text="马上。")
    grant = wangli.hidden("file0")
    await zhaoqiang.get(PATH)

    for forged in (grant, grant[:-1] + "0", "x.y", "中文.y"):
        response = await zhaoqiang.act("reply", text="您好。", file0=forged)
        assert response.status == 422
        assert "上传的文件已失效" in zhaoqiang.page

    assert said(house) == []


async def test_on_wechat_the_composer_says_that_files_do_not_go(house: House, wangli: Browser) -> None:
    house.desk.wants_a_person("wechat:main:o1", "人工", at=house.clock.now)
    house.writing.window = Window(left=2, until=house.clock.now + 47 * 3600 + 12 * 60 + 30)
    await wangli.get("/desk/c/wechat:main:o1")

    assert "微信可发照片" in wangli.page
    assert "不能发文件" in wangli.page
    assert "本窗口还可发送 2 条，剩 47 小时 12 分" in wangli.page
    status, page = await upload(wangli, "/desk/c/wechat:main:o1/files", ("表.pdf", PDF, "application/pdf"))
    assert status == 422
    assert "不能发文件" in page


async def test_typing_is_told_with_the_pages_token_only(house: House, wangli: Browser) -> None:
    await wangli.get(PATH)

    csrf = wangli.hidden("csrf")

    assert (await wangli.post(f"{PATH}/typing", {"csrf": "forged"})).status == 403
    assert (await wangli.post(f"{PATH}/typing", {"csrf": csrf})).status == 204
    assert house.writing.typed == [(CONVERSATION, "wangli")]


# The page of canned replies


async def keep(browser: Browser, **fields: str) -> int:
    await browser.get("/desk/replies")
    form = {"csrf": browser.hidden("csrf"), "id": "0", "version": "0", "owner": "own", "title": "问候", **fields}
    return (await browser.post("/desk/replies", form)).status


@pytest.fixture
async def editor(house: House, password_hash: str) -> Browser:
    house.desk.hire("bianji", "李编", password_hash, role="editor")
    browser = house.open_browser()
    await browser.log_in("bianji", PASSWORD)
    return browser


async def test_ones_own_reply_is_seen_and_used_by_oneself_only(
    house: House, wangli: Browser, zhaoqiang: Browser
) -> None:
    assert await keep(wangli, shortcut="NH", text="{市民}您好") == 200

    assert "{市民}您好" in wangli.page
    await zhaoqiang.get("/desk/replies")
    assert "{市民}您好" not in zhaoqiang.page
    (kept,) = await house.writing.storage.canned_replies("wangli")
    assert (kept.owner, kept.shortcut) == ("wangli", "nh")
    assert ("wangli", "canned_kept", "nh") in house.desk.notes


async def test_shared_ones_are_kept_by_editors_and_not_by_operators(
    house: House, wangli: Browser, editor: Browser
) -> None:
    assert await keep(wangli, shortcut="nh", text="您好", owner="shared") == 403
    assert await keep(editor, shortcut="nh", text="您好", owner="shared") == 200

    (kept,) = await house.writing.storage.canned_replies("wangli")
    assert kept.owner == ""
    await wangli.get("/desk/replies")
    assert "您好" in wangli.page
    form = {"csrf": wangli.hidden("csrf"), "id": str(kept.id), "owner": "shared"}
    assert (await wangli.post("/desk/replies/delete", form)).status == 403
    assert await house.writing.storage.canned_replies("wangli") == [kept]


async def test_an_unknown_placeholder_is_named_and_nothing_is_kept(house: House, wangli: Browser) -> None:
    assert await keep(wangli, shortcut="nh", text="{姓名}您好，{电话}，{坐席}") == 422

    assert "不认识的占位符：{姓名}、{电话}" in wangli.page
    assert "{姓名}您好" in wangli.page, "what was typed is still there"
    assert await house.writing.storage.canned_replies("wangli") == []


async def test_of_two_who_change_a_shared_one_the_second_is_told_and_keeps_what_he_wrote(
    house: House, editor: Browser
) -> None:
    await keep(editor, shortcut="nh", text="您好", owner="shared")
    (kept,) = await house.writing.storage.canned_replies("")
    await house.writing.storage.keep_canned(replace(kept, text="您好啊"))

    status = await keep(editor, shortcut="nh", text="喂", owner="shared", id=str(kept.id), version=str(kept.version))

    assert status == 409
    assert "刚被别人改过" in editor.page
    assert ">喂</textarea>" in editor.page


async def test_a_shortcut_that_is_taken_is_told_and_one_is_deleted(house: House, wangli: Browser) -> None:
    await keep(wangli, shortcut="nh", text="您好")
    assert await keep(wangli, shortcut="nh", text="又一条") == 409
    assert "快捷码 nh 已有人用" in wangli.page

    form = {"csrf": wangli.hidden("csrf"), "id": "1", "owner": "own"}
    assert (await wangli.post("/desk/replies/delete", form)).status == 200

    assert await house.writing.storage.canned_replies("wangli") == []
    assert (await wangli.post("/desk/replies/delete", form | {"csrf": wangli.hidden("csrf")})).status == 404


async def test_a_forged_form_changes_no_reply(house: House, wangli: Browser) -> None:
    form = {"csrf": "forged", "id": "0", "version": "0", "owner": "own", "shortcut": "a", "title": "t", "text": "x"}

    assert (await wangli.post("/desk/replies", form)).status == 403
    assert await house.writing.storage.canned_replies("wangli") == []
    assert ("wangli", "csrf_refused", "canned") in house.desk.notes
