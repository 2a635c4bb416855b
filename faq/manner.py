"""Is something asked here, or is something wrong here? A matter to register must never get an answer from the book."""

import re

_ASKING = re.compile(
    "吗|么$|嘛|呢|怎么|怎样|怎办|咋|如何|哪|何时|何地|多少|多久|多长|"
    "(?<!好)几[天月号点岁年次个块楼]|第几|什么|啥|谁|请问|想问|问一下|请教|咨询|"
    "能不|可不可以|是不是|要不要|有没有|行不|中不中|用不用|该不该|对不对|是否|能否|可否|需不需要|好使不|"
    "不$|冇$|边度|點樣|点样|乜|怎|"
    "(.)不\\1|还是.{1,8}$|不[，,]|需要.{0,6}(?:材料|证件|手续|条件)|"
    "流程|条件|电话$|标准$|时间$|期限$|手续$|材料$|政策$|规定$|区别$|\\?|？"
)
_COMPLAINING = re.compile(
    "(?:请|要求|希望|强烈|麻烦|赶紧|赶快|快点?|尽快|帮我们?|给我们?|马上|立即|速).{0,10}"
    "(?:处理|解决|查|查处|处罚|整治|清理|清运|维修|来修|修|管管|管一?管|换|"
    "退钱|退款|赔偿|道歉|恢复|介入|核实|督促|要回来|派人|协调|"
    "重新|增加|拆除|取缔)|"
    "没人管|没人修|没人来|没人理|没有人管|没有?一个人|不管不顾|不管了|就不管|到底管不管|管不管|互相推|"
    "推诿|踢皮球|不作为|没动静|没结果|"
    "(?:我|特此|现|请)?(?:要|想)?(?:投诉|举报|反映)(?:他|她|它|这|你|一下|$|[^怎哪什谁电啥])|投诉$|举报$|"
    "太危险|很危险|危险了|"
    "态度(?:恶劣|差|不好|蛮横)|恶劣|乱收|多收|多扣|扣下|扣押|不给我|不给退|不退|"
    "拒不|拒绝|硬说|骂人|打人|说法|不满意|不合理|不公平|"
    "[两三四五六七八九十几半\\d]+(?:个|多个)?(?:天|周|星期|礼拜|月|年|次|趟|回)(?:了|多了|没|都没|还没|不)|"
    "一直(?:没|不|拖)|拖到|拖着|迟迟|至今|老是|天天|整天|每天晚上|三番五次|屡次|反复|"
    "(?:没有?|停|断|不来)(?:自来)?(?:水|电|煤?气|暖气?|网)(?:了|好几|$)|"
    "臭|吵死|太吵|吵得|吵到|漏水|堵了|塌|坏了没|断了|碎了|倒了|满天飞|跑了|找不到人|找不到了|"
    "欠我|打了.{0,4}电话"
)
_DEMANDING = re.compile(
    "(?:我|特此|现)(?:要|想)?(?:投诉|举报)(?!.{0,3}[怎哪什谁电啥])|[，。,！!]\\s*(?:请|要求|希望|强烈要求).{2,14}$"
)
_ASKED_ANYWAY = re.compile(
    "(?:怎么|咋|如何|去哪|找谁|向谁|哪里|哪儿|哪个部门|什么部门|啥部门)"
    ".{0,6}(?:办|弄|整|申请|投诉|举报|反映|查|领|交|补|报|处理|要|说|打)|多少钱|请问"
)


def asks(text: str) -> bool:
    """Something is asked; a few words without a verb count as well, since that is how people search."""
    return bool(_ASKING.search(text)) or len(text) <= 9


def complains(text: str) -> float:
    """How much it sounds like a matter to register, from 0 to 1."""
    if _DEMANDING.search(text) and not _ASKED_ANYWAY.search(text):
        return 1.0
    found = len({match.group(0) for match in _COMPLAINING.finditer(text)})
    if not found:
        return 0.0 if asks(text) else 0.5
    weight = min(1.0, 0.25 * found if _ASKING.search(text) else 0.5 + 0.25 * found)
    return weight * 0.6 if _ASKED_ANYWAY.search(text) else weight
