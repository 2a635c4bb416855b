"""What a person should see at once, although nobody asked for one: officials accused, crowds about to gather."""

import re

from bot.conversation import Holder
from bot.dialogue.heard import Heard
from bot.dialogue.scene import Scene
from bot.dialogue.waiting import when_human
from nlu.interpretation import Intent

_OFFICIAL = (
    r"(?:书记|镇长|乡长|县长|区长|市长|局长|科长|处长|村长|村主任|支书|村干部|镇干部|干部|公务员|民警|警察|法官|"
    r"检察官|执法人员)"
)
_CORRUPT = (
    r"(?:贪污|受贿|行贿|索贿|贿赂|收(?:了|受)?(?:红包|好处|黑钱|礼金)|吃拿卡要|侵吞|挪用|套取|私分|保护伞|"
    r"以权谋私|权钱交易)"
)
_SENSITIVE = re.compile(
    rf"{_OFFICIAL}.{{0,30}}{_CORRUPT}|{_CORRUPT}.{{0,30}}{_OFFICIAL}|(?:举报|检举|揭发).{{0,12}}{_OFFICIAL}|"
    r"(?:去|要|准备|打算|组织|集体|越级|进京|赴京|到省里).{0,6}上访|进京告状|"
    r"联名(?:信|上书|请愿|上访|签)|(?:集体|组织|联合|召集|一起|一块儿?|都(?:去|要|来))(?:去|要|来|到)?.{0,6}"
    r"(?:请愿|静坐|示威|游行|拉横幅|拉条幅|罢工|罢运|罢课|堵路|堵门|堵政府|围堵|闹事)"
)
_NOT_SO = re.compile(r"(?:不是|没有?|别|拒绝|不)(?:去|要|想|会|打算|准备)?(?:再)?(?:越级|进京|集体)?(?:去)?上访")


def is_sensitive(heard: Heard) -> bool:
    """An official is accused, or many are about to take to the street: a person should see it at once."""
    if heard.interpretation.intent is Intent.FAQ:
        return False  # 上访需要什么手续 asks and tells of nobody
    return any(_SENSITIVE.search(_NOT_SO.sub("", part)) for part in re.split(r"[。！？!?；;\n]", heard.text))


def show(scene: Scene) -> None:
    """A person is to see what was said; the bot goes on with it meanwhile."""
    fresh = scene.conversation.holder is Holder.BOT
    scene.hand_over("sensitive")
    if fresh:
        scene.first("sensitive_waiting", when=when_human(scene))
