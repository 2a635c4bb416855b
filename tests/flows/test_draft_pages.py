"""The ticket draft without a script, by plain forms: what is wrong is named, nothing is lost, nothing comes twice."""

import html
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from bot.app import Service
from channels.message import Address, Attachment, Message, MessageKind, Pin
from handoff.console.auth import hash_password
from handoff.desk import ActionKind, Operator
from tests.flows.node import serving, until_true
from tests.flows.town import at_rest, operator_does, tickets_of, words_of

PASSWORD = "a long password"
NAME = '<script>document.title="x"</script><img src=x onerror=alert(1)>'
WORDS = "永乐街道幸福小区2号楼晚上黑得看不见路，灯坏了半个月没人管"
_INPUT = r'<input(?![^>]*type="(?:radio|checkbox)")[^>]* name="(\w+)" value="([^"]*)"'
HEATING = "城乡建设 > 城市建设和市政管理 > 冬季采暖"


@dataclass
class Desk:
    """王丽 at the desk, with a browser that knows forms and no script."""

    service: Service
    http: ClientSession
    page: str = ""
    status: int = 0

    async def get(self, path: str) -> str:
        async with self.http.get(self.service.base_url + path) as answer:
            self.page, self.status = await answer.text(), answer.status
        return self.page

    async def post(self, path: str, form: dict[str, str]) -> str:
        async with self.http.post(self.service.base_url + path, data=form) as answer:
            self.page, self.status = await answer.text(), answer.status
        return self.page

    async def log_in(self) -> None:
        await self.get("/desk/login")
        await self.post("/desk/login", {"name": "wangli", "password": PASSWORD, "csrf": self.value("csrf"), "next": ""})

    def value(self, name: str) -> str:
        """What stands in a field of the page."""
        found = re.search(rf'<input[^>]* name="{name}" value="([^"]*)"', self.page)
        assert found, f"no field {name}"
        return html.unescape(found[1])

    def form(self, **changed: str) -> dict[str, str]:
        """The draft's form as it stands, with these changes; a name whose value is empty and was no field is left."""
        part = self.page[self.page.index("data-draft-form") :].partition("</form>")[0]
        fields = {
            name: html.unescape(value)
            for name, value in re.findall(
                r'<input(?![^>]*type="(?:radio|checkbox)")[^>]* name="(\w+)" value="([^"]*)"', part
            )
        }
        fields |= dict.fromkeys(re.findall(r'<input type="checkbox" name="(\w+)" checked', part), "on")
        for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', part, re.DOTALL):
            chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
            assert chosen
            fields[name] = chosen[1] if chosen[1] is not None else chosen[2]
        if area := re.search(r"<textarea[^>]*>(.*?)</textarea>", part, re.DOTALL):
            fields["content"] = html.unescape(area[1])
        return fields | changed


def said(number: int, user: str, text: str = "", **more: object) -> Message:
    given = {"kind": MessageKind.TEXT, "name": NAME, **more}
    address = Address(channel="web", account="main", user=user)
    return Message(id=f"{user}-{number}", address=address, sent_at=1_790_000_000.0, text=text, **given)  # type: ignore[arg-type]  # a message's own fields


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with (
        serving(tmp_path, SUDA_SETTLE_QUIET="0") as service,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as http,
    ):
        account = Operator(name="wangli", display_name="王丽", role="operator", password_hash=hash_password(PASSWORD))
        await service.storage.save_operator(account)
        desk = Desk(service, http)
        await desk.log_in()
        yield desk


async def opened(desk: Desk, user: str, *texts: str) -> str:
    """A citizen who wrote these words, in 王丽's hands; the path of his page."""
    for number, text in enumerate(texts):
        await desk.service.inbox.receive(said(number, user, text))
        await at_rest(desk.service)
    path = f"/desk/c/web:main:{user}"
    await desk.get(path)
    await desk.post(f"{path}/claim", {name: desk.value(name) for name in ("csrf", "action")})
    await at_rest(desk.service)
    await desk.get(f"{path}/ticket")
    return path


