"""Short answers that only the question before them makes clear: yes, no, not willing, cannot say."""

import re

_BREAK = re.compile(r"(?:[\s,，.。;；!！?？~～、…]|谢谢(?:你们?|您)?|麻烦(?:您|你们?)?了|辛苦(?:您|你们?)?了)+")
_YES = re.compile(
    r"^(?:嗯+|恩+|哦?对+(?:的|啊|头)?|是+(?:的|啊|咯|哒|滴)?|好+(?:的|啊|嘞|咧|吧|咯)?|行+(?:的|啊|吧)?|中+(?:啊|吧)?|可以(?:的|啊)?"
    r"|没错(?:的|了|儿)?|冇错|木错|无误|没问题|没毛病|要得|得行|成|妥|妥妥的|确认(?:了|无误|提交)?|确定|同意|ok|okay|yes|没意见"
    r"|(?:对|是)?(?:对|是)就(?:是)?(?:这|咯|那)(?:样|个)?(?:的)?|就(?:这|咯|那)(?:样|么)(?:吧|报|办)?|都对|两个都对|全对"
    r"|这回(?:没错|对)了?)$",
    re.IGNORECASE,
)
_GO = re.compile(
    r"提交|确认|(?:^|[^不别])报(?:上|吧|了吧|上去|上吧)|递上|交上去|(?:^|[^不别])交吧|往上报|就(?:这么|这样|咯样|按).{0,6}报|快报|登记吧|记上吧"
)
_NOT_YET = re.compile(r"(?:别|不要|先不|不用|暂不|甭|莫|勿|不)(?:着急|急着|忙)?(?:再)?(?:提交|确认|报|递|交|登记)")
_NO = re.compile(
    r"^(?:不+(?:对|是|行|要|用|可以|中|得行)?(?:的|了|啊)?|没有?(?:的|了|啊)?|错+了*|有误|有错|冇(?:有)?|要改|改一下|修改|等等|等一下|等会儿?)$"
)
_DECLINE = re.compile(
    r"不(?:想|愿意?|方便|便|能|肯|打算|用|要|敢)?(?:留|给|说|提供|透露|告诉)(?:你们?)?(?:我的?)?(?:名|姓|电话|号|手机|联系)|(?:不|别|莫)(?:想|愿|用)?留(?!神|意|心)"
    r"|(?:电话|名字|姓名|手机|号码|联系方式)[^，。\s]{0,4}不(?:想|愿意?|方便|便|能|打算)(?:留|给|说|提供|透露|告诉)|都不留|没(?:有)?(?:电话|手机)(?!号?打|.{0,3}接)|就(?:在)?(?:这|微信)(?:里|上)?(?:联系|说|回)|不(?:用|必|要)(?:打电话)?联系我?"
)
_DECLINE_ASKED = re.compile(
    r"不(?:想|愿意?|方便|便|能|肯|打算|用|要|敢)?(?:留|给|说|提供|透露|告诉)|保密就行|^算了吧?$|不用了?$|免了"
)
_CANNOT_SAY = re.compile(
    r"说不(?:清|上来|好|准)|不(?:知道|晓得|清楚)|记不(?:清|得)|没(?:有)?(?:具体)?(?:地址|地点)|不方便说"
)


def clauses(text: str) -> list[str]:
    """The text cut at punctuation and spaces."""
    return [clause for clause in _BREAK.split(text.strip()) if clause]


def says_yes(text: str) -> bool:
    """Agreement: at least one clause agrees or says to send it, and none holds it back or denies."""
    parts = clauses(text)
    if not parts or _NOT_YET.search(text) or any(_NO.match(part) for part in parts):
        return False
    return bool(_GO.search(text)) or any(_YES.match(part) for part in parts)


def assents(text: str, known: tuple[str, ...] = ()) -> bool:
    """Agreement and next to nothing else: 好 我先站远些 agrees, but not to the card; `known` words may stand by."""
    if _HOLD.search(text):
        return False
    for part in known:
        text = text.replace(part, "")
    others = [part for part in clauses(text) if not _YES.match(part) and not _GO.search(part)]
    return len(substance("".join(others))) <= _ASIDE


_HOLD = re.compile(r"先(?!生)|看看|想想|一会|等(?:下|等|我)|再说")
_ASIDE = 4
"""Characters of substance beside a yes: 是我报的 is one, 我晓得我先站远些 is more."""


