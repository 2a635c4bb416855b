"""What the citizens of a drill say: scripted dialogues, made of shapes with changing names and places."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from handoff.ticket import TicketStatus


class Act(StrEnum):
    """What happens next in a dialogue."""

    SAYS = "says"
    TAPS = "taps"
    PHOTO = "photo"
    PIN = "pin"
    TOLD = "told"
    """The case system tells a step of his latest ticket; no message of his."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a citizen does, or that the case system does about his latest ticket."""

    act: Act
    text: str = ""
    """Words, or the label of what is tapped."""
    value: str = ""
    """Of a tapped choice."""
    status: TicketStatus = TicketStatus.SUBMITTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Who speaks, and of where."""

    name: str
    phone: str
    place: str
    building: int


Shape = Callable[[Facts], list[Step]]

_DISTRICTS = ("铁东区", "铁西区", "立山区", "千山区")
_ESTATES = ("和平小区", "幸福家园", "光明小区", "锦绣花园", "东山里小区", "民生小区", "春光里")
_NAMES = ("王", "李", "张", "刘", "陈", "杨", "赵", "周", "孙", "马")


def says(*texts: str) -> list[Step]:
    """Written words, one message each."""
    return [Step(act=Act.SAYS, text=text) for text in texts]


def taps(label: str, value: str) -> list[Step]:
    """A tapped choice."""
    return [Step(act=Act.TAPS, text=label, value=value)]


def told(*steps: tuple[TicketStatus, str]) -> list[Step]:
    """What the case system tells, with the words for the citizen (the unit, for a dispatch)."""
    return [Step(act=Act.TOLD, status=status, text=text) for status, text in steps]


CONFIRM = taps("确认提交", "confirm")
DONE = told(
    (TicketStatus.ACCEPTED, ""), (TicketStatus.DISPATCHED, "市政管理所"), (TicketStatus.RESOLVED, "已经处理完毕。")
)


def plain_matter(f: Facts) -> list[Step]:
    """Said whole, confirmed by a tap, worked on, rated well."""
    matter = says(f"{f.place}{f.building}号楼门口的路灯坏了一个星期，晚上看不见路", f"我姓{f.name}，电话{f.phone}")
    return [*matter, *CONFIRM, *DONE, *says("满意", "谢谢")]


def in_pieces(f: Facts) -> list[Step]:
    """Said in bits, with a question in between."""
    return [
        *says("你好", "我要反映一个问题", "下水井堵了，污水往外冒", "火警电话是多少", f"在{f.place}{f.building}号楼"),
        *says(f"{f.name}师傅 {f.phone}", "确认"),
    ]


def corrected(f: Facts) -> list[Step]:
    """The place is put right on the card."""
    wrong, right = f.building, f.building + 1
    matter = says(f"{f.place}{wrong}号楼楼顶漏水，家里墙都泡了", f"电话{f.phone}", f"不是{wrong}号楼，是{right}号楼")
    return [*matter, *says("确认", "进度", "催办")]


def unhappy(f: Facts) -> list[Step]:
    """Rated badly, opened again with the reason."""
    matter = says(f"{f.place}{f.building}号楼楼下垃圾堆了半个月没人清运", "不留电话")
    again = told((TicketStatus.ACCEPTED, ""), (TicketStatus.RESOLVED, "已再次处理。"))
    return [*matter, *CONFIRM, *DONE, *says("不满意", "垃圾只清了一半"), *again, *says("满意")]


def with_photo(f: Facts) -> list[Step]:
    """A photo and a pin before the words."""
    photo = [Step(act=Act.PHOTO), *says(f"{f.place}{f.building}号楼的井盖不见了，很危险"), Step(act=Act.PIN)]
    return [*photo, *says(f"{f.name}女士，{f.phone}"), *CONFIRM, *says("补充一下，旁边就是幼儿园")]


def withdrawn(f: Facts) -> list[Step]:
    """Begun and dropped; then submitted and withdrawn."""
    begun = says(f"{f.place}{f.building}号楼太吵了", "不报了", "确定撤回")
    sent = says(f"{f.place}{f.building}号楼外墙的瓷砖往下掉", "不留", "确认", "撤回", "确定撤回")
    return [*begun, *sent]


def in_secret(f: Facts) -> list[Step]:
    """A report without a name."""
    return [*says(f"我要举报{f.place}一家饭店用地沟油", "匿名", "确认", "谢谢")]


def questions(f: Facts) -> list[Step]:
    """Nothing but questions."""
    asked = says("急救电话是多少", "停电报修打什么电话", "怎么催办", "网购七天无理由退货有什么规定")
    return [*asked, *says("进度", "谢谢")]


def small_talk(f: Facts) -> list[Step]:
    """Words that lead nowhere, each with an answer."""
    return [*says("在吗", "今天天气不错", "啊啊啊啊", "好的", "再见")]


def a_person(f: Facts) -> list[Step]:
    """Asks for a person, and goes on with the matter meanwhile."""
    return [*says("人工", f"{f.place}{f.building}号楼停水两天了", f.phone, "确认", "还要等多久")]


def danger(f: Facts) -> list[Step]:
    """An emergency, then the matter behind it."""
    return [*says(f"{f.place}{f.building}号楼着火了", "火已经灭了", "不留电话", "确认")]


_SHAPES: tuple[Shape, ...] = (
    plain_matter,
    in_pieces,
    corrected,
    unhappy,
    with_photo,
    withdrawn,
    in_secret,
    questions,
    small_talk,
    a_person,
    danger,
)
_FILLERS = ("进度", "谢谢", "反诈电话是多少", "在吗", "怎么查询办理进度")


def dialogue(number: int, messages: int, seed: int = 2026) -> list[Step]:
    """One citizen's whole script with exactly so many messages; the same number makes the same script."""
    chance = random.Random(seed * 1000 + number)
    steps: list[Step] = []
    while True:
        # each begins with another shape, so that all are met even in few dialogues
        shape = _SHAPES[number % len(_SHAPES)] if not steps else chance.choice(_SHAPES)
        more = shape(_facts(chance))
        if count_messages(steps) + count_messages(more) > messages:
            break
        steps += more
    return steps + says(*(chance.choice(_FILLERS) for _ in range(messages - count_messages(steps))))


def count_messages(steps: list[Step]) -> int:
    """How many of the steps are the citizen's own."""
    return sum(step.act is not Act.TOLD for step in steps)


def _facts(chance: random.Random) -> Facts:
    return Facts(
        name=chance.choice(_NAMES),
        phone=f"139{chance.randrange(10**8):08d}",
        place=chance.choice(_DISTRICTS) + chance.choice(_ESTATES),
        building=chance.randrange(1, 40),
    )
