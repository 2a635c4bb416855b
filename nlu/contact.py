"""How to reach the citizen: telephone numbers, whole or in pieces, and names as they are given in chat."""

from __future__ import annotations

import re

from nlu.normalize import normalize, spoken_digits, words

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
_TITLE = "先生|女士|小姐|同学|老师|师傅|大爷|大妈|大姐|大哥|大叔|阿姨|奶奶|爷爷|叔|姨|哥|姐|婶"
_GIVEN = re.compile(
    rf"(?:我叫|俺叫|本人叫?|名字叫?是?|叫我|称呼我|姓名[:：是]?|联系人[:：是]?|我是|"
    rf"俺是)\s*([{_SURNAME}](?:[\u4e00-\u9fff]{{1,2}}?(?=[\s,，。.!！;；\d电手就吧]|$)|(?:{_TITLE})))"
)
_NAMED = re.compile(
    r"(?:我叫|俺叫|姓名[:：是]?|联系人[:：是]?|本人叫)\s*([\u4e00-\u9fff]{2,4}?)(?=[\s,，。.!！;；\d电手]|$)"
)
_FAMILY = re.compile(rf"(?:^|[\s,，。;；\d]|我|俺|免贵)\s*姓([{_SURNAME}])(?![名氏])")
_COMPOUND = re.compile(r"(?:我|俺|免贵)?姓(欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯)")
_NO_NAME = words(
    "时候 单位 公司 全村 全家 水费 路口 路边 山上 那个 那边 那里 经常 都是 和他 包工 明天 安全 高中 白天 双方 花钱 干活"
)


def find_phone(text: str) -> str | None:
    """A complete telephone number said in the text, digits only (landlines with a dash); never a part of one."""
    plain = spoken_digits(normalize(text).text)
    if match := _MOBILE.search(plain):
        return re.sub(r"\D", "", match.group(1))
    if match := _LANDLINE.search(plain):
        return f"{match.group(1)}-{re.sub(r'[^0-9]', '', match.group(2))}"
    return None


def digit_fragment(text: str) -> str | None:
    """The digits of a short message that is little else: a number given in pieces (电话是1390000, then 5, then 518)."""
    plain = spoken_digits(normalize(text).text).strip()
    if len(plain) > 24:
        return None
    digits = re.sub(r"\D", "", plain)
    rest = _FILLER.sub("", re.sub(r"\d", "", plain))
    return digits if digits and len(digits) <= 12 and not rest else None


def find_name(text: str) -> str | None:
    """The name or form of address that the citizen gives: 我姓温 → 温, 叫我孟大爷 → 孟大爷."""
    plain = normalize(text).text
    if match := _COMPOUND.search(plain) or _FAMILY.search(plain):
        return match.group(1)
    for pattern in (_GIVEN, _NAMED):
        for match in pattern.finditer(plain):
            name = match.group(1)
            if name not in _NO_NAME and not name.endswith(("的", "了", "人", "村", "镇", "区", "市", "路", "不")):
                return name
    return None