async def test_faults_are_named_beside_their_fields_and_all_that_was_typed_stays(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    typed = desk.form(
        category_words="qqqqqq", place="", phone="139x", title="长" * 80, occurred="上周三", appeal_type="举报"
    )

    page = await desk.post(f"{path}/submit", typed)

    assert desk.status == 422
    for fault in ("category", "place", "phone", "title"):
        assert f'id="fault-{fault}"' in page
        assert f'aria-describedby="fault-{fault}"' in page
    kept = desk.form()
    names = ("category_words", "place", "phone", "title", "occurred", "appeal_type", "content")
    assert {name: kept[name] for name in names} == {name: typed[name] for name in names}
    assert await tickets_of(desk.service, "web:main:u1") == ()


async def test_a_category_by_initials_and_one_of_several_places_are_chosen_from_lists(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)

    page = await desk.post(f"{path}/amend", desk.form(category_words="djcn", place="团结社区3号楼", do="look"))
    assert '<input type="radio" name="category" value="010208">' in page
    where = re.findall(r'name="place_choice" value="([^"]+)"> ([^<]+)<', page)
    assert {"立山区 友好街道 团结社区", "铁东区 对炉街道 团结社区"} <= {words.strip() for _, words in where}
    code = next(code for code, words in where if "立山区" in words)
    page = await desk.post(f"{path}/submit", desk.form())
    assert "这个地名不止一处" in page
    await desk.post(f"{path}/submit", desk.form(category="010208", place_choice=code))
    await at_rest(desk.service)

    (ticket,) = await tickets_of(desk.service, "web:main:u1")
    assert ticket.category
    assert ticket.place
    assert " > ".join(ticket.category.path) == HEATING
    assert (ticket.place.district, ticket.place.street, ticket.place.text) == ("立山区", "友好街道", "团结社区3号楼")


async def test_a_form_sent_twice_makes_one_ticket_and_one_word_to_the_citizen(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    form = desk.form(category_words=HEATING, category="010208")
    await desk.get(f"{path}/ticket")
    other_tab = desk.form(category_words=HEATING, category="010208")

    for sent in (form, form):
        await desk.post(f"{path}/submit", sent)
        assert desk.status == 200
    await at_rest(desk.service)
    page = await desk.post(f"{path}/submit", other_tab)

    assert desk.status == 409
    assert "这份草稿已经提交" in page
    (ticket,) = await tickets_of(desk.service, "web:main:u1")
    told = [words for words in await words_of(desk.service, "web:main:u1") if ticket.ticket_no in words]
    assert len(told) == 1
    sandbox = desk.service.sandbox
    assert sandbox
    await until_true(lambda: sandbox.held(ticket.ticket_no))
    assert (await desk.service.storage.audit()).doubled_tickets == ()


async def test_what_the_citizen_says_while_the_form_is_open_goes_with_the_ticket(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    typed = desk.form(category_words=HEATING, category="010208", title="楼道灯不亮")
    await desk.service.inbox.receive(said(7, "u1", "我姓李，电话13700002222"))
    await at_rest(desk.service)

    await desk.post(f"{path}/submit", typed)
    await at_rest(desk.service)

    (ticket,) = await tickets_of(desk.service, "web:main:u1")
    assert (ticket.title, ticket.contact.phone) == ("楼道灯不亮", "13700002222")
    assert ticket.contact.name
    assert "李" in ticket.contact.name


async def test_marks_that_nobody_sees_are_nobodys_change(desk: Desk) -> None:
    path = await opened(desk, "u1", f"\u2068{WORDS}\u2069")
    draft = (await desk.service.storage.load("web:main:u1")).conversation.draft
    assert draft
    assert "\u2069" in draft.what, "the record keeps what he sent"

    await desk.post(f"{path}/submit", desk.form(category_words=HEATING, category="010208", title="楼道灯不亮"))
    await at_rest(desk.service)

    (ticket,) = await tickets_of(desk.service, "web:main:u1")
    assert ticket.title == "楼道灯不亮"


@pytest.mark.parametrize(("taken", "phone"), [(False, "13900001111"), (True, "13700002222")])
async def test_what_both_changed_is_shown_with_both_words_and_the_operator_decides(
    desk: Desk, taken: bool, phone: str
) -> None:
    path = await opened(desk, "u1", WORDS)
    typed = desk.form(category_words=HEATING, category="010208", phone="13900001111")
    await desk.service.inbox.receive(said(7, "u1", "我姓李，电话13700002222"))
    await at_rest(desk.service)

    page = await desk.post(f"{path}/submit", typed)
    asked = desk.status, 'id="clash-phone">这里刚有更新：<q>13700002222</q>' in page, desk.form()["phone"]
    before = await tickets_of(desk.service, "web:main:u1")
    if taken:
        await desk.post(f"{path}/amend", desk.form(take="phone"))
        assert desk.form()["phone"] == "13700002222"
    await desk.post(f"{path}/submit", desk.form())
    await at_rest(desk.service)

    assert asked == (422, True, "13900001111")
    assert before == ()
    (ticket,) = await tickets_of(desk.service, "web:main:u1")
    assert ticket.contact.phone == phone
    assert ticket.contact.name


async def test_a_form_whose_beginning_cannot_be_read_has_no_effect(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    form = desk.form()

    for broken in ("{", "[]", '{"phone": 1}'):
        await desk.post(f"{path}/submit", form | {"begun": broken})
        assert desk.status == 400

    assert await tickets_of(desk.service, "web:main:u1") == ()


async def test_who_does_not_hold_it_changes_nothing_and_keeps_what_he_typed(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    form = desk.form(title="我写的标题")
    assert await operator_does(desk.service, "web:main:u1", ActionKind.GIVE_BACK) == "done"

    page = await desk.post(f"{path}/amend", form)

    assert desk.status == 409
    assert "会话不在您手中" in page
    assert desk.form()["title"] == "我写的标题"
    draft = (await desk.service.storage.load("web:main:u1")).conversation.draft
    assert draft
    assert draft.title == ""


async def test_a_forged_form_has_no_effect_and_stands_in_the_audit(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)

    await desk.post(f"{path}/submit", desk.form(csrf="forged"))

    assert desk.status == 403
    assert await tickets_of(desk.service, "web:main:u1") == ()
    noted = [action for _, _, action, _ in await desk.service.storage.notes()]
    assert {"csrf_refused", "draft_opened"} <= set(noted)


async def test_without_a_draft_the_operator_begins_one(desk: Desk) -> None:
    path = await opened(desk, "u1", "人工")
    assert "新建工单草稿" in desk.page

    await desk.post(f"{path}/amend", desk.form())
    form = desk.form(
        category_words=HEATING, place="铁东区胜利路58号", content="屋里只有十五度", name="王", phone="13900001111"
    )
    await desk.post(f"{path}/submit", form)
    await at_rest(desk.service)

    (ticket,) = await tickets_of(desk.service, "web:main:u1")
    assert (ticket.content, ticket.contact.phone) == ("屋里只有十五度", "13900001111")


async def test_what_is_confidential_is_masked_beside_the_conversation_and_saving_it_loses_nothing(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    told = f"{WORDS}。我叫薛桂芳，电话13900002471"
    typed = {"name": "薛桂芳", "phone": "13900002471", "secrecy": "confidential", "content": told}
    await desk.post(f"{path}/amend", desk.form(**typed))
    await desk.get(f"{path}/ticket")
    masked_form = desk.form()
    hidden = [word for word in ("薛桂芳", "13900002471") if word in desk.page]

    await desk.post(f"{path}/amend", desk.form(title="路灯不亮"))
    kept = (await desk.service.storage.load("web:main:u1")).conversation.draft
    await desk.get(f"{path}/ticket")
    await desk.post(f"{path}/amend", desk.form(content=f"{masked_form['content']}，请快"))
    faulty = desk.status, 'id="fault-content"' in desk.page
    await desk.get(path)
    await desk.post(f"{path}/reveal", {"csrf": desk.value("csrf"), "reason": "承办单位退单，需电话核实"})
    await desk.get(f"{path}/ticket")

    assert hidden == []
    assert (masked_form["name"], masked_form["phone"]) == ("", "")
    assert "我叫薛**，电话139******71" in masked_form["content"]
    assert kept is not None
    assert (kept.what, kept.name, kept.phone, kept.title) == (told, "薛桂芳", "13900002471", "路灯不亮")
    assert faulty == (422, True)
    assert desk.form()["content"] == told
    assert (desk.form()["name"], desk.form()["phone"]) == ("薛桂芳", "13900002471")


async def test_what_is_confidential_is_made_public_only_with_a_written_reason(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    assert 'name="reason"' not in desk.page
    typed = {"name": "薛桂芳", "secrecy": "confidential", "content": f"{WORDS}。我叫薛桂芳"}
    await desk.post(f"{path}/amend", desk.form(**typed))
    stale = await desk.get(f"{path}/ticket")
    storage = desk.service.storage

    async def is_secret() -> bool:
        draft = (await storage.load("web:main:u1")).conversation.draft
        return draft is not None and draft.confidential

    refused = []
    for reason in ("", "同意", "长" * 201):
        await desk.get(f"{path}/ticket")
        page = await desk.post(f"{path}/amend", desk.form(secrecy="", reason=reason, title="换个标题"))
        refused.append((desk.status, 'id="fault-reason"' in page, "请写明理由" in page, await is_secret()))
        assert desk.form()["title"] == "换个标题", "what was typed stays"
    await desk.get(f"{path}/ticket")
    await desk.post(f"{path}/submit", desk.form(secrecy="", category_words=HEATING, category="010208"))
    unsubmitted = desk.status, await tickets_of(desk.service, "web:main:u1")
    await desk.get(f"{path}/ticket")
    kept = await is_secret()
    await desk.post(f"{path}/amend", desk.form(secrecy="", reason="市民来电同意公开"))

    assert 'name="reason"' in stale
    assert refused == [(422, True, True, True)] * 3
    assert unsubmitted == (422, ())
    assert kept
    assert not await is_secret()
    assert [(each.operator, each.reason) for each in await storage.reveals()] == [("wangli", "市民来电同意公开")]
    acts = Counter(line.action for line in await storage.noted())
    assert [acts[name] for name in ("amend_unexplained", "submit_unexplained", "secrecy_lifted")] == [3, 1, 1]
    assert "薛桂芳" in await desk.get(path)


async def test_pins_and_photos_of_a_secret_matter_are_hidden_beside_it_and_in_its_ticket(desk: Desk) -> None:
    storage = desk.service.storage
    pin = Pin(latitude=41.12345, longitude=122.98765, datum="gcj02", label="和平小区西门")
    await desk.service.inbox.receive(said(8, "u1", kind=MessageKind.LOCATION, pin=pin))
    photo = Attachment(id="p9", kind=MessageKind.IMAGE, key=f"{'c' * 64}.jpg", filename="薛桂芳.jpg")
    await desk.service.inbox.receive(said(9, "u1", kind=MessageKind.IMAGE, attachments=(photo,)))
    await at_rest(desk.service)
    path = await opened(desk, "u1", WORDS, "保密")
    secret = ("41.12345", "122.98765", photo.key, photo.filename)

    pages = {where: await desk.get(where) for where in ("/desk", path, f"{path}/ticket")}
    filled = desk.form(category_words=HEATING, category="010208", place=WORDS[:6], secrecy="confidential")
    await desk.post(f"{path}/submit", filled)
    await at_rest(desk.service)
    (ticket,) = (await storage.load("web:main:u1")).conversation.tickets
    pages["ticket"] = await desk.get(f"/desk/t/{ticket.ticket_no}")
    await desk.get(f"/desk/media/{photo.key}")
    refused = desk.status
    await desk.get(path)
    await desk.post(f"{path}/reveal", {"csrf": desk.value("csrf"), "reason": "承办单位退单，需核实地点"})
    shown = await desk.get(f"/desk/t/{ticket.ticket_no}")

    assert [(where, word) for where, page in pages.items() for word in secret if word in page] == []
    assert refused == 403
    assert "保密：照片已隐藏" in pages["ticket"]
    assert "保密：定位已隐藏" in pages["ticket"]
    assert photo.key in shown
    assert "41.12345,122.98765" in shown


async def test_a_confidential_ticket_opens_masked_until_somebody_says_why(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    told = f"{WORDS}。我叫薛桂芳，电话13900002471"
    typed = {"name": "薛桂芳", "phone": "13900002471", "secrecy": "confidential", "content": told}
    filled = desk.form(category_words=HEATING, category="010208", **typed)
    await desk.post(f"{path}/submit", filled)
    await at_rest(desk.service)
    (ticket,) = await tickets_of(desk.service, "web:main:u1")

    before = await desk.get(f"/desk/t/{ticket.ticket_no}")
    await desk.get(path)
    await desk.post(f"{path}/reveal", {"csrf": desk.value("csrf"), "reason": "承办单位退单，需电话核实"})
    after = await desk.get(f"/desk/t/{ticket.ticket_no}")

    assert [word for word in ("薛桂芳", "13900002471") if word in before] == []
    assert "我叫薛**" in before
    assert [word for word in ("薛桂芳", "13900002471") if word not in after] == []


async def test_a_line_of_contact_is_not_taken_for_a_matter(desk: Desk) -> None:
    path = await opened(desk, "u1", WORDS)
    await desk.post(f"{path}/submit", desk.form(category_words=HEATING, category="010208"))
    await at_rest(desk.service)
    await desk.service.inbox.receive(said(7, "u1", "我姓李，电话13700002222"))
    await at_rest(desk.service)

    page = await desk.get(f"{path}/ticket")

    understood = page[page.index("机器理解") :].partition("</section>")[0]
    assert "<dd>补充信息</dd>" in understood
    assert [label for label in ("类型", "类别", "地点") if f"<dt>{label}</dt>" in understood] == []


async def test_what_is_gone_says_so(desk: Desk) -> None:
    for path in ("/desk/c/web:main:nobody/ticket", "/desk/c/x/ticket", "/desk/t/AS-nothing"):
        await desk.get(path)
        assert desk.status == 404
    await desk.post("/desk/c/web:main:nobody/submit", {"csrf": "x", "action": "0" * 32})
    assert desk.status == 404


async def test_his_earlier_tickets_and_similar_ones_nearby_open(desk: Desk) -> None:
    for user, text in (
        ("a", "永乐街道2号楼暖气不热，屋里才十五度"),
        ("b", "永乐街道幸福小区5号楼暖气片冰凉"),
        ("c", "立山区友好街道暖气不热"),
    ):
        path = await opened(desk, user, text)
        await desk.post(f"{path}/submit", desk.form(category_words=HEATING, category="010208"))
        await at_rest(desk.service)
    his = (await tickets_of(desk.service, "web:main:a"))[0]
    near = (await tickets_of(desk.service, "web:main:b"))[0]
    far = (await tickets_of(desk.service, "web:main:c"))[0]

    await desk.service.inbox.receive(said(7, "a", "永乐街道2号楼暖气还是不热"))
    path = await opened(desk, "a")
    await desk.post(f"{path}/amend", desk.form())
    form = desk.form(category_words=HEATING, place="永乐街道2号楼", content="暖气还是不热")
    page = await desk.post(f"{path}/amend", form)

    earlier, _, nearby = page.partition("附近的类似工单")
    assert his.ticket_no in earlier
    assert his.ticket_no not in nearby
    assert near.ticket_no in nearby
    assert "同一街道，同一类别" in nearby
    assert far.ticket_no not in page
    opened_page = await desk.get(f"/desk/t/{near.ticket_no}")
    assert near.content in opened_page
    assert "ticket_opened" in [action for _, _, action, _ in await desk.service.storage.notes()]


async def test_the_transcript_shows_files_voice_and_pins_and_a_script_in_a_name_is_only_words(desk: Desk) -> None:
    def file(name: str, kind: MessageKind, filename: str = "", size: int = 0, key: str = "") -> Attachment:
        return Attachment(id=name, kind=kind, filename=filename, size=size, key=key)

    inbox = desk.service.inbox
    pdf = file("f", MessageKind.FILE, "<b>合同</b>.pdf", 2_200_000, "f.pdf")
    await inbox.receive(said(1, "u1", kind=MessageKind.FILE, attachments=(pdf,)))
    await inbox.receive(
        said(2, "u1", "暖气不热", kind=MessageKind.VOICE, attachments=(file("v", MessageKind.VOICE, key="v.mp3"),))
    )
    photo = file("p", MessageKind.IMAGE, key="p.jpg")
    await inbox.receive(said(3, "u1", kind=MessageKind.IMAGE, attachments=(photo,)))
    pin = Pin(latitude=39.91334545536069, longitude=116.38404722455657, datum="gcj02", label="西单")
    await inbox.receive(said(4, "u1", kind=MessageKind.LOCATION, pin=pin))
    await at_rest(desk.service)

    page = await desk.get("/desk/c/web:main:u1")

    assert NAME not in page
    assert html.escape(NAME, quote=False).partition("=")[0] in page
    assert "&lt;b&gt;合同&lt;/b&gt;.pdf" in page
    assert "2.1 MB" in page
    assert re.search(r"<audio[^>]* src=\"/desk/media/v.mp3\".*?识别文字</span>暖气不热", page, re.DOTALL)
    assert 'href="/desk/media/p.jpg" target="_blank" rel="noopener" data-photo' in page
    assert "39.91335, 116.38405 · GCJ-02 坐标" in page
    assert "mlat=39.911954&amp;mlon=116.377817" in page
