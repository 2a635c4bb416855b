"""How a matter is put forward: appeal type, urgency, and whether the citizen wants to stay unknown."""

from __future__ import annotations

import math
import re

from nlu.encoder import Reading
from nlu.interpretation import AppealType
from nlu.search import swift

_PRAISE = re.compile(
    r"表扬|锦旗|点赞|点个赞|感谢信|拾金不昧|(?:谢谢|感谢|多谢).{0,12}(?:警官|民警|医生|大夫|师傅|护士|"
    r"老师|同志|社区|工作人员|司机|交警)|(?:真心|非常|十分)感谢.{0,20}(?:热心|帮助|负责)|好人好事"
)
_GRIEVANCE = re.compile(r"没人管|不管|太差|乱收|乱停|扰民|投诉|气愤|欺负|推诿|踢皮球|不作为|恶劣|坑人|违规|强制|骗")
_REPORT = swift(
    r"举报|检举|揭发|偷(?:着|偷|排|采|倒|挖|伐|税|猎|砍|建|卖)|私自|违法|非法|无证|冇证|没证|无照|赌博|"
    r"赌场|赌|吸毒|贩毒|卖淫|嫖|传销|黑(?:车|作坊|诊所|工厂|网吧|心)|假(?:货|药|酒|烟|冒|名牌|证|公章|"
    r"发票)|造假|贪污|受贿|行贿|回扣|套取|骗(?:取|补|保|低保)|贿选|拉票|电鱼|毒鱼|盗(?:采|挖|伐)|"
    r"烧(?:塑料|秸秆|垃圾|电线|轮胎)|排(?:放)?.{0,4}(?:污水|废水|毒|粪)|倒(?:的)?.{0,4}(?:废水|化工|油漆|"
    r"废渣|危废)|违建|违章建|违法建|私搭|加盖|占用耕地|耕地上|补课(?:还)?收(?:钱|费)|侵吞|挪用|走私|黑恶|"
    r"保护伞|偷税|乱砍|未成年|补课.{0,16}收(?:钱|费|[\d一二两三四五六七八九])|乱(?:挖|采|排|砍|伐)|(?:偷着|偷偷|半夜|"
    r"夜里|后半夜).{0,6}(?:挖|排|"
    r"倒|采|埋|拉沙|拉土)|赌(?:得|局|博机)|(?:没|冇)(?:有)?(?:手续|执照|资质|证)(?:就|还|也)?.{0,2}(?:开|盖|建|挖|卖|"
    r"干|营业)|挖(?:沙|砂|河)|"
    r"抽(?:沙|砂)|炸鱼|收(?:了)?保护费|吃空饷|冒领|卖过期|掺假|短斤少两|缺斤少两"
)
_SUGGEST = re.compile(
    r"建议|呼吁|提议|希望(?:能|可以|政府|市|县|有关|相关)?.{0,12}(?:增设|增加|开通|开设|设置|加装|修建|"
    r"建设?一|延长|优化|完善|改善|推广|取消|规划|扩建|拓宽|提高|放开)|能不能(?:多|加|增|开|改|晚点|早点|"
    r"延长|设)|能整.{0,4}点|应该(?:增|设|改|建)|请.{0,10}(?:加快|提高|优化|完善|推进)"
)
_ASK = swift(
    r"请问|咨询|想问|问(?:一)?[下哈问]|咋(?:办|整|弄|评|赔|补|换|领|交|查|算|申请|激活)|怎么(?:办|申请|领|"
    r"报|补|交|查|算|换|评|缴|才能)|如何|么子时候|何时|什么时候|啥时候|几点|在哪|去哪|哪里|何里|何解|哪儿|"
    r"到哪|上哪|多少|好多|几天|啥政策|什么政策|能报销|是否|可不可以|合理不|合理吗|合法吗|算不算|有没有|"
    r"(?:有|还有).{0,8}(?:没有|冇|没|吗)$|要啥|需要(?:什么|哪些|准备|啥)|[吗么嘛][?？]?$|[?？]$|条件|流程|"
    r"政策"
)
_HELP = re.compile(
    r"求助|求你们|求求|帮(?:帮|忙|俺|我|助|着)|救助|困难|协调一下|请(?:求|派人|政府|补|管一|来)|"
    r"麻烦.{0,12}(?:修|看|来|处理|解决|派|补)|来人|派人|没电了|停水|停电|没水|断水|断电|坏了|断了|断咯|"
    r"堵了|漏了|塌|倒了|裂|丢了|不亮|歪|看不清|看不见|掉漆|修一|修修|化验|调解|困住|垮|进水|能不能派|压(?:到|着|在|"
    r"断).{0,3}(?:线|房|路|车)|冲(?:断|垮|毁|坏|走)|过不去|走不了|爆了|不热|没热|冰凉|走失|走丢|"
    r"找不着|找不到|漏电|不通|没人拉|掉了|塌陷|熄|瞎了|没信号|没网"
)
_COMPLAIN = re.compile(
    r"投诉|没人管|不管|太(?:差|吵|贵|臭|脏|乱|大|黑|慢|深|暗|坑)|乱(?:收|停|扔|倒|堆|摆|放|叫|收费|拉)|"
    r"扰民|不给|不退|拒绝|踢皮球|推诿|占道|拖欠|欠(?:俺|我|薪|钱|工资)|压(?:了|着)?.{0,8}工资|欺负|坑人|"
    r"霸王|态度|不作为|老是?|天天|三天两头|整天|一直|多次|屡次|凭(?:什么|啥)|不合理|跑路|不让|克扣|少发|"
    r"强制|骗|忽悠|质量|臭|呛|吵|漏水|扣下|谁管|管管|冇人管|讲不讲理"
)

