"""The desk in English: the switch, the catalogue that holds all its words, and counts and times as English has them."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from handoff.console.inspection_words import act
from handoff.console.numbers_words import lasting, part_name
from handoff.console.words import BEIJING, ago
from handoff.tongue import CATALOGUES, apart, counted, dated, language, later, say, speaking
from tests.handoff.desk.conftest import Browser, House

ROOT = Path(__file__).resolve().parents[3]
CONSOLE = ROOT / "handoff/console"
HAN = re.compile(r"[\u3400-\u9fff，。、；：？！（）]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|\\\d")
DATA = re.compile(r'<span lang="zh">.*?</span>')
"""What an English sentence quotes in Chinese: a notation that is typed so, a name."""

CHINESE = {
    *("CONDITION", "PLACEHOLDERS"),  # what keepers type
    *("_AT_ONCE", "_COMPLAINT", "_QUESTION", "_DIGITS"),  # what is looked for in a text
    "_NAMELESS",  # what the citizen reads
}
"""Constants that are Chinese whoever reads the page."""


# The catalogue


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (CATALOGUES / "en/LC_MESSAGES/desk.po").open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All words of the desk, found as `make words` finds them."""
    line = next(line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if "$(PYBABEL) extract" in line)
    target = tmp_path_factory.mktemp("words") / "desk.pot"
    line = line.replace("$(PYBABEL)", "-q").replace("$(WORDS)/desk.pot", str(target))
    line = line.replace("$(WORDS)", str(CATALOGUES.relative_to(ROOT)))
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", *shlex.split(line)], cwd=ROOT, check=True)
    with target.open("rb") as file:
        return read_po(file)


def keys(catalogue: Catalog) -> set[tuple[str | None, str]]:
    return {(message.context, forms(message.id)[0]) for message in catalogue if message.id}


def forms(words: str | Iterable[str] | None) -> tuple[str, ...]:
    if words is None:
        return ()
    return (words,) if isinstance(words, str) else tuple(words)


def test_the_catalogue_has_all_words_of_the_desk_and_no_others(catalogue: Catalog, extracted: Catalog) -> None:
    assert keys(extracted) - keys(catalogue) == set(), "missing: run `make words` and translate"
    assert keys(catalogue) - keys(extracted) == set(), "no longer used: run `make words`"
    assert list(catalogue.obsolete) == []


def test_every_word_is_translated_for_good_and_keeps_its_placeholders(catalogue: Catalog) -> None:
    for message in catalogue:
        if not message.id:
            continue
        ids, strings = forms(message.id), forms(message.string)
        assert not message.fuzzy, message.id
        assert len(strings) == len(ids), message.id
        assert all(strings), message.id
        wanted = sorted(PLACEHOLDER.findall(ids[0]))
        assert sorted(PLACEHOLDER.findall(strings[-1])) == wanted, message.id
        if len(strings) == 2:  # one of a thing may be said without its number
            assert set(wanted) - set(PLACEHOLDER.findall(strings[0])) <= {"%(n)d"}, message.id
        for string in strings:
            assert not HAN.search(DATA.sub("", string)), string
            assert re.findall("href=[^>]+", string) == re.findall("href=[^>]+", ids[0]), message.id


TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
MODULES = sorted(
    path
    for path in (
        *CONSOLE.glob("*.py"),
        *(ROOT / "bot/curation").glob("*.py"),
        *(ROOT / "bot/desk").glob("*.py"),
        *(ROOT / "bot/operator_desk.py", ROOT / "handoff/people.py", ROOT / "handoff/drafting.py"),
    )
)
SCRIPTS = sorted((CONSOLE / "static").glob("desk*.js"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_page_says_nothing_past_the_catalogue(path: Path) -> None:
    text = path.read_text("utf-8")
    said = re.sub(r"\{% trans.*?%\}.*?\{% endtrans %\}", "", text, flags=re.DOTALL)
    said = re.sub(r"\b(_|pgettext|counted)\(('[^']*'(, )?)+", "", said)

    assert [line for line in said.splitlines() if HAN.search(line)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_past_the_catalogue(path: Path, extracted: Catalog) -> None:
    text = path.read_text("utf-8")
    said = re.sub(r'\b(say|counted)\("[^"]*"', "", text)

    assert set(re.findall(r'\b(?:say|counted)\("([^"]+)"', text)) <= {words for _, words in keys(extracted)}
    assert [line for line in said.splitlines() if HAN.search(line.partition("//")[0])] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_module_says_nothing_past_the_catalogue(path: Path) -> None:
    assert list(unmarked(ast.parse(path.read_text("utf-8")))) == []


def unmarked(node: ast.AST) -> Iterator[str]:
    """Chinese texts that go through no function of the tongue, and are no docstrings and no rows of the record."""
    match node:
        case ast.Call(func=ast.Name(id="say" | "later" | "counted" | "apart")):
            return
        case ast.Call(func=ast.Attribute(value=ast.Name(id="EntryVersion")) | ast.Name(id="EntryVersion" | "Revision")):
            return  # what a history says was written by somebody, and stays as it was written
        case ast.Assign(targets=[ast.Tuple(elts=[*_, ast.Name(id="note")])]):
            return
        case ast.Call(func=ast.Attribute(attr="compile" | "count" | "split")) | ast.FunctionDef(name="_values"):
            return  # what is looked for in a text, and what fills a canned reply
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if name in CHINESE:
            return
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Constant(value=str(text)) if HAN.search(text):
            yield f"{node.lineno}: {text}"
    for child in ast.iter_child_nodes(node):
        yield from unmarked(child)


# Words, counts and times


def test_chinese_is_spoken_unless_somebody_chose_and_an_unknown_choice_is_none() -> None:
    assert (language(), say("保存")) == ("zh", "保存")
    with speaking("en"):
        assert (language(), say("保存")) == ("en", "Save")
    with speaking("tlh"):
        assert (language(), say("保存")) == ("zh", "保存")
    assert (language(), say("")) == ("zh", "")


def test_a_table_of_words_stays_chinese_and_is_said_when_it_is_shown() -> None:
    assert later("接管") == "接管"
    assert act("claim") == "接管"
    with speaking("en"):
        assert act("claim") == "Took over"
        assert act("account_added_editor") == "Added an account (Knowledge editor)"
        assert act("something_new") == "something_new"
        assert (say("会话"), apart("column", "会话")) == ("Conversations", "Conversation")


@pytest.mark.parametrize(
    ("n", "chinese", "english"), [(0, "0 分钟", "0 minutes"), (1, "1 分钟", "1 minute"), (21, "21 分钟", "21 minutes")]
)
def test_english_has_two_forms_of_what_is_counted(n: int, chinese: str, english: str) -> None:
    assert counted("%(n)d 分钟", n) == chinese
    with speaking("en"):
        assert counted("%(n)d 分钟", n) == english


def test_dates_and_lengths_of_time_follow_the_language() -> None:
    noon = datetime(2026, 11, 26, 12, 5, tzinfo=BEIJING)

    assert dated(noon, "y-MM-dd HH:mm") == "2026-11-26 12:05"
    assert (part_name(noon.timestamp(), "week"), lasting(7500), ago(0, 3 * 86400)) == (
        "11月26日",
        "2 小时 5 分",
        "3 天",
    )
    with speaking("en"):
        assert dated(noon, "y-MM-dd HH:mm") == "26 Nov 2026, 12:05"
        assert (part_name(noon.timestamp(), "week"), lasting(7500)) == ("26 Nov", "2h 5m")
        assert (ago(0, 3 * 86400), ago(0, 3700), lasting(None)) == ("3 days", "1h 1m", "—")


# The switch


async def choose(browser: Browser, wanted: str, page: str, **fields: str) -> tuple[int, str, str]:
    """Press the switch on a page that is open; status, where it leads, and the language that was kept."""
    form = {"csrf": browser.hidden("csrf"), "to": wanted, **fields}
    response = await browser.post("/desk/language", form, headers={"Referer": page}, allow_redirects=False)
    kept = response.cookies.get("suda_desk_language")
    return response.status, response.headers.get("Location", ""), kept.value if kept else ""


async def test_the_switch_on_the_login_page_is_kept_and_turns_all_pages(house: House) -> None:
    browser = house.open_browser()
    await browser.get("/desk/login?next=/desk/me")
    assert 'lang="zh-CN"' in browser.page
    assert 'value="en" lang="en"><span class="tongue-whole">English</span>' in browser.page

    page = f"{house.base}/desk/login?next=/desk/me"
    assert await choose(browser, "en", page) == (303, "/desk/login?next=/desk/me", "en")

    await browser.get("/desk/login?next=/desk/me")
    assert '<html lang="en-GB">' in browser.page
    assert ">Log in</button>" in browser.page
    assert 'value="zh" lang="zh"><span class="tongue-whole">中文</span>' in browser.page
    await browser.log_in("wangli", "wrong")
    assert "Wrong user name or password." in browser.page
    await browser.log_in("wangli")
    await browser.get("/desk/me")
    assert '<h2 id="password-title">Change password</h2>' in browser.page
    assert await choose(browser, "zh", f"{house.base}/desk/me") == (303, "/desk/me", "zh")
    await browser.get("/desk/me")
    assert '<h2 id="password-title">修改密码</h2>' in browser.page


async def test_the_account_keeps_the_language_and_it_counts_in_every_browser_from_the_login_on(house: House) -> None:
    mine = house.open_browser()
    await mine.log_in("wangli")
    await mine.get("/desk/me")
    await choose(mine, "en", f"{house.base}/desk/me")

    shared = house.open_browser()
    await shared.get("/desk/login")
    assert 'lang="zh-CN"' in shared.page
    await shared.log_in("wangli")
    await shared.get("/desk/me")
    assert '<html lang="en-GB">' in shared.page
    await shared.post("/desk/logout", {"csrf": shared.hidden("csrf")})
    await shared.get("/desk/login")
    assert '<html lang="en-GB">' in shared.page, "the browser speaks as before until somebody else is known"
    await choose(shared, "zh", f"{house.base}/desk/login")
    await shared.get("/desk/login")
    await shared.log_in("wangli")
    await shared.get("/desk/me")
    assert '<html lang="en-GB">' in shared.page, "what was chosen before the login is this browser's, and not hers"


async def test_what_a_page_fetches_is_in_its_own_language(house: House, wangli: Browser) -> None:
    await wangli.get("/desk/me")
    await choose(wangli, "en", f"{house.base}/desk/me")

    for asked, told in (("zh", "zh-CN"), ("en", "en-GB"), ("", "en-GB")):
        async with wangli.http.get(f"{house.base}/desk", headers={"X-Desk-Language": asked}) as response:
            assert f'<html lang="{told}">' in await response.text()


async def test_who_never_chose_goes_on_in_the_language_of_the_login_page(house: House) -> None:
    browser = house.open_browser()
    await browser.get("/desk/login")
    await choose(browser, "en", f"{house.base}/desk/login")
    await browser.get("/desk/login")
    await browser.log_in("wangli")
    await browser.get("/desk/me")

    assert '<html lang="en-GB">' in browser.page


@pytest.mark.parametrize(
    ("before", "onward"),
    [
        ("/desk/faq?q=%E8%BD%A6&mark=gap", "/desk/faq?q=%E8%BD%A6&mark=gap"),
        ("/desk/people?done=changed", "/desk/people"),
        ("/desk/people/wangli/change", "/desk/people"),
        ("/desk/c/web:main:u1/reply", "/desk/c/web:main:u1"),
        ("/desk/login/code", "/desk"),
        ("//elsewhere.example/desk", "/desk"),
        ("/chat", "/desk"),
    ],
)
async def test_the_switch_leads_back_to_the_page_and_never_out_of_the_desk(
    house: House, wangli: Browser, before: str, onward: str
) -> None:
    await wangli.get("/desk/me")

    assert await choose(wangli, "en", house.base + before) == (303, onward, "en")


@pytest.mark.parametrize("referer", ["", "http://[", "https://elsewhere.example/desk/me", "/desk/faq?q=车"])
async def test_a_strange_referer_leads_to_the_desk(wangli: Browser, referer: str) -> None:
    await wangli.get("/desk/me")

    status, onward, _ = await choose(wangli, "en", referer)

    assert status == 303
    assert onward in ("/desk", "/desk/me"), "a path of ours, whatever host it came with"


@pytest.mark.parametrize("form", [{"to": "tlh"}, {"to": ""}, {"csrf": "forged"}, {"to": "en\r\nSet-Cookie: x=y"}])
async def test_what_no_page_offers_changes_nothing(wangli: Browser, form: dict[str, str]) -> None:
    await wangli.get("/desk/me")

    _, _, kept = await choose(wangli, "en", "", **form)

    assert kept == ""


async def test_two_browsers_behind_one_connection_are_each_answered_in_their_language(house: House) -> None:
    async with ClientSession(connector=TCPConnector(limit=1), cookie_jar=CookieJar(unsafe=True)) as http:
        told = []
        for chosen in ("en", "zh", "", "en", "tlh"):
            cookies = {"suda_desk_language": chosen} if chosen else {}
            async with http.get(f"{house.base}/desk/login", cookies=cookies) as response:
                told.append(re.findall('<html lang="(.*?)">', await response.text())[0])

    assert told == ["en-GB", "zh-CN", "zh-CN", "en-GB", "zh-CN"]
