"""The door of the desk: passwords, sessions, lock-out."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp.test_utils import make_mocked_request

from handoff.console import auth
from handoff.console.auth import COOKIE, NOBODY_HASH, Gate, Refused, Sessions, hash_password
from handoff.console.second_factor import SecondFactors
from tests.handoff.desk.conftest import CONVERSATION, PASSWORD, Clock, House
from tests.handoff.desk.memory_desk import MemoryDesk


def gate_of(desk: MemoryDesk, clock: Clock | None = None, *, peer_patience: int = 20) -> Gate:
    clock = clock or Clock()
    return Gate(desk, SecondFactors(desk.people, bytes(32), "suda", clock), clock, peer_patience=peer_patience)


def test_a_password_hash_is_argon2_and_never_the_same_twice() -> None:
    one, two = hash_password("x"), hash_password("x")

    assert one.startswith("$argon2id$")
    assert one != two


def test_an_unknown_name_costs_as_much_as_a_known_one() -> None:
    assert not auth._HASHER.check_needs_rehash(NOBODY_HASH)


def test_a_short_secret_stops_the_start() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Sessions(b"short", secure=False)


async def test_the_right_password_opens_the_desk_and_is_written_in_the_audit(house: House) -> None:
    browser = house.open_browser()

    response = await browser.log_in("wangli")

    assert response.url.path == "/desk"
    assert "王丽" in browser.page
    assert house.desk.notes == [("wangli", "login", "127.0.0.1"), ("wangli", "list_opened", "")]


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house: House) -> None:
    response = await house.open_browser().get("/desk/login")

    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/desk" in cookie
    assert "Secure" not in cookie


async def test_a_wrong_password_and_an_unknown_name_hear_the_same_word(house: House) -> None:
    browser = house.open_browser()
    wrong = await browser.log_in("wangli", "wrong")
    wrong_page = browser.page
    unknown = await browser.log_in("nobody", "wrong")

    assert (wrong.status, unknown.status) == (401, 401)
    assert "用户名或密码不对" in wrong_page
    assert "用户名或密码不对" in browser.page
    assert [note[:2] for note in house.desk.notes] == [("wangli", "login_failed"), ("", "login_failed")]


async def test_a_disabled_account_is_out_at_once(house: House) -> None:
    browser = house.open_browser()
    await browser.log_in("wangli")
    house.desk.operators["wangli"] = replace(house.desk.operators["wangli"], disabled=True)

    await browser.get("/desk")

    assert "登录已过期" in browser.page
    assert (await browser.log_in("wangli")).status == 401


async def test_a_changed_password_ends_the_old_sessions(house: House) -> None:
    browser = house.open_browser()
    await browser.log_in("wangli")
    changed = replace(house.desk.operators["wangli"], password_hash=hash_password("another"))
    await house.desk.people.save_operator(changed)

    assert (await browser.get("/desk")).url.path == "/desk/login"


async def test_five_wrong_guesses_lock_the_name_for_a_growing_time(house: House) -> None:
    browser = house.open_browser()
    for _ in range(4):
        assert (await browser.log_in("wangli", "wrong")).status == 401

    assert (await browser.log_in("wangli", "wrong")).status == 429
    assert "30 秒" in browser.page
    assert (await browser.log_in("wangli")).status == 429, "the right password waits too"
    house.clock.now += 31
    assert (await browser.log_in("wangli", "wrong")).status == 429
    assert "1 分钟" in browser.page
    house.clock.now += 61
    assert (await browser.log_in("wangli")).url.path == "/desk"
    assert [note[1] for note in house.desk.notes] == ["login_failed"] * 4 + ["login_locked"] * 2 + [
        "login",
        "list_opened",
    ]


async def test_many_guesses_at_once_get_no_more_tries_than_one_by_one() -> None:
    desk, clock = MemoryDesk(), Clock()
    gate = gate_of(desk, clock)

    results = await asyncio.gather(*(gate.enter("wangli", "wrong", "192.0.2.1") for _ in range(9)))

    assert len(desk.notes) == 5
    assert all(isinstance(result, Refused) for result in results)


async def test_one_address_that_tries_many_names_is_locked_too() -> None:
    desk, clock = MemoryDesk(), Clock()
    gate = gate_of(desk, clock, peer_patience=3)
    for number in range(3):
        await gate.enter(f"name{number}", "wrong", "192.0.2.1")

    refused = await gate.enter("fresh", "wrong", "192.0.2.1")
    elsewhere = await gate.enter("fresh", "wrong", "192.0.2.2")

    assert refused == Refused(30.0)
    assert elsewhere == Refused(0.0)


async def test_an_endless_name_or_a_broken_hash_is_only_a_wrong_login(password_hash: str) -> None:
    desk = MemoryDesk()
    desk.hire("n" * 100, "长", password_hash)
    desk.hire("broken", "坏", "not a hash")
    gate = gate_of(desk)

    assert await gate.enter("n" * 100, PASSWORD, "p") == Refused(0.0)
    assert await gate.enter("broken", PASSWORD, "p") == Refused(0.0)


async def test_a_session_left_alone_for_twelve_hours_ends_with_a_word(house: House) -> None:
    browser = house.open_browser()
    await browser.log_in("wangli")
    house.clock.now += 11 * 3600
    await browser.get("/desk")
    house.clock.now += 11 * 3600
    assert (await browser.get("/desk")).url.path == "/desk", "each look keeps it alive"
    house.clock.now += 11 * 3600
    await browser.get("/desk", headers={"X-Desk-Refresh": "1"})
    house.clock.now += 2 * 3600

    response = await browser.get(f"/desk/c/{CONVERSATION}")

    assert response.url.path == "/desk/login", "what a page fetches by itself is not the operator"
    assert "登录已过期" in browser.page
    assert (await browser.log_in("wangli", onward=f"/desk/c/{CONVERSATION}")).url.path == f"/desk/c/{CONVERSATION}"


async def test_who_never_logged_in_is_not_told_that_something_expired(house: House) -> None:
    browser = house.open_browser()
    await browser.get("/desk")
    first = browser.page
    await browser.get("/desk")

    assert "登录已过期" not in first + browser.page


async def test_after_logging_out_a_copied_cookie_is_worth_nothing(house: House) -> None:
    browser = house.open_browser()
    await browser.log_in("wangli")
    cookie = next(cookie.value for cookie in browser.http.cookie_jar if cookie.key == COOKIE)

    response = await browser.post("/desk/logout", {"csrf": browser.hidden("csrf")})

    assert response.url.path == "/desk/login"
    thief = house.open_browser()
    assert (await thief.get("/desk", headers={"Cookie": f"{COOKIE}={cookie}"})).url.path == "/desk/login"
    assert ("wangli", "logout", "127.0.0.1") in house.desk.notes


async def test_logging_out_by_a_foreign_form_has_no_effect(house: House) -> None:
    browser = house.open_browser()
    await browser.log_in("wangli")

    assert (await browser.post("/desk/logout", {"csrf": "forged"})).status == 403
    assert (await browser.get("/desk")).url.path == "/desk"


async def test_a_login_form_of_another_site_is_refused(house: House) -> None:
    browser = house.open_browser()

    response = await browser.post("/desk/login", {"name": "wangli", "password": PASSWORD, "csrf": "forged"})

    assert response.status == 403
    assert "请再登录一次" in browser.page
    assert house.desk.notes == [("", "csrf_refused", "login")]


async def test_the_login_page_sends_on_who_is_inside_and_only_to_pages_of_the_desk(house: House) -> None:
    browser = house.open_browser()
    await browser.log_in("wangli", onward="https://example.org/")

    for onward in ("//example.org", "/desk/c/%0d%0aX: y", "/desk/logout", "/desk\\evil"):
        response = await browser.get("/desk/login", params={"next": onward}, allow_redirects=False)
        assert response.headers["Location"] in ("/desk", "/desk/c/%0d%0aX")


@pytest.mark.parametrize("cookie", ["", ".", "x", "x.y", "é.ü", "W10.00"])
def test_a_cookie_that_is_not_ours_is_no_session(cookie: str) -> None:
    request = make_mocked_request("GET", "/desk", headers={"Cookie": f"{COOKIE}={cookie}"})

    assert Sessions(b"0123456789abcdef", secure=True).read(request) is None


async def test_failures_are_counted_for_all_nodes(house: House) -> None:
    clock = Clock()
    one, other = gate_of(house.desk, clock), gate_of(house.desk, clock)
    for _ in range(2):
        await one.enter("wangli", "wrong", "192.0.2.1")
        await other.enter("wangli", "wrong", "192.0.2.2")

    assert await one.enter("wangli", "wrong", "192.0.2.3") == Refused(30.0)
    assert await other.enter("wangli", PASSWORD, "192.0.2.4") == Refused(30.0)