_WHOLE = (
    r"(?:整个?(?:村子?|屯子?|庄子?|湾|寨子?|院子?|家属院|楼道|单元|片区|组)|全(?:屯|庄|组|湾|寨|单元)|家家户户|"
    r"各家各户|一个(?:村|屯|庄|小区)(?:都|全)|"
    r"(?:我们?|俺们?|咱们?)(?:这)?(?:个)?(?:村|庄|屯|小区|院|楼|栋楼).{0,3}(?:都|全)|\d+多?户|全村|整个?村|全庄|俺庄全|"
    r"全屯|整栋|整幢|全楼|整楼|整个楼|全小区|整个小区|全院|整个社区|全社区|"
    r"全镇|一整栋|好几栋|几栋楼|几个村|[一二三四五六七八九十\d]{1,4}(?:多)?(?:户|栋|家)(?:人|居民)?(?:都|全))"
)
_OUT = (
    r"(?:没(?:了)?(?:电|水|气|暖)|停(?:了)?(?:电|水|气|暖)|断(?:了)?(?:电|水|气|暖)|冇(?:电|水|气)|没水吃|没水喝|"
    r"没(?:有)?(?:暖气|供暖|来暖|自来水)|暖气(?:都|全)?(?:停|不热|冰凉|没来)|停供(?:水|电|气|暖)?|停热|水电(?:都|"
    r"全)?(?:停|断|没))"
)
_SUPPLY = swift(rf"{_WHOLE}.{{0,10}}{_OUT}|{_OUT}.{{0,10}}{_WHOLE}|停水已经.{{0,4}}天")
_CHRONIC = re.compile(r"(?:老|老是|经常|总是?|动不动|三天两头|隔三差五|时不时|夏天就|一到.{1,4}就)(?:停|没|断|跳)")
# A main that bursts, or a broken thing of the city that has hurt somebody.
_BURST = re.compile(r"(?:主管道?|总管|干管|热力管|供热管|供暖管|热水|蒸汽).{0,6}(?:爆|炸|喷|蹿|窜)")
_HURT = re.compile(
    r"(?:烫|砸|电|扎|划|摔|绊|刮)(?:伤|着|到|破|倒|坏|断)(?:了)?(?:个|一个|俩|好几个|几个)?.{0,3}(?:人|老太太?|老头|脚|腿|手|胳膊|"
    r"头|老人|孩子|小孩|学生|大爷|大妈)|"
    r"(?:人|老人|孩子|小孩|学生|骑车的|过路的|大爷|大妈|老太太|娃).{0,3}(?:让|被|给|叫|遭)?.{0,6}(?:烫|砸|电|扎|"
    r"刮)(?:伤|着|到|破|倒)"
)
_DANGER = swift(
    r"(?:眼看|眼瞅|马上|快|随时|就)要?(?:倒|塌|掉下来|垮|断了|砸)|摇摇欲坠|往下掉(?:土|砖|石|水泥|瓷砖|"
    r"墙皮|玻璃|块)|不敢(?:动|进屋|出门|住)|冒火(?:星|花)|打火(?:花|星)|漏电|电线.{0,6}(?:掉|断|"
    r"耷拉).{0,8}(?:地上|路上|水里|头|人)|漏氨|漏(?:煤|燃|天然)气|煤气味|燃气味|(?:水|河水|"
    r"洪水).{0,8}(?:进(?:院|屋|家)|涨|漫|淹)|还在涨|(?:困|关|堵)(?:在|住).{0,6}(?:人|里|楼|电梯)|"
    r"电梯.{0,6}(?:困|关).{0,3}人|滑坡|塌方|坍塌|塌(?:了|下来)|垮(?:了)?一|有人(?:受伤|中毒|晕|昏)|中毒|"
    r"(?:已经)?有?[俩两三几]个?人?(?:吐|晕|昏)|快来人|快派人|赶紧来人|救命|出人命|泄漏"
)
_OLD = re.compile(
    r"去年|前年|上个月|曾经|[两三四五六七八九几\d]年(?:了|多|前)|半年|大半年|隐患|万一|怕|担心|如果|要是|容易|存在"
)
_CLOSED = re.compile(r"赔|工伤|理赔|住院费|医药费|报销|昨天|前天|上周|上礼拜|前几天|认定|好几次|几回")
_ANONYMOUS = re.compile(
    r"匿名|不(?:留|能留|想留|愿留|要留|方便留)(?:姓名|名字?|电话|联系)|(?:名字|姓名|"
    r"电话).{0,5}(?:都)?不(?:留|写|给|填|想留)|不(?:想|愿意?|方便|能)(?:透露|说|报|写|署)(?:姓名|名字?|"
    r"真名|身份)|不(?:实|署)名|别(?:写|留|记)(?:我|俺)?(?:的)?名"
)
_CONFIDENTIAL = re.compile(
    r"保密|别(?:说|讲|告诉|让|透露|泄露).{0,8}(?:是)?(?:我|俺)(?:举报|说|反映|投诉|讲|的|报)?|不(?:要|能|"
    r"想).{0,3}(?:泄露|透露|公开).{0,4}(?:我|俺|个人|信息|身份|姓名|电话)?|怕(?:被)?(?:报复|打击|穿小鞋|"
    r"人家找事|知道是)|别(?:让|叫).{0,6}(?:知道|晓得)"
)


