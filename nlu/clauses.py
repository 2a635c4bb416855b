"""Whether a danger that is named is real and of now: what its clause and the words right beside it say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# As many characters beside a match speak of it; dictated text may go on for thousands without a comma.
_NEAR = 16
_PAUSES = "，,、 \t"
_STOPS = _PAUSES + "。！!？?；;：:…~～\n"

# 不是没有 says yes, and 是不是 asks about what is feared this moment.
_DENIED = re.compile(
    r"(?:(?<!不是)(?<!并非)(?<!有)没有?|(?<!有)没有没有|有没有|未|从未|从来没有?|(?<!是)不是|不会|不可能|冇|并未|不打算|不想|"
    r"别|不要)"
    r"(?:有?人|谁|看[到见]|闻[到着]|听[到见]|见|发现|想过?|打算|要|真的?|再|去|发生|出现|过|什么|啥|任何|一点)*$"
)
_FORBIDDEN = re.compile(r"(?:别|不要)$")
_DENIED_INSIDE = re.compile(
    r"(?<!是)(?<!有)(?:没有?|未|不会|冇)(?:有人|再)?(?=[漏泄爆炸着起冒掉落撞翻塌垮倒伤困跳砍杀烧燃断坏]|打(?!算))"
)
_WONDERED = re.compile(r"(?:不是|不会是?|别是)$")
_SUPPOSED = re.compile(
    r"万一|要是|如果|假如|假设|倘若|(?<!可)怕|担心|担忧|生怕|防止|防范|预防|避免|以免|免得|容易|会不会|可能会|迟早|早晚|隐患|"
    r"引发|引起|风险|一旦|险些|差点|差一点|幸亏|好在|演习|演练|培训|宣传|讲座|电影|电视剧|小说|游戏|梦见|做梦|听说|谣言|"
    r"误报|虚惊|以为|真要|防(?=溺水|触电|火|中毒)|(?<!好)像是?$"
)
# What it would be like (着火了跑都跑不了) after a complaint of what is in the way.
_WHAT_IF = re.compile(
    r"怎么办|咋办|咋整|谁负责|谁担责|谁来|谁进|跑都|都(?:跑|进|出)不|怎么跑|往哪跑|怎么逃|进不来|后果|也得|就等于"
)
_IN_THE_WAY = re.compile(
    r"占|堵|堆|围[住着]|锁|停[满着放]|过期|老化|乱[拉接搭停]|飞线|充电|坏了|没有?(?:灭火器|消防|出口|水)|不合格|没水"
)
_PRICE = re.compile(
    r"赔|报销|保险|标准|多少钱|是什么电话|报警器(?!.{0,3}[响叫])|知识|条例|规定|(?:怎么|如何)(?:预防|避免|防|申|领)|补贴|"
    r"责任险|急救|流程|培训|课|花了|住院|收费|报不报|没钱|车损|离婚|法律|起诉|取证|处罚|隐患|风险|演练|演习"
)
_CASE = re.compile(r"^(?:杀?人|了)?(?:的)?(?:案|事件|事故|罪|犯|率|倾向|热线|干预|证明|证据)")
_AFTERMATH = re.compile(
    r"^(?:的|案|[^，]{0,6}的那).{0,8}(?:后来|处理(?:了?没|完|好|了)|抓[到住着](?:没|了[吗没])|查|判|破|怎么?样|结果|结案|进展|认定|鉴定|救[回过]来)|"
    r"^了?的?.{0,4}(?:后来.{0,3}(?:怎|咋)|认定|鉴定|判了)|^了?(?:都?是)(?:假的|谣言|谣传|误会)|^了?的?(?:电视|电影|小说|片子?|剧|游戏|新闻|故事|视频)"
)
_HELP = re.compile(r"怎么办|咋办|咋整|找谁|打什么|打哪|打几|快|(?<![急抢])救")
_MOMENT = re.compile(r"正在|现在|这会儿|此刻|眼下|刚刚|刚才|快来|马上|还在(?=[烧打流漏冒])")
_CALL = re.compile(r"快[来点救派]|救[命人我]|来人|怎么办|咋办|咋整")
_DATE = re.compile(r"\d+[年月日号]|[一二三四五六七八九十][年月日号]|昨|今年|那天")
_ALWAYS = re.compile(r"天天|每天|每日|整天|经常|[总老]是|常年|长期|动不动|三天两头|一直以来")
_DISPUTE = re.compile(
    r"不?立案|报了?[警案].{0,4}(?:没(?!人?来)|不(?!来))|(?:派出所|警察)(?:不(?!管|来)|没(?!人?来)|说)|工伤|医药费|赔|理赔|判[了决刑]|出院|"
    r"维权|鉴定|认定|包庇"
)
PAST = re.compile(
    r"去年|前年|大前年|上个?月|上周|上个?礼拜|上个?星期|上次|上回|以前|曾经|之前|早先|早些年|那年|那次|当年|当时|几年前|"
    r"\d+年前?(?!\d)|前几年|年前|前些|前阵|前段时间|\d{1,2}月(?:份|\d{1,2}[日号])|[一二三四五六七八九十]月份|前天|"
    r"前几天|大前天|历来|小时候"
)
_YESTERDAY = re.compile(r"昨天|昨晚|昨夜|昨日|前晚")
_TIME = (
    rf"(?:{PAST.pattern}|{_YESTERDAY.pattern})"
    r"[春夏秋冬天季底初末上下半年月日号晚早中午夜里的时候份一二三四五六七八九十\d]*"
)
_TIME_ALONE = re.compile(rf"(?:就|在|还是|是)?{_TIME}")
_PRESENT = re.compile(
    r"现在|正在|这会儿?|此刻|目前|眼下|今天|今晚|刚刚?|刚才|这回|这次|真的|真(?=着|起|出|烧)|马上|快来|救命|救人|还在|"
    r"一直在|正(?:打|砍|烧|着)|"
    r"(?<!不)(?<!需)(?<!主)要(?=[砍杀打捅跳])|(?<!实)(?<!存)(?<!现)在(?=[砍打烧冒漏喷追流])"
)
_HAS_BEEN = re.compile(
    r"^过(?![来去敏])|^了?(?:的?那|[一二两三几\d]+)[次回天年]|^的?(?:是|那是|都是).{0,6}(?:年|月|周|以前)"
)
_WAS_THEN = re.compile(rf"(?:我说的|这|那|都|已经)*(?:是{_TIME}(?:事情?)?了?|{_TIME}事情?了?)")
_AVERTED = re.compile(r"差一?点|险些|防止|防范|预防|避免|以免|免得")
_OWN = re.compile(r"我|俺|咱")
_SELF = re.compile(
    r"[我俺](?!们?(?:[家村楼厂校班这那的妈爸爹娘哥弟姐妹儿女老邻同朋闺孩媳爷奶崽娃]|小区|单位|公司))(?!.*(?:人|他|她|同学|朋友|邻居|孩子))"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A danger named in a text: its clause, cut short around it, and the clauses next to that."""

    before: str
    named: str
    after: str
    earlier: str
    later: str

    @classmethod
    def of(cls, match: re.Match[str]) -> Mention:
        """The mention that a pattern has found."""
        text, start, end = match.string, match.start(), match.end()
        left = _back(text, start)
        right = _forth(text, end)
        before, after = text[left:start], text[end:right]
        edge = left
        while edge and text[edge - 1] in _PAUSES:
            edge -= 1
        further = right
        while further < len(text) and text[further] in _PAUSES:
            further += 1
        earlier = text[_back(text, edge) : edge] if edge < left else ""
        later = text[further : _forth(text, further)] if further > right else ""
        return cls(before, match.group(), after, earlier, later)

    @property
    def clause(self) -> str:
        """The clause itself."""
        return self.before + self.named + self.after


