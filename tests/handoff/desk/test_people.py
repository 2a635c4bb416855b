"""Accounts, roles, one's own page, and what becomes of those who may not."""

import html
import re
from dataclasses import replace
from datetime import datetime

import pyotp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff.console.composing import Composing
from handoff.console.console import Console
from handoff.console.drafting import DraftPages
from handoff.console.frame import Frame
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from handoff.console.words import BEIJING
from handoff.desk import ROLES
from handoff.people import RIGHTS, Right, Sought
from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, Browser, House
from tests.handoff.desk.memory_drafting import MemoryDrafting

NEW = "quite another pass phrase"


@pytest.fixture
async def boss(house: House, password_hash: str) -> Browser:
    house.desk.hire("chenjing", "陈静", password_hash, "admin")
    browser = house.open_browser()
    await browser.log_in("chenjing")
    return browser


async def send(browser: Browser, path: str, **fields: str) -> int:
    """A form of the page that is open."""
    response = await browser.post(path, {"csrf": browser.hidden("csrf"), **fields})
    return response.status


def word(browser: Browser) -> str:
    """The one-time password on the page."""
    found = re.search(r"data-word>([^<]+)<", browser.page)
    assert found
    return found[1]


def key(browser: Browser) -> str:
    """The secret on the page, as one types it into the phone."""
    found = re.search(r'people-key">([A-Z2-7 ]+)<', browser.page)
    assert found
    return found[1].replace(" ", "")