def says_send(text: str) -> bool:
    """More than agreement: it names the sending (提交, 报上去), so it stands even beside new facts."""
    return bool(_GO.search(text)) and not _NOT_YET.search(text)


def says_no(text: str) -> bool:
    """Denial of what was just shown or asked."""
    parts = clauses(text)
    return bool(parts) and (bool(_NO.match(parts[0])) or bool(_NOT_YET.search(text)))


def declines_contact(text: str, *, asked: bool = False) -> bool:
    """The citizen does not want to leave a name or number; `asked` for it, fewer words say so."""
    return bool(_DECLINE.search(text)) or (asked and len(text) <= _SHORT_ANSWER and bool(_DECLINE_ASKED.search(text)))


_SHORT_ANSWER = 12


def cannot_say(text: str) -> bool:
    """The citizen cannot name the place."""
    return bool(_CANNOT_SAY.search(text)) and len(text) <= 20


_CONTROL = re.compile(
    r"(?:我|俺)?(?:的)?(?:联系)?(?:电话|手机|号码|手机号|电话号码)(?:是|号|：|:)?|联系方式|(?:我|俺)?(?:姓|叫)[\u4e00-\u9fff]{1,4}|叫我[\u4e00-\u9fff]{1,4}"
    r"|(?:我|俺|咱)?(?:要|想|来)?(?:举报|投诉|反映|反应|咨询|求助|建议)(?:一下|下|个|点)?(?:问题|事儿?|情况)?"
    r"|(?:但是?|不过)?(?:不(?:能|想|敢|方便|愿意?)|别|莫)?(?:留|透露|暴露)(?:名字|姓名|名|姓|电话|身份)|匿名|保密|[一两二三几]件事|头一个|第[一二三]个?"
    r"|(?:把|将)?(?:地点|地址|位置|电话|手机|号码|名字|姓名|姓|类别|时间)?(?:也|又)?(?:写|说|打|弄|搞|记|填)?错(?:了|啦|哒|咯)"
    r"|(?:把|将)(?:地点|地址|位置|电话|名字|姓名|时间)?|改(?:成|为|到)|换成|应该是?|不对|不是|更正"
    r"|(?:那|这)?(?:个|件)?[^，。,\s]{0,4}的?事(?:儿|情)?(?:就)?(?:接着|继续|照常)(?:弄|办|说|来|报|走|搞)|(?:接着|继续)(?:弄|办|说|来|报)"
    r"|(?:工?单号|编号)[^，。,\s]{0,6}"
    r"|你?要?地址|地址|地点|位置|在哪|[0-9０-９\-—+ ]{5,}|提交|确认|报吧|谢谢|你好|您好|麻烦"
)
_FILLER = re.compile(r"[嗯啊哦呃额吧呢吗嘛呀哈的了是在就对好行个这那我俺你您也都给和跟连起来嘞咯哒\s\W]+")


def substance(text: str, without: tuple[str, ...] = ()) -> str:
    """What is left of a text without places, numbers, names and filler: is there a matter in it?"""
    for part in without:
        text = text.replace(part, "")
    return _FILLER.sub("", _CONTROL.sub("", text))


_FIRMLY = re.compile(
    r"^(?:对+(?:的|啊|头)?|是+的|没错(?:的|了|儿)?|冇错|确认(?:了|无误)?|确定|同意|没问题|无误|要得|可以的?)$"
)
_BUT = re.compile(r"但|不过|只是|还有|改|错|不是|不对|等等|等一下|等会|先别|先不|慢着|吗|呢|[?？]")


def agrees_firmly(text: str) -> bool:
    """It begins with a plain yes to what was shown, and nothing after takes it back: 对，赶紧来人，水都进屋了."""
    parts = clauses(text)
    return bool(parts) and bool(_FIRMLY.match(parts[0])) and not _BUT.search("".join(parts[1:]))