def is_denied(mention: Mention) -> bool:
    """No danger is reported, but its absence: 没有人落水, 燃气没有漏."""
    if _DENIED_INSIDE.search(mention.named):
        return True
    if mention.before.endswith("不") and not mention.before.endswith("要不") and not mention.after:
        # 不跳楼; but 不想死 is no calm.
        return not mention.named.startswith("想")
    if not _DENIED.search(mention.before):
        return False
    return not (_WONDERED.search(mention.before) and re.match(r"了?吧", mention.after))


def is_past(mention: Mention, *, yesterday: bool = False) -> bool:
    """It was, and nothing says that it is so again. `yesterday` tells if a day is enough for it to be over."""
    if _HAS_BEEN.search(mention.after) or _WAS_THEN.fullmatch(mention.later):
        return True
    led = mention.earlier if _TIME_ALONE.fullmatch(mention.earlier) else ""
    said = f"{led}，{mention.before}{mention.named}"
    old = _last(PAST, said)
    if yesterday:
        old = max(old, _last(_YESTERDAY, said))
    return old > _last(_PRESENT, said)


def is_supposed(mention: Mention) -> bool:
    """Feared, foretold or told, or what would be: 消防通道被占，着火了怎么办."""
    if _SUPPOSED.search(mention.before + mention.named):
        return True
    if not _WHAT_IF.search(f"{mention.after}，{mention.later}"):
        return False
    would = not mention.before or mention.before[-1] in "要再一"
    return mention.before.endswith("真") or bool(would and _IN_THE_WAY.search(mention.earlier))