async def arm(house: House, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Switch the second factor on; the phone, and the recovery codes."""
    await browser.get("/desk/me")
    await send(browser, "/desk/me/code", old=PASSWORD)
    phone = pyotp.TOTP(key(browser))
    sealed = browser.hidden("offer")
    await send(browser, "/desk/me/code/on", offer=sealed, code=phone.at(int(house.clock())))
    assert "只显示这一次" in browser.page
    return phone, re.findall(r"<li>([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})</li>", browser.page)


async def give_code(browser: Browser, code: str) -> int:
    return await send(browser, "/desk/login/code", halfway=browser.hidden("halfway"), code=code, next="/desk")


# roles


def test_the_table_names_every_role_and_the_admin_may_everything() -> None:
    assert set(RIGHTS) == set(ROLES)
    assert RIGHTS["admin"] == frozenset(Right)
    assert Right.TALK not in RIGHTS["editor"]
    assert RIGHTS["operator"].isdisjoint({Right.CURATE, Right.MANAGE, Right.INSPECT, Right.SUPERVISE})


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("operator", "/desk/people", 403),
        ("supervisor", "/desk/people", 403),
        ("editor", f"/desk/c/{CONVERSATION}", 403),
        ("operator", "/desk/audit", 403),
        ("supervisor", "/desk/audit", 200),
        ("king", f"/desk/c/{CONVERSATION}", 403),
        ("editor", "/desk/live", 403),
        ("editor", "/desk/media/x", 403),
        *((role, "/desk/me", 200) for role in ROLES),
    ],
)
async def test_a_role_that_may_not_reads_a_clear_word_and_it_is_noted(
    house: House, password_hash: str, role: str, path: str, status: int
) -> None:
    house.desk.hire("someone", "某人", password_hash, role)
    browser = house.open_browser()
    await browser.log_in("someone")

    assert (await browser.get(path)).status == status

    refused = [(who, action) for who, action, _ in house.desk.notes if action == "role_refused"]
    assert refused == ([("someone", "role_refused")] if status == 403 else [])
    if status == 403:
        assert "不能" in browser.page


async def test_an_editor_cannot_take_a_conversation_and_lands_in_the_knowledge_base(
    house: House, password_hash: str
) -> None:
    house.desk.hire("liumin", "刘敏", password_hash, "editor")
    browser = house.open_browser()
    await browser.log_in("liumin")
    await browser.get("/desk/me")

    response = await browser.http.get(f"{browser.base}/desk", allow_redirects=False)

    assert response.headers["Location"] == "/desk/faq"
    assert await send(browser, f"/desk/c/{CONVERSATION}/claim", action="0" * 32) == 403
    assert house.desk.threads[CONVERSATION].head.holder == "waiting"
    assert house.desk.notes[-1] == ("liumin", "role_refused", f"talk /desk/c/{CONVERSATION}/claim")


# accounts


async def test_an_account_is_added_with_a_password_that_opens_only_the_page_where_it_is_changed(
    house: House, boss: Browser
) -> None:
    await boss.get("/desk/people")
    assert await send(boss, "/desk/people", name="sunjie", display_name="孙杰", role="supervisor") == 200
    given = word(boss)
    newcomer = house.open_browser()

    assert (await newcomer.log_in("sunjie", given)).url.path == "/desk/me"
    assert "一次性密码" in newcomer.page
    assert (await newcomer.get(f"/desk/c/{CONVERSATION}")).url.path == "/desk/me"
    assert (await newcomer.get("/desk/live")).status == 401
    await newcomer.get("/desk/me")
    assert await send(newcomer, f"/desk/c/{CONVERSATION}/claim", action="0" * 32) == 200
    assert house.desk.threads[CONVERSATION].head.holder == "waiting"
    assert await send(newcomer, "/desk/me/password", old=given, new=given, again=given) == 422
    await send(newcomer, "/desk/me/password", old=given, new=NEW, again=NEW)
    assert "楼下的路灯坏了三天" in newcomer.page
    assert (await house.open_browser().log_in("sunjie", given)).status == 401
    assert (await house.open_browser().log_in("sunjie", NEW)).status == 200
    await boss.get("/desk/people")
    assert given not in boss.page, "it is shown once"
    assert ("chenjing", "account_added_supervisor", "sunjie") in house.desk.notes
    assert ("sunjie", "password_changed", "sunjie") in house.desk.notes


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"name": "孙杰", "role": "operator"}, 422, "用户名只能用字母"),
        ({"name": "", "role": "operator"}, 422, "用户名只能用字母"),
        ({"name": "x", "role": "king"}, 422, "请选择角色"),
        ({"name": "x", "display_name": "长" * 21, "role": "operator"}, 422, "姓名最多"),
        ({"name": "wangli", "role": "admin"}, 409, "已经有人用了"),
    ],
)
async def test_an_account_that_cannot_be_added_says_why(
    house: House, boss: Browser, fields: dict[str, str], status: int, said: str
) -> None:
    before = dict(house.desk.operators)
    await boss.get("/desk/people")

    assert await send(boss, "/desk/people", **fields) == status
    assert said in boss.page
    assert house.desk.operators == before


async def test_a_role_is_changed_and_holds_at_once(house: House, boss: Browser, wangli: Browser) -> None:
    await boss.get("/desk/people")
    await send(boss, "/desk/people/wangli/change", display_name="王丽丽", role="editor")

    assert "已保存" in boss.page
    assert (await wangli.get(f"/desk/c/{CONVERSATION}")).status == 403
    assert "王丽丽" in wangli.page


async def test_disabling_ends_the_sessions_at_once_and_can_be_taken_back(
    house: House, boss: Browser, wangli: Browser
) -> None:
    await boss.get("/desk/people")
    await send(boss, "/desk/people/wangli/disable")

    assert (await wangli.get("/desk")).url.path == "/desk/login"
    assert (await wangli.log_in("wangli")).status == 401
    await send(boss, "/desk/people/wangli/enable")
    assert (await wangli.get("/desk")).url.path == "/desk/login", "what was ended stays ended"
    assert (await wangli.log_in("wangli")).url.path == "/desk"


async def test_a_reset_password_ends_the_sessions_and_has_to_be_changed(
    house: House, boss: Browser, wangli: Browser
) -> None:
    await boss.get("/desk/people")
    await send(boss, "/desk/people/wangli/password")

    assert (await wangli.get("/desk")).url.path == "/desk/login"
    assert (await wangli.log_in("wangli", word(boss))).url.path == "/desk/me"


async def test_an_admin_cannot_lock_himself_out(house: House, boss: Browser) -> None:
    await boss.get("/desk/people")

    for path, fields in (("disable", {}), ("password", {}), ("change", {"display_name": "陈静", "role": "operator"})):
        assert await send(boss, f"/desk/people/chenjing/{path}", **fields) == 409
        assert "另一位管理员" in boss.page
    assert not house.desk.operators["chenjing"].disabled
    assert house.desk.operators["chenjing"].role == "admin"


async def test_an_account_that_is_gone_says_so(house: House, boss: Browser) -> None:
    await boss.get("/desk/people")

    assert await send(boss, "/desk/people/nobody/disable") == 404
    assert "没有这个账号" in boss.page
    assert house.desk.notes[-1] == ("chenjing", "account_gone", "nobody")


# one's own page


async def test_a_new_password_ends_all_other_sessions_and_this_one_goes_on(house: House, wangli: Browser) -> None:
    other = house.open_browser()
    await other.log_in("wangli")
    await wangli.get("/desk/me")

    assert await send(wangli, "/desk/me/password", old="wrong", new=NEW, again=NEW) == 401
    assert await send(wangli, "/desk/me/password", old=PASSWORD, new=NEW, again="else") == 422
    assert await send(wangli, "/desk/me/password", old=PASSWORD, new="short", again="short") == 422
    assert (await other.get("/desk")).url.path == "/desk", "nothing happened yet"
    await send(wangli, "/desk/me/password", old=PASSWORD, new=NEW, again=NEW)

    assert "密码已修改" in wangli.page
    assert (await other.get("/desk")).url.path == "/desk/login"


async def test_who_guesses_at_an_open_desk_is_locked_out_too(house: House, wangli: Browser) -> None:
    await wangli.get("/desk/me")
    statuses = [
        await send(wangli, "/desk/me/password", old=f"wrong {number}", new=NEW, again=NEW) for number in range(6)
    ]

    assert statuses == [401] * 5 + [429]


async def test_ones_sessions_are_listed_and_one_of_them_is_ended(house: House, wangli: Browser) -> None:
    other = house.open_browser()
    await other.get("/desk/login")
    other.http.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    await other.log_in("wangli")
    await wangli.get("/desk/me")

    assert "Firefox · Windows" in wangli.page
    foreign = house.desk.people._sessions
    await send(wangli, "/desk/me/sessions/end", key=wangli.hidden("key"))

    assert (await other.get("/desk")).url.path == "/desk/login"
    assert (await wangli.get("/desk")).url.path == "/desk"
    assert len(foreign) == 1


async def test_sessions_and_second_factors_survive_a_restart_and_hold_on_every_node(
    house: House, wangli: Browser
) -> None:
    frame = Frame(house.desk, b"a secret of the tests", False, "鞍山 8890", clock=house.clock)
    app = web.Application()
    composing = Composing(frame, house.writing, b"a secret of the tests")
    drafts = DraftPages(frame, MemoryDrafting(house.desk))
    console = Console(frame, _no_media, QueuePages(frame, house.desk), composing, drafts.beside)
    app.add_routes([*frame.routes(), *console.routes(), *PeoplePages(frame).routes()])
    other = TestServer(app)
    await other.start_server()
    there = replace(wangli, base=f"http://127.0.0.1:{other.port}")

    assert (await there.get("/desk")).url.path == "/desk"
    await there.post("/desk/logout", {"csrf": there.hidden("csrf")})
    assert (await wangli.get("/desk")).url.path == "/desk/login"
    await other.close()


async def _no_media(key: str) -> tuple[bytes, str]:
    raise LookupError(key)


# the second factor


async def test_with_a_second_factor_the_password_alone_opens_nothing(house: House, wangli: Browser) -> None:
    phone, codes = await arm(house, wangli)
    browser = house.open_browser()
    house.clock.now += 30

    await browser.log_in("wangli")
    assert "输入验证码" in browser.page
    assert (await browser.http.get(f"{browser.base}/desk", allow_redirects=False)).status == 303
    assert await give_code(browser, "000000") == 401
    assert await give_code(browser, phone.at(int(house.clock()))) == 200
    assert (await browser.get("/desk")).url.path == "/desk"
    assert len(codes) == len(set(codes)) == 8
    assert [note for note in house.desk.notes if note[1] == "login_by_code"] == [
        ("wangli", "login_by_code", "127.0.0.1")
    ]


async def test_no_code_is_good_twice_and_neighbouring_ones_are(house: House, wangli: Browser) -> None:
    phone, _ = await arm(house, wangli)
    now = int(house.clock())

    async def tried(code: str) -> int:
        browser = house.open_browser()
        await browser.log_in("wangli")
        return await give_code(browser, code)

    assert await tried(phone.at(now)) == 401, "it was used to switch it on"
    assert await tried(phone.at(now + 60)) == 401, "two steps ahead"
    assert await tried(phone.at(now + 30)) == 200, "one step ahead"
    assert await tried(phone.at(now + 30)) == 401
    house.clock.now += 90
    assert await tried(phone.at(int(house.clock()) - 30)) == 200, "one step behind"


async def test_a_recovery_code_is_good_once(house: House, wangli: Browser) -> None:
    _, codes = await arm(house, wangli)

    for typed, status in ((codes[0].lower().replace("-", " "), 200), (codes[0], 401), (codes[1], 200)):
        browser = house.open_browser()
        await browser.log_in("wangli")
        assert await give_code(browser, typed) == status


async def test_five_wrong_codes_lock_the_second_step(house: House, wangli: Browser) -> None:
    phone, _ = await arm(house, wangli)
    house.clock.now += 30
    browser = house.open_browser()
    await browser.log_in("wangli")

    assert [await give_code(browser, "000000") for _ in range(5)] == [401] * 4 + [429]
    assert await give_code(browser, phone.at(int(house.clock()))) == 429
    assert "30 秒" in browser.page


async def test_the_second_step_is_only_for_the_browser_that_did_the_first_and_only_for_a_while(
    house: House, wangli: Browser
) -> None:
    phone, _ = await arm(house, wangli)
    house.clock.now += 30
    browser, thief = house.open_browser(), house.open_browser()
    await browser.log_in("wangli")
    await thief.get("/desk/login")
    stolen = browser.hidden("halfway")

    assert await send(thief, "/desk/login/code", halfway=stolen, code=phone.at(int(house.clock())), next="") == 403
    for broken in ("", "wangli", "wangli|x|y", "wangli|9999999999|" + stolen.rpartition("|")[2], "nobody|1|2"):
        await browser.log_in("wangli")
        assert await send(browser, "/desk/login/code", halfway=broken, code="1", next="") == 403
    await browser.log_in("wangli")
    house.clock.now += 301
    assert await give_code(browser, phone.at(int(house.clock()))) == 403


async def test_it_is_switched_off_with_the_password_and_reset_by_an_admin(
    house: House, wangli: Browser, boss: Browser
) -> None:
    await arm(house, wangli)
    await wangli.get("/desk/me")
    assert await send(wangli, "/desk/me/code/off", old="wrong") == 401
    assert await house.desk.people.second_factor("wangli")
    await send(wangli, "/desk/me/code/off", old=PASSWORD)
    assert await house.desk.people.second_factor("wangli") is None

    await arm(house, wangli)
    await boss.get("/desk/people")
    await send(boss, "/desk/people/wangli/code")
    assert (await house.open_browser().log_in("wangli")).url.path == "/desk"


async def test_a_wrong_first_code_or_a_foreign_secret_switches_nothing_on(house: House, wangli: Browser) -> None:
    await wangli.get("/desk/me")
    await send(wangli, "/desk/me/code", old=PASSWORD)
    first, sealed = key(wangli), wangli.hidden("offer")

    assert await send(wangli, "/desk/me/code/on", offer=sealed, code="12345") == 422
    assert key(wangli) == first, "the phone need not scan again"
    assert await send(wangli, "/desk/me/code/on", offer="made up", code=pyotp.TOTP(first).now()) == 422
    assert await house.desk.people.second_factor("wangli") is None


async def test_the_record_holds_neither_secret_nor_recovery_codes_nor_session_keys(
    house: House, wangli: Browser
) -> None:
    phone, codes = await arm(house, wangli)

    kept = repr(house.desk.people._factors) + repr(house.desk.people._sessions)
    cookie = next(cookie.value for cookie in wangli.http.cookie_jar)
    assert phone.secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert cookie.partition(".")[0] not in kept


# bad input


async def test_an_expired_session_acts_no_more_and_that_is_noted(house: House, wangli: Browser) -> None:
    await wangli.get(f"/desk/c/{CONVERSATION}")
    house.clock.now += 13 * 3600

    await wangli.act("claim")

    assert "登录已过期" in wangli.page
    assert house.desk.threads[CONVERSATION].head.holder == "waiting"
    assert house.desk.notes[-1] == ("wangli", "session_expired", f"/desk/c/{CONVERSATION}/claim")


async def test_a_forged_form_has_no_effect_on_any_account(house: House, boss: Browser, wangli: Browser) -> None:
    before = dict(house.desk.operators)
    forged = {"csrf": "forged", "name": "x", "role": "admin", "old": PASSWORD, "new": NEW, "again": NEW}
    for path in ("", *(f"/wangli/{act}" for act in ("change", "disable", "enable", "password", "code"))):
        assert (await boss.post(f"/desk/people{path}", forged)).status == 403
        assert "没有生效" in boss.page
    for path in ("password", "code", "code/on", "code/off", "sessions/end"):
        assert (await wangli.post(f"/desk/me/{path}", forged)).status == 403
    assert (await wangli.post(f"/desk/c/{CONVERSATION}/reveal", forged)).status == 403

    assert house.desk.operators == before
    assert [action for _, action, _ in house.desk.notes if "csrf" in action] == ["csrf_refused"] * 12


async def test_a_conversation_that_is_gone_is_said_and_noted(house: House, wangli: Browser) -> None:
    assert (await wangli.get("/desk/c/web:main:nobody")).status == 404
    assert "会话不存在" in wangli.page
    assert house.desk.notes[-1] == ("wangli", "gone", "web:main:nobody")
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert (await wangli.act("claim", "web:main:nobody")).status == 404
    assert house.desk.notes[-1] == ("wangli", "claim_gone", "web:main:nobody")
    await wangli.get(f"/desk/c/{CONVERSATION}")
    assert await send(wangli, "/desk/c/web:main:nobody/reveal", reason="回访核实") == 404


async def test_a_script_in_a_name_stays_words(house: House, boss: Browser) -> None:
    evil = '"><script>x</script>'
    house.desk.wants_a_person("web:main:u9", evil, at=house.clock.now, name=evil)
    await boss.get("/desk/people")
    await send(boss, "/desk/people", name="evil", display_name=evil, role="operator")

    for path in ("/desk/people", "/desk/me", "/desk/audit", "/desk/c/web:main:u9"):
        response = await boss.get(path)
        assert evil not in boss.page
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", boss.page), path
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert ("chenjing", "thread_opened", "web:main:u9") in house.desk.notes


async def test_the_audit_page_shows_who_did_what_and_is_itself_noted(house: House, boss: Browser) -> None:
    await house.desk.people.note("wangli", "claim", CONVERSATION, house.clock.now)
    await boss.get("/desk/people")
    await send(boss, "/desk/people", name="sunjie", role="supervisor")
    await house.desk.people.note("wangli", "something_new", CONVERSATION, house.clock.now)

    await boss.get("/desk/audit")

    assert "添加账号（班长）" in boss.page
    assert "something_new" in boss.page, "an act without a word of its own is not left out"
    assert "接管" in boss.page
    assert "王丽" in boss.page
    assert ("chenjing", "audit_read", "") in house.desk.notes


async def test_the_audit_log_is_searched_and_leafed_through_a_page_at_a_time(house: House, boss: Browser) -> None:
    people = house.desk.people
    for number in range(230):
        await people.note("wangli", "reply", f"web:main:c{number}", house.clock.now)
    await people.note("zhaoqiang", "claim", CONVERSATION, house.clock.now - 86_400)
    await people.note("", "login_failed", "薛桂芳", house.clock.now)

    def shown() -> list[int]:
        return [int(number) for number in re.findall(r"<tr><td>(\d+)</td>", boss.page)]

    await boss.get("/desk/audit?who=wangli&action=reply")
    first, numbers = shown(), [line.number for line in await people.noted(999, Sought(who="wangli", action="reply"))]
    pages = [first]
    while link := re.search(r'href="([^"]+)">更早<', boss.page):
        await boss.get(html.unescape(link[1]))
        pages.append(shown())
    assert [len(page) for page in pages] == [100, 100, 30]
    assert [number for page in pages for number in page] == numbers

    await boss.get(f"/desk/audit?subject={CONVERSATION}")
    by_conversation = boss.page
    day = datetime.fromtimestamp(house.clock.now - 86_400, BEIJING).date().isoformat()
    await boss.get(f"/desk/audit?day={day}")
    by_day = len(shown())
    await boss.get("/desk/audit?who=-&action=login_failed")
    assert by_conversation.count("<tr><td>") >= 1
    assert "接管</td>" in by_conversation
    assert (by_day, len(shown())) == (1, 1)


async def test_what_was_searched_in_the_log_is_noted_by_ids_and_acts_only(house: House, boss: Browser) -> None:
    for query in (
        f"who=wangli&action=reply&subject={CONVERSATION}&day=2026-11-26&before=40",
        "subject=13900002471&who=%E8%96%9B%E6%A1%82%E8%8A%B3&action=x&day=yesterday&before=-1",
        "subject=%E8%96%9B%E6%A1%82%E8%8A%B3",
    ):
        assert (await boss.get(f"/desk/audit?{query}")).status == 200

    looks = [subject for who, act, subject in house.desk.notes if act == "audit_read"]
    assert looks == [
        f"who=wangli action=reply day=2026-11-26 subject={CONVERSATION} before=40",
        "subject=…",
        "subject=…",
    ]