# How much what the words say counts beside the logarithm of what the encoder believes; a word at the start (我要举报)
# is plain.
_WORDS_SAY, _PLAINLY = 0.5, 2.5
# From which sum on a matter is urgent, what the words add, and what they take away when they tell of the past only.
_URGENT, _DANGER_SAYS, _PAST_SAYS = 0.5, 0.3, 0.5


def appeal_type(text: str, reading: Reading | None = None) -> AppealType:
    """投诉 when someone does harm, 举报 for illegality, 求助 when only something is broken, and so on."""
    said, plainly = _said_type(text)
    if reading is None:
        return said
    weight = _PLAINLY if plainly else _WORDS_SAY
    return max(AppealType, key=lambda kind: math.log(reading.type_of(kind) + 1e-3) + (weight if kind is said else 0.0))


def _said_type(text: str) -> tuple[AppealType, bool]:
    """What the words say, and whether they say it outright."""
    opening = text[:30]
    if _PRAISE.search(text) and not _GRIEVANCE.search(text):
        return AppealType.PRAISE, "表扬" in opening
    for word, kind in (
        ("举报", AppealType.REPORT),
        ("投诉", AppealType.COMPLAINT),
        ("建议", AppealType.SUGGESTION),
        ("咨询", AppealType.INQUIRY),
        ("求助", AppealType.HELP),
    ):
        if re.search(rf"^(?:.{{0,6}})?{word}|(?:我要|想要?|俺要){word}", opening):
            return kind, True
    points = {
        AppealType.REPORT: 2.2 * len(set(_REPORT.findall(text))),
        AppealType.SUGGESTION: 2.0 * len(set(_SUGGEST.findall(text))),
        AppealType.INQUIRY: 1.1 * min(3, len(_ASK.findall(text))),
        AppealType.HELP: 0.9 * min(3, len(set(_HELP.findall(text)))),
        AppealType.COMPLAINT: 0.3 + 1.0 * min(3, len(set(_COMPLAIN.findall(text)))),
    }
    return max(points, key=lambda kind: points[kind]), False


def is_urgent(text: str, in_emergency: bool, reading: Reading | None = None, *, matter: bool = True) -> bool:
    """Danger to life, health or property now, or a whole building or village without an essential supply now.

    `matter`: whether the words point at a category. The encoder learned urgency from matters; of a name, a number or a
    sigh it knows nothing, and is not asked."""
    if in_emergency:
        return True
    said = _says_urgent(text)
    if reading is None or not matter:
        return said
    lasts = _CLOSED.search(text) or _CHRONIC.search(text) or re.match(r".{0,4}(?:去年|前年|上个月|上周|以前)", text)
    over = not said and bool(lasts)
    return reading.urgent + _DANGER_SAYS * said - _PAST_SAYS * over > _URGENT


def _says_urgent(text: str) -> bool:
    if _SUPPLY.search(text) and not _CHRONIC.search(text):
        return True
    for sentence in re.split(r"[。！!？?；;\n]+", text):
        danger = _DANGER.search(sentence) or _BURST.search(sentence) or _HURT.search(sentence)
        if danger and not _OLD.search(sentence) and not _CLOSED.search(sentence):
            return True
    return False


def is_anonymous(text: str) -> bool:
    return bool(_ANONYMOUS.search(text))


def is_confidential(text: str) -> bool:
    return bool(_CONFIDENTIAL.search(text))