def is_told_of(mention: Mention) -> bool:
    """Its price, its case or what became of it is the matter: 失火案查得怎么样了."""
    if _CASE.search(mention.after) or _AFTERMATH.search(f"{mention.after}，{mention.later}"):
        return True
    return bool(_PRICE.search(mention.after) and not is_present(mention))


def is_grievance(mention: Mention) -> bool:
    """It lasts, or is with the authorities already."""
    if is_present(mention):
        return False
    return bool(_ALWAYS.search(mention.before) or _DISPUTE.search(mention.clause + mention.later))


def is_present(mention: Mention) -> bool:
    """The clause itself says that it is now."""
    return bool(_PRESENT.search(mention.before + mention.named) or _HELP.search(mention.after))


def is_at_this_moment(mention: Mention) -> bool:
    """The clause says so in words that no story has."""
    return bool(_MOMENT.search(mention.before + mention.named) or _CALL.search(mention.after))


def is_dated(text: str) -> bool:
    """A time is told somewhere: the text is a story."""
    return bool(PAST.search(text) or _DATE.search(text))


def is_own(mention: Mention) -> bool:
    """The writer speaks of himself or of what is his."""
    return bool(_OWN.search(mention.before + mention.named))


def is_of_self(mention: Mention) -> bool:
    """The writer himself is the one who does it or suffers it."""
    return bool(_SELF.search(mention.before + mention.named))


def is_bare(mention: Mention) -> bool:
    """The clause is hardly more than the cry: 着火了."""
    return len(mention.before) + len(mention.after) <= 3


def is_averted(mention: Mention) -> bool:
    """It came near, or is to be kept from happening."""
    return bool(_AVERTED.search(mention.before))


def is_forbidden(mention: Mention) -> bool:
    """别跳楼: said to one who is about to."""
    return bool(_FORBIDDEN.search(mention.before))


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((found.end() for found in pattern.finditer(text)), default=-1)


def _back(text: str, start: int) -> int:
    least = max(0, start - _NEAR)
    while start > least and text[start - 1] not in _STOPS:
        start -= 1
    return start


def _forth(text: str, end: int) -> int:
    most = min(len(text), end + _NEAR)
    while end < most and text[end] not in _STOPS:
        end += 1
    return end
