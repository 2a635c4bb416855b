"""Accounts, roles, and what becomes of those who may not."""

import re

import pytest

from handoff.desk import ROLES
from handoff.people import RIGHTS, Right
from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, Browser, House
from tests.handoff.desk.forms import NEW, send


def word(browser: Browser) -> str:
    """The one-time password on the page."""
    found = re.search(r"data-word>([^<]+)<", browser.page)
    assert found
    return found[1]


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
