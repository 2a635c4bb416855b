"""How to reach the citizen: telephone numbers, whole or in pieces, and names as they are given in chat."""

from __future__ import annotations

import re

from nlu.normalize import respelled, spoken_digits, words
from nlu.search import Sieve

_GAP = r"[ \-—–.]?"
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?(1[3-9]\d(?:{_GAP}\d){{8}})(?!\d)")
_LANDLINE = re.compile(rf"(?<!\d)\(?(0[1-9]\d{{1,2}})\)?{_GAP}(\d{{3,4}}{_GAP}\d{{4}})(?!\d)")
_FILLER = re.compile(
    r"我的|俺的|电话号?码?|手机号?码?|联系方式|号码|后面|前面|后四位|接着|然后|还有|连起来就?行?|就是|是|"
    r"的|了|哈|啊|呢|吧|对|嗯|[ ,，。.:：、\-—]"
)
_SURNAME = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦"
    "昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤"
    "滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪"
    "舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇"
    "邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井"
    "段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀"
    "蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟"
    "谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终"
    "暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔"
    "隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖佟隋付仝闫覃涂楚帅亓"
)
_TITLE = (
    "先生|女士|小姐|同学|老师|师傅|大爷|大妈|大娘|大姐|大哥|大叔|大嫂|阿姨|奶奶|爷爷|老板|主任|经理|会计|医生|大夫|"
    "校长|"
    "姨|叔|哥|姐|婶|嫂|总|工|姥|伯|老"
)
_COMPOUNDS = "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|长孙|宇文|端木|独孤|南宫|轩辕|淳于|澹台|鲜于"
_ENDS = r"(?=[\s,，。.!！?？;；:：、\d（(]|电|手机|就|吧|哈|啊|呀|呢|哦|联系|打|我|俺|[是住家在]|$)"
_HAN = r"[\u4e00-\u9fff]"
# 我叫路长河: said to be a name, so it is one, whatever its characters mean elsewhere.
_CALLED = re.compile(
    r"(?:我叫|俺叫|咱叫|本人叫?|名字叫?是?|大名叫?|称呼我|姓名[:：是]?|联系人[:：是]?)(?:做|是)?[ :：]*"
    rf"((?:{_COMPOUNDS}){_HAN}{{1,2}}?|{_HAN}{{2,4}}?){_ENDS}"
)
_ADDRESSED = re.compile(
    rf"(?:叫我|喊我|称呼我|我是|俺是|我叫|俺叫|^|[\s,，。;；])(?:个)?((?:[老小阿][{_SURNAME}]|(?:{_COMPOUNDS}|"
    rf"[{_SURNAME}])(?:{_TITLE})))"
    r"(?=就行|就中|就好|就成|吧|哈|[\s,，。.!！;；\d]|$)"
)
_GIVEN = re.compile(
    rf"(?:叫我|我是|俺是|咱是)\s*((?:{_COMPOUNDS}|[{_SURNAME}])(?:{_HAN}{{1,2}}?(?=[\s,，。.!！;；\d电手就吧]|$)|"
    rf"(?:{_TITLE})))"
)
# 老板姓魏 names another; 姓迟 at the start of a clause, or after 我, names who speaks.
_FAMILY = re.compile(
    rf"(?:^|[\s,，。;；\d]|我|俺|咱|本人|免贵)(?:是)?(?:免贵)?姓[ :：]*({_COMPOUNDS}|{_HAN})"
    rf"(?![名氏啥什么的])(?:{_HAN}{{1,2}}的)?(?=[\s,，。.!！?？;；\d叫电手就吧哈啊呢是不单名住家]|$)"
)
_NO_FAMILY = frozenset("啥么名氏什谁的何哪不")
# 李 13900001111, 13900001111 庄, 周敏 13900001111: what stands alone beside a number is whose number it is.
_BESIDE = re.compile(
    rf"^(?:[好行对是嗯中][的嘞]?[ ,，]+)?((?:{_COMPOUNDS}|[{_SURNAME}]){_HAN}{{0,2}})[ ,，:：]*(?:电话|手机号?|"
    rf"号码)?[是:： ]*\+?1[3-9]\d[\d \-]{{8,11}}$|"
    rf"^\+?1[3-9]\d[\d \-]{{8,11}}[ ,，]*((?:{_COMPOUNDS}|[{_SURNAME}]){_HAN}{{0,2}})$"
)
_OTHERS = re.compile(
    r"(?:老板|司机|车主|店主|房东|经理|书记|村长|主任|包工头|工头|邻居|男的|女的|老师|医生|"
    r"[他她])(?:的?名字)?(?:姓名)?叫"
    rf"([{_SURNAME}]{_HAN}{{1,2}}){_ENDS}"
)
_NO_NAME = words(
    "时候 单位 公司 全村 全家 水费 路口 路边 山上 那个 那边 那里 经常 都是 和他 包工 明天 安全 高中 白天 双方 花钱 "
    "干活 "
    "路东 路西 路南 路北 门口 时间 方便 应该 任何 全部 宁愿 平时 水管 水表 水电 麻烦 马上 高速 成天 毛病 单号 尾号 "
    "后面 后边 房子 车子 车主 和我 和俺 家里 家人 老人 麻烦你 连着 白跑 明早 钱没 钱呢 甘心 段子 别打 别给 相关 查下 "
    "查一下 时不时 都行 都对 都报 常年 常住 花园 柏油路 石头 计划 平房 安置 向上 卓越 党员 农民 农村 老板 江边 海边 "
    "路灯"
)