_FURTHER = re.compile(
    r"^(?:那个|对了|哦|啊)?[\s,，]*(?:第[二三](?:(?:个|件|条)?(?:事|是|问题)|(?:个|件)?[,，、:：\s])|(?:我)?还有(?:别的|一|个|件|两)+(?:个|件)?(?:事|问题)|另外(?:还有)?(?:一|个|件)+(?:事|问题)"
    r"|(?:这)?(?:是)?另一?(?:件|个)(?:事|问题)?|再(?:说|反映|报)(?:一|个|件)+(?:事|问题)?|[二三]是|换个事|别的事|(?:是)?新的(?:事|问题))"
)
_COUNTED = re.compile(
    r"^(?:你好|您好)?[\s,，。]*(?:我)?(?:要|想)?(?:反映|投诉|说|报)?(?:有)?(?:[两二俩三2-3]|几)(?:件|个|桩|样)?(?:事|问题|情况)(?:情)?[儿啊呀呢吧]?[\s,，。:：;；]*"
)
_ORDINAL = re.compile(
    r"^(?:第[一二三](?:件|个|是)?(?:事)?(?:是)?|头一(?:件|个)(?:事)?(?:是)?|[一二三]是|一个是|(?:再|另)一个是|[1-3][、.．)）])[\s,，、:：]*"
)


def is_further(text: str) -> bool:
    """It announces another matter."""
    return bool(_FURTHER.match(text.strip()))


def without_count(text: str) -> str:
    """One of several matters without what only counts them: 两件事，第一件是 …"""
    told = _ORDINAL.sub("", _COUNTED.sub("", text.strip())).strip(" ，,。;；、\n")
    told = _FURTHER.sub("", told).strip(" ，,。;；、\n")
    return told or text.strip()


_ENDS = re.compile(
    r"^(?:嗯+|哦|噢|好+的?|行|中|那|可以|知道了|晓得了|明白了|了解了?|算了?|不用了?|不必了?|没(?:别的)?事?了|没有了|就这样|要得|吧|啊|呗"
    r"|我(?:再)?(?:自己)?(?:去)?(?:问问|看看|打听)(?:吧|看)?|[\s，,。.!！~～])*(?:谢+谢*(?:你们?|您|了|啊|哈)*|多谢|辛苦(?:你们?|您)?(?:了|啊)*|麻烦(?:你们?|您)?(?:了|啊)*|再见|拜拜|不用了?|算了|知道了|明白了)[\s，,。.!！~～啊哈了]*$"
)


def ends_politely(text: str) -> bool:
    """好的 谢谢, 不用了: nothing more is wanted."""
    return bool(_ENDS.match(text.strip()))


_CARD = re.compile(
    r"^(?:好的?|行|嗯|等等|等一下|[\s，,])*(?:再|先|给|让|叫|请|我|俺|你|想|要|麻烦|把|能不能|可以)*(?:看|念|瞅|过目|发)"
    r"(?:一|下|看|遍|眼|瞅|给|我|俺|全部|全|完整|的|单子|卡片|内容|写|记|得|成|啥|什么|样|了|吧|呗|对不对|都|有)*[?？。！!]?$"
)


def wants_card(text: str) -> bool:
    """给我看看, 再看一遍: the whole card once more."""
    return bool(_CARD.match(text.strip()))


_SAME_PLACE = re.compile(
    r"(?:同|一)(?:一个|一)?(?:个)?(?:地方|地址|小区|地点|处)|(?:还是|也是|也在|就在)(?:那|这|上|我们|俺们)|(?:跟|和|同)(?:上|刚|前).{0,6}(?:一样|同)|^同上"
)


def keeps_on(text: str) -> bool:
    """To 确定撤回吗: not at all, send it."""
    return bool(re.search(r"提交|报上|登记|照常|接着办|继续办", text)) and not _NOT_YET.search(text)


def says_same_place(text: str) -> bool:
    """The place is the one told before."""
    return bool(_SAME_PLACE.search(text)) and len(text) <= 16


_ANOTHERS = re.compile(
    r"(?:老板|对方|骗子|物业|商家|店家|店主|开发商|司机|施工方|负责人|包工头|房东|中介|公司|客服|医院|学校|单位|他们?|她|上面|上边|广告|卡片|传单|牌子|横幅|招牌)(?:上)?"
    r"(?:那边)?的?(?:联系)?(?:电话|手机|号码|微信)(?:号码?)?(?:是|[:：])?\s*[+\d]"
)


def gives_anothers_number(text: str) -> bool:
    """The number in it is that of one whom the citizen speaks of: it is part of the matter, not his own."""
    return bool(_ANOTHERS.search(text))
