"""One's own page: a new password, one's sessions, and the second factor."""

from dataclasses import replace

import pyotp
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff.console.composing import Composing
from handoff.console.console import Console
from handoff.console.drafting import DraftPages
from handoff.console.frame import Frame
from handoff.console.people import PeoplePages
from handoff.console.queue import QueuePages
from tests.handoff.desk.conftest import PASSWORD, Browser, House
from tests.handoff.desk.forms import NEW, arm, key, send
from tests.handoff.desk.memory_drafting import MemoryDrafting


async def give_code(browser: Browser, code: str) -> int:
    return await send(browser, "/desk/login/code", halfway=browser.hidden("halfway"), code=code, next="/desk")


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
