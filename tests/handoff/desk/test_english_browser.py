"""Pages of the desk in English: no Chinese on them but what citizens and colleagues wrote, and nothing amiss.

With SUDA_TEST_PHOTOS=FOLDER each is photographed there too, to be looked at.
"""

from dataclasses import replace

import pytest

from tests.handoff.desk.test_axe import PLACES, SHADES, Place, Walk, walk
from tests.handoff.desk.test_browser import SIZES

__all__ = ["walk"]

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("english")]

NOT_YET = {
    *("board", "board-shade", "waiting", "held", "held-closing", "held-passing", "theirs", "bots", "gone", "hidden"),
    *("draft", "draft-theirs", "draft-gone", "ticket"),
}
"""What still speaks Chinese only; any other page of the desk must speak English."""

CHINESE = r"""() => {
  const han = /\p{Script=Han}/u, found = [];
  const own = (element) => !element.closest('[lang="zh"], script, style');
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode;
    if (han.test(text.data) && own(text.parentElement)) found.push(text.data.trim());
  }
  for (const element of document.querySelectorAll("body *")) {
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      const words = element.getAttribute(name) ?? "";
      if (han.test(words) && own(element)) found.push(`${name}: ${words}`);
    }
  }
  const title = document.title.split(" · ")[0], heading = document.querySelector('h1[lang="zh"]');
  if (han.test(title) && title !== heading?.textContent) found.push(`title: ${title}`);
  return found;
}"""


@pytest.mark.parametrize(
    "place", [place for place in PLACES if place.name not in NOT_YET], ids=lambda place: place.name
)
async def test_a_page_in_english_has_no_chinese_but_data_and_nothing_gravely_amiss(walk: Walk, place: Place) -> None:
    page = await walk.open(place, "en")
    assert await page.get_attribute("html", "lang") == "en-GB"
    found = await page.evaluate(CHINESE)
    shot = replace(place, name=f"{place.name}-en")
    faults = [fault for size in SIZES for shade in SHADES for fault in await walk.judge(page, shot, size, shade)]
    await page.context.close()
    assert [*found, *faults, *walk.errors] == []