_NAMES = Sieve((_CALLED, _ADDRESSED, _GIVEN, _FAMILY, _BESIDE, _OTHERS))
_NUMBER = re.compile(r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|(?<!\d)0\d{2,3}-?\d{7,8}(?!\d)")


def find_phone(text: str) -> str | None:
    """A complete telephone number said in the text, digits only (landlines with a dash); never a part of one."""
    plain = spoken_digits(respelled(text))
    if match := _MOBILE.search(plain):
        return re.sub(r"\D", "", match.group(1))
    if match := _LANDLINE.search(plain):
        return f"{match.group(1)}-{re.sub(r'[^0-9]', '', match.group(2))}"
    return None


def number_spans(plain: str) -> tuple[tuple[int, int], ...]:
    """Where a normalized text says telephone numbers in digits."""
    return tuple(match.span() for match in _NUMBER.finditer(plain))


def digit_fragment(text: str) -> str | None:
    """The digits of a short message that is little else: a number given in pieces (电话是1390000, then 5, then 518)."""
    plain = spoken_digits(respelled(text)).strip()
    if len(plain) > 24:
        return None
    digits = re.sub(r"\D", "", plain)
    rest = _FILLER.sub("", re.sub(r"\d", "", plain))
    return digits if digits and len(digits) <= 12 and not rest else None


def find_name(text: str) -> str | None:
    """The name or form of address that the citizen gives: 我姓温 → 温, 叫我孟大爷 → 孟大爷, 李 1390… → 李."""
    plain = respelled(text)
    found = _own_name(plain)
    return plain[slice(*found)] if found else None


def name_spans(plain: str) -> tuple[tuple[int, int], ...]:
    """Where a normalized text says names of people, whoever's: 陈大桥 is no bridge."""
    if not _NAMES.sift(plain):
        return ()
    spans = [match.span(1) for match in _OTHERS.finditer(plain)]
    for pattern in (_CALLED, _FAMILY, _ADDRESSED):
        spans += [match.span(1) for match in pattern.finditer(plain) if _is_name(match.group(1), pattern is _CALLED)]
    if own := _own_name(plain):
        spans.append(own)
    return tuple(spans)


def _own_name(plain: str) -> tuple[int, int] | None:
    if not _NAMES.sift(plain):
        return None
    full = [match for match in _CALLED.finditer(plain) if _is_name(match.group(1), True)]
    if not re.search(r"[她他妈爸爹娘]的?名字", plain) and full:
        return full[0].span(1)
    for pattern in (_FAMILY, _GIVEN, _ADDRESSED, _CALLED):
        for match in pattern.finditer(plain):
            if _is_name(match.group(1), pattern in {_CALLED, _FAMILY}):
                return match.span(1)
    if (beside := _BESIDE.match(plain)) and _is_name(beside.group(1) or beside.group(2), False):
        return beside.span(1) if beside.group(1) else beside.span(2)
    return None


def _is_name(name: str, declared: bool) -> bool:
    """Declared ones may end like a place (高路); others may not."""
    if name in _NO_NAME or name[0] in _NO_FAMILY or name.endswith(("的", "了", "人", "不", "没")):
        return False
    return declared or not name.endswith(("村", "镇", "区", "市", "路", "街", "县", "乡"))
