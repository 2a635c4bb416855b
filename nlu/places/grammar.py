"""How places are said in Chinese: the words that end a place name, the words that cannot belong to one."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from nlu.normalize import words
from nlu.search import swift

_NUMBER = r"(?:\d+|[一二三四五六七八九十百零〇两]+)"


class Kind(StrEnum):
    """What a piece of a place expression is."""

    AREA = "area"  # a district, town or village that no gazetteer knows
    ROAD = "road"
    COMPOUND = "compound"
    FACILITY = "facility"
    BUILDING = "building"
    KNOWN = "known"  # found in the gazetteer


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a place expression; `bare` when it has no name of its own (学校, 门口那家超市)."""

    start: int
    end: int
    kind: Kind
    bare: bool = False


# Words after which a name begins. One character words first: a name may still begin with them as in 和平路.
_BREAK_CHARS = frozenset(
    "在到从去往是的得了着过和与跟及或把被让给向对由我你您俺恁咱他她它们这那哪有没问说找就也又还再很只"
    "才但而且若因所为请个位嘞咯哒吗呢吧啊哦呀等该本离距靠挨住至将每看于归搁年坐乘"
)
_KEPT_PAIRS = words(
    "坐标 乘风 和平 和谐 和睦 和顺 和兴 和美 和苑 和信 和悦 和泰 和义 和源 向阳 向荣 向东 向上 为民 都昌 成都 都市 "
    "对炉 对桩 本溪 有色 "
    "得胜 得利 到保 之江 还乡 还建 由义 过境 往西 地质 地税 地矿 看守 看庄 于洪 于家 于庄 于村 于集 将军 "
    "问山 才子 至善 至圣 "
    "所前 每日 位庄 位村 没口 共和 永和 祥和 泰和 雍和 嘉和"
)
_BREAK_WORDS = words(
    "都在 都是 都有 都没 都不 全都 大都 天都 人都 们都 家都 年都 那边 这边 哪边 那块 这块 缓解 化解 满足 "
    "具备 强化 优化 改善 提高 质疑 告知 委托 利用 落户 迁入 迁到 "
    "搬至 方便 唯独 伙同 受理 "
    "承办 致电 返回 关闭 出入 引进 公办 民办 "
    "普惠 配套 专设 预交 搞成 合格 像样 正上 在读 一所 之后 之前 之间 之中 之一 地址是 原来 变成 成为 "
    "改为 反映 投诉 举报 希望 建议 请求 咨询 关于 位于 位置 地址 表扬 谢谢 感谢 昨天 昨晚 今天 今早 晚上 "
    "早上 "
    "每天 天天 附近 旁边 对面 "
    "路过 经过 途经 家住 居住 户籍 户口 老家 我家 俺家 俺村 俺庄 我村 全村 整个 一个 几个 各个 现在 最近 "
    "目前 去年 今年 前年 上次 "
    "早先 之前 已经 一直 强烈 呼吁 要求 严重 占用 其中 因为 所以 但是 而且 如果 可以 能否 能不能 是否 "
    "为何 何时 什么 怎么 没有 解决 "
    "处理 修建 新建 改造 损坏 破坏 堵塞 靠近 隔壁 关掉 拆除 违规 违法 非法 多次 经常 长期 导致 造成 影响 "
    "房子 孩子 小孩 老人 学生 "
    "家长 业主 居民 村民 司机 师傅 老板 物业 领导 书记 市长 尊敬 您好 你好 请问 想问 麻烦 帮忙 帮俺 帮我 "
    "有家 一家 那家 这家 有个 "
    "那个 这个 哪个 一条 这条 那条 整条 门前 门口 楼下 楼上 后面 前面 里面 外面 旁的 里的 上的 地处 坐落 "
    "座落 来自 毕业 就读 上班 "
    "打工 购买 买了 开发商 承建 建设的 目前 自从 自己 本人 为了 路段 沿着 下午 上午 中午 半夜 凌晨 周末 "
    "暑假 寒假 春节 过年 天气 "
    "再次 再就是 一是 二是 还有 另外 以及 包括 比如 例如 就是 不是 算是 说是 凡是 总是 老是 离着 距离 "
    "左右 不到 走到 来到 开到 回到 "
    "送到 搬到 调到 住到 占了 买的 租的 住的 开的 修的 去的 来的 卖的 三环的 农村 全市 全县 全区 全镇 "
    "我市 我县 我区 我镇 我乡 我们 "
    "咱们 你们 他们 人家 大家 家里 家中 家门 名叫 叫做 一名 一位 位置在 出了 进了 到了 小区内 附近的 "
    "对过 斜对面 边上 路口 停在 种在 "
    "放在 装在 设在 建在 开在 围绕 通往 前往 开往 去往 驶往 来往 上面 下面 地方 派个 夜里 白天 有人 没人 "
    "别人 每人 工人 病人 客人 "
    "以前 以后 今后 之后 然后 最后 随后 直到 截止 至今 如今 刚才 刚刚 马上 赶紧 快点 尽快 尽早 早日 加快 "
    "加强 加大 推进 推动 开展 "
    "进行 实施 规划 管理 维护 维修 整治 治理 取缔 清理 查处 严查 严惩 打击 督促 责令 协调 敦促 同志 老师 "
    "记者 警察 民警 交警 城管"
)
_BREAKS: dict[int, frozenset[str]] = {
    size: frozenset(word for word in _BREAK_WORDS if len(word) == size) for size in {len(word) for word in _BREAK_WORDS}
}

_ROAD = re.compile(
    r"(?:大街|大道|胡同|公路|高速公路|高速|国道|省道|县道|环路|环线|快速路|步行街|古街|老街|"
    r"街(?![道坊景区舞头])|路(?![灯面人过况费由程线途障政标牌边桥局])|路(?=路[灯面口牌边])|巷(?!道)|"
    r"弄(?=\d))"
)
_COMPOUND = re.compile(
    r"(?:住宅小区|小区|花园|家园|新村|新居|公寓|大厦|花苑|雅苑|嘉苑|馨苑|名苑|佳苑|苑|新城|名城|嘉城|华城|"
    r"华庭|豪庭|名庭|府邸|嘉园|丽园|佳园|馨园|雅园|御园|庄园|景园|山庄|别墅|公馆|华府|首府|御府|王府|学府|"
    r"名府|家属院|家属楼|家属区|宿舍|大院|安置房|安置区|回迁楼|廉租房|公租房|经适房|居民区|片区|之城|御景|"
    r"名邸|官邸|尚城|豪城|国际城|时代|星城|天著|水岸|名都|名居|雅居|佳居|豪园|观邸|壹号)"
)
_FACILITY = swift(
    r"(?:小学校?|中学校?|高中|初中|[一二三四五六七八九十]中(?![午间心])|完小|学校|大学|学院|师范|技校|"
    r"职专|职中|幼儿园|托儿所|人民医院|中医院|理疗医院|医院|卫生院|卫生室|卫生所|卫生服务中心|诊所|药店|"
    r"派出所|车管所|警务室|看守所|监狱|村委会|居委会|村部|大队部|公交车站|公交站台|公交站点|"
    r"公交站牌(?!子)|公交站|站牌(?!子)|站台|客运站|汽车站|火车站|高铁站|地铁站|长途站|车站|[东西南北]站|"
    r"收费站|服务区|加油站|加气站|充电站|停车场|地下车库|农贸市场|菜市场|批发市场|市场(?!监管|管理|经济)|"
    r"小商品城|商品城|建材城|陶瓷城|汽配城|商城|商场|百货|超市|卖场|购物中心|商业街|美食街|金街|公园|广场|"
    r"景区|风景区|植物园|动物园|体育馆|体育场|图书馆|博物馆|文化宫|影院|电影院|剧院|大酒店|酒店|宾馆|旅馆|"
    r"饭店|酒楼|餐厅|酒吧|ktv|网吧|浴池|洗浴|会所|茶楼|烧烤店|工地|项目部|工业园区?|产业园区?|科技园|"
    r"物流园|创业园|发展园|工业区|园区|开发区|高新区|经开区|有限责任公司|有限公司|总公司|分公司|公司|集团|"
    r"采石场|砖厂|沙场|砂场|石场|煤矿|矿山|养殖场|养猪场|养鸭场|养鸡场|屠宰场|林场|农场|冷库|仓库|粮库|"
    r"水库|水电站|污水处理厂|水厂|电厂|药厂|酒厂|纸厂|化工厂|水泥厂|厂区|厂|垃圾站|垃圾场|垃圾中转站|"
    r"港码头|码头|大桥|立交桥|高架桥|高架|天桥|[一二三四五]桥|桥(?!头|梁|架)|涵洞|隧道|大坝|河堤|孔庙|"
    r"文庙|寺|教堂|墓地|陵园|公墓|敬老院|养老院|福利院|政务服务中心|政务大厅|政务中心|便民服务中心|"
    r"服务大厅|银行|邮局|营业厅|大集|集市|早市|夜市|集上|后沟|后山|后街|前街|变电站|换热站|岗亭|收发室|"
    r"岛(?!屿)|[河江湖](?=[边堤岸畔坝桥段上沿，。,、！! ]|大桥|里|水面|$)|售楼部|售楼处|驾校|驿站|物业楼|"
    r"综合楼|教学楼|办公楼|门诊楼|住院部|城[东西南北]新区)"
)
# Of these there is one of each name in every city; a police station or a market is called after where it is.
_NAMESAKE = re.compile(
    r"小学|中学|学校|学院|大学|高中|初中|[一二三四五六七八九十]中(?![午间心])|幼儿园|医院|药店|诊所|酒店|"
    r"宾馆|旅馆|饭店|餐厅|超市|商场|百货|广场|影院|浴池|会所|公司|集团|驾校|大厦"
)
_AREA = re.compile(
    r"(?:自治[县州旗区]|省|街道办事处|街道(?![办口])|社区|林场|镇(?!静|压|定|上)|乡(?!镇|村|亲|里|下|土)|"
    r"村(?![民干官镇规支])|屯(?!兵)|县(?![委长]|政府)|"
    r"(?<![小社地城市郊校厂库景园片辖山灾新特宅活业发民墅学街盲禁误])区(?![别间域])|"
    r"市(?![场民政区长委里局面级容]))"
)
_BUILDING = swift(
    rf"(?:(?:第?{_NUMBER}期|[a-z]区|[东西南北中]区(?=[\d一二三四五六七八九十])|(?:[a-z]?\d+|[a-z](?=座|栋|幢)|"
    rf"{_NUMBER})(?:[/、,][a-z]?\d+)*(?:号楼|#楼|#|栋楼|栋|幢|座(?![谈位]))"
    rf"|(?<!\d)\d{{1,4}}号(?:院|楼)?(?![线文召称码晚早上下开至到之前左日交发来才还那])|{_NUMBER}号院|"
    rf"(?:[东西南北中]|{_NUMBER})单元|\d+门(?!口)"
    rf"|(?<=单元)\d{{3,4}}(?:室|户|房)?|(?<=[栋幢楼#号座])-?\d{{1,2}}-\d{{1,4}}(?:-\d{{1,4}})?|"
    rf"(?<=[栋幢楼#座门])\d{{3,4}}(?:室|户|房)?(?![\d年元块万米人])|(?<![\d-])\d{{1,3}}-\d{{1,2}}-\d{{3,4}}(?![\d-])|\d{{3,4}}(?:室|户(?=[漏楼家的])|房间)"
    rf"|(?<=[栋幢楼元#门])(?:{_NUMBER}|顶|底|负一)(?:楼|层)|{_NUMBER}组(?!织|成|长)|{_NUMBER}(?:小队|大队)|"
    rf"楼顶|顶层|地下车库|地下停车场|地下室)+)"
)
_COMPASS = "东西南北"
TAIL = swift(
    r"(?:(?:斜?对面|斜?对过|后身|后面|前面|后头|前头|后门|正门|大门|侧门|小门|[东西南北]门|大门口|门口|"
    r"门前|门外|楼下|门洞|楼道里?|院内|附近|旁边|旁|边上|周边|周围|四周|之间|中间|沿线|沿街|内侧|外侧|"
    r"(?:交叉路?口|叉路口|交口|交汇[处段]|交叉处|交界处|十字路口|丁字路口|三岔路口|路口|道口|桥头|桥下|"
    r"桥上|桥洞|巷口|巷子里|巷子|村口|村头|屯头|入口|出口|匝道口?)|(?:[东西南北]{1,2}|左|右)(?:侧|边|面|"
    r"角|头)|村?[东西南北]{1,2}头|村[东西南北前后][边面头]|(?:中|东|西|南|北)段(?!时)|路段|这一?段(?!时)|"
    r"那一?段(?!时)|段(?![时落子])"
    rf"|[那这]个(?:十字|丁字|三岔)?路口|以[{_COMPASS}]|(?:往|向)?[{_COMPASS}](?:走|去)?(?:\d+|[一二三四五六七八九十百两半几]+)多?(?:米|里地|"
    rf"里)(?:处|左右)?|\d+米(?:处|"
    rf"左右)|(?:下|上)坡处?|拐角处?|拐弯处?|转盘|红绿灯处|k?\d+公里处?|河边|江边|湖边|海边|水边|"
    rf"(?<=[路街巷])口|路[{_COMPASS}](?![段街路门])|边(?![缘界境防走吃喝打说]))(?:那儿)?)+"
)
# 镇政府对过, 村口往西一里地: a word that every town has, made a place by the side of it on which it lies.
RELATIVE = swift(
    r"(?:老|旧|原)?(?:(?:镇|乡)(?:里)?政府|村委会|大队部|供销社|粮站|信用社|(?<=老)车站|卫生院|沿街(?:房|楼))"
    rf"(?:{TAIL.pattern})|(?:村|屯|庄|寨|湾)(?:口|头)(?=(?:往|向)?[{_COMPASS}](?:走|"
    rf"去)?[\d一二两三四五六七八九十百半几])(?:{TAIL.pattern})"
)
FLOOR = re.compile(r"[一二三四五六七八九]楼(?![上下的住])")
STRETCH_TO = re.compile(
    r"(?:到|至|通往|通到)(?:[乡镇县区市](?:里)?政府|镇上|镇里|乡里|县城|城里|村委会?|村部|学校|小学|国道|省道|高速口?)"
    r"(?:那|这)(?:一)?(?:条|段)"
)
JOINER = re.compile(r"[和与跟、至到]|以及")
STRETCH = re.compile(
    r"交叉路?口|叉路口|交口|交汇[处段]?|交叉处|路口|十字路口|丁字路口|交界处|之间|路段|这一?段|那一?段|"
    r"段(?![时落子])|中间|^口"
)

_BARE_ROADS = words(
    "边 旁 面 十字 丁字 交叉 三岔 马 公 道 铁 电 线 网 走 半 一 二 三 四 五 六 七 八 九 十 修 让 思 出 末 小 大 "
    "水 气 油 管 门 绝 村 "
    "土 泥 烂 条 段 柏油 水泥 断头 必经之 "
    "通村 上 下 逛 满 沙石 砂石 石子 乡村 农村 进村 出村 进出 回家 上学 上班 老 新 这 那 支 迷 归 赶 拦 "
    "挡 带 领 开 问 夜 生 活 后 前 短 "
    "全 整 同 各 几 多 人行 快速 高速 步行 机耕 生产 田间 环山 山 盘山 弯 街 商业 美食 主 次 辅 便 堵 过 "
    "断 占 封 改 两 沿 扫 迎 机耕 入户 "
    "户户通 村村通 硬化 主干 城市 市政 绕城 高 国 省 县 当 单行 双向 四通八达 后门 门前 门口 宽 窄 破 好 "
    "坏 走投无 无 有 心 言 财 套"
)
_BARE_COMPOUNDS = words(
    "公 廉 本 这 该 本 该 全 各 我 老 旧 新 整 住宅 老旧 居民 大 小 多 安置 封闭 高档 两 某 住 进 出 回 美丽 美好 幸福 "
    "温馨 我们 文明 和谐 城市 别的 其他 "
    "学生 职工 员工 教师 单位 厂 商品 公租 廉租 青年 人才 单身 集体 学校 男生 女生 一栋 共有 精神 部分 "
    "邻近 周边 附近 无物业 "
    "建设 建设新 智能 信息 当今 新 互联网 物业 开放式 高层 多层 回迁 拆迁 农民 动迁 无 社会主义"
)
_BARE_FACILITIES = words(
    "快递 快递放 菜鸟 放 自来水 物业 供热 热力 燃气 公交 电力 供电 保险 开发 装修 快递 物流 中介 房产 "
    "劳务 派遣 保安 保洁 "
    "环卫 出租车 出租 客运 贷款 移动 联通 "
    "电信 科技 贸易 外卖 游戏 直播 总 分 子 承包 施工 管道 电梯 理财 本地 别的 别 本 该 全 各 我 老 旧 "
    "新 整 大 小 多 两 某 出 进 回 上 下 修 建 过 架 拆 开 去 这 那 村 镇 乡 县 市 "
    "区 公立 私立 民办 公办 公共 普惠 义务 重点 "
    "子弟 普通 大型 小型 中型 附近 周边 公立 附属 地下 露天 免费 收费 临时 正规 黑 工 建筑 化 加工 生产 "
    "制造 农 住宅 商业 工业 房地产 二手 劳动力 "
    "人才 楼 股 菜 农贸 批发 综合 生活 网络 电 国 外 污染 沿 内 河 母亲 运 一 二 三 四 五 六 七 八 九 十 "
    "几 排 办 厂 房 人民 中心 村级 乡镇 三甲 "
    "定点 专科 妇幼 公司 家门口 医 校外 培训 培训学 省 建设 中 经济 县级 市级 一所 一家 所 家 座 处 间 "
    "个 条 名 老年 职业 驻地 主 每 别 "
    "大门 前 后 门前 门口 饮用 自来 污 清 挖 填 跨 过江 掉 投 跳 下到 江 旅游 一级 二级 学 城市 社区 "
    "户外 超 网 私人 公 地 美 黄 长"
)
_BARE_AREAS = words(
    "市容 农 全 我 本 该 各 乡 俺 咱 城中 自然 行政 新农 邻 外 一个 出 进 回 某 城 集 小 大 家 老 下 返 同 故 "
    "水 社 地 郊 校 厂 库 景 园 片 辖 山 灾 新 特 住宅 "
    "生活 "
    "工业 开发 高新 商业 居民 别墅 学 街 盲 禁 误 都 超 夜 早 菜 楼 股 门 上 县级 地级 省 外省 市 县 区 "
    "镇 村 街道 贫困 整 偏远 山 库 牧 林 渔 外 邻近 别 "
    "两 三 四 几 每 其他 本省 节 反 多 我们 你们 全国 东部 西部 中心 主城 老城 新城 高风险 小型 自治 "
    "直辖 无 矿 保税 示范 试验 保护 风景 通 村里 休息 服务 公共 功能 停车 "
    "等候 候车 旅游 步行 工作 办公 实 帝 重 农贸 建制 特色 古 山 撤 并 中 开 全省 各省 上 下 跨 出 "
    "社会主义新农 反 文 坐 走 后勤 入 留守 名 花 历史 行 拆迁 搬 属 隶属"
)
_PLAIN = words("中心 老 新 大 小 公立 私立 民办 农贸 菜 批发 综合 人民 附属 村 镇 乡 县 市 区 旧 妇幼 职业 老年")
_PLAIN_ENDS = ("生活", "住宅", "居民", "老旧", "高层", "多层", "进", "入", "申请", "安排")
_POINTERS = words("那个 这个 有个 一个 那家 这家 有家 一家 某个 某家 几家 多家 一所 那所 这所")
_POINTED = re.compile(r"[的那这有个某\s,，]")
_NUMBERED_ROADS = words("国道 省道 县道 乡道 高速 高速公路 公路")
# 给人盖冷库, 老太太上医院, 打热力公司电话: something is done to it or with it, which makes no name.
_DONE = re.compile(r"(?:[盖拆打逛找进去回搞]|(?<![水海河岭坡湖江路街山店楼村桥以塘])上)$")
_CALLED = re.compile(r"(?:打|拨|拨打|打过|上|去|进|找|逛|回|盖|建)")
_NO_ROAD = frozenset("跑走修让拦挡堵带领赶断占封改扫铁马线网这那条段")
_LIMITS = {Kind.ROAD: 6, Kind.COMPOUND: 7, Kind.FACILITY: 8, Kind.AREA: 5}
_BARE = {
    Kind.ROAD: _BARE_ROADS,
    Kind.COMPOUND: _BARE_COMPOUNDS,
    Kind.FACILITY: _BARE_FACILITIES,
    Kind.AREA: _BARE_AREAS,
}
_NAME_CHAR = re.compile(r"[\u4e00-\u9fffa-z0-9·]")
_CODED_AREA = re.compile(r"(?<![a-z])[a-z](?:\d{0,2}[市县]|\d{1,2}区)(?!别)")
_BEFORE_BUILDING = swift(
    r"[a-z]?\d+(?:号楼|栋|幢|#|座(?!谈))|"
    r"(?<![一二三四五六七八九十\d])第?[一二三四五六七八九\d]期(?![间限待货末中望盼刊]|工程)"
)


def pieces(text: str, walls: Set[int]) -> list[Piece]:
    """All pieces that the endings give; a name does not reach over a wall (the end of a name already known)."""
    found = [Piece(match.start(), match.end(), Kind.AREA) for match in _CODED_AREA.finditer(text)]
    walls = walls | {piece.end for piece in found} | {piece.start for piece in found}
    found += [Piece(match.start(), match.end(), Kind.BUILDING) for match in _BUILDING.finditer(text)]
    for kind, pattern in (
        (Kind.AREA, _AREA),
        (Kind.ROAD, _ROAD),
        (Kind.COMPOUND, _COMPOUND),
        (Kind.FACILITY, _FACILITY),
    ):
        ends: set[int] = set()
        for match in pattern.finditer(text):
            piece = _piece(text, match, kind, walls | ends)
            found.append(piece)
            if not piece.bare:
                ends.add(piece.end)
        if kind is not Kind.COMPOUND:
            walls = walls | ends
    found += _named_by_building(text, walls)
    return found


def begins_name(text: str, at: int) -> bool:
    """和平, 和谐, 向阳: the first character is a particle elsewhere, but not in these."""
    return text[at : at + 2] in _KEPT_PAIRS


def heads_name(text: str, start: int, end: int) -> bool:
    """Whether a word is the first part of a name (和平小区, 曙光骨科医院), and so need not be the place it is like."""
    for pattern, kind in ((_COMPOUND, Kind.COMPOUND), (_NAMESAKE, Kind.FACILITY)):
        match = pattern.search(text, end, end + _LIMITS[kind])
        if match and (match.start() == end or _left(text, match.start(), frozenset({start}), _LIMITS[kind]) == start):
            return True
    return False


def _piece(text: str, match: re.Match[str], kind: Kind, walls: Set[int]) -> Piece:
    start = _left(text, match.start(), walls, _LIMITS[kind])
    name = text[start : match.start()]
    numbered = kind is Kind.ROAD and match.group() in _NUMBERED_ROADS
    if name.isdigit() and numbered:
        return Piece(start, match.end(), kind)  # 105国道
    bare = not name or name in _BARE[kind] or name.isdigit() or _hollow(kind, name)
    if not bare and _unnamed(text, start, kind):
        return Piece(start, match.end(), kind, bare=True)
    if bare and not (kind is Kind.FACILITY and start in walls and name in _PLAIN):
        # Else it is 街道中心小学, 社区老菜市场: the plain word is part of what stands right before it.
        start = match.start()
    return Piece(start, match.end(), kind, bare)


def _unnamed(text: str, start: int, kind: Kind) -> bool:
    """那个织布厂, 有家理发店: such a one is pointed at, not named."""
    return kind is Kind.FACILITY and text[max(0, start - 2) : start] in _POINTERS


def _hollow(kind: Kind, name: str) -> bool:
    """跑路, 前三家峪全村, 院小区: a verb before 路 makes no road, 全 no village, a single character no compound."""
    if kind is Kind.ROAD:
        return name[-1] in _NO_ROAD
    if kind is Kind.FACILITY:
        verb = _CALLED.match(name)
        return bool(_DONE.search(name) or (verb and name[verb.end() :] in _BARE_FACILITIES))
    if kind is Kind.AREA:
        return name[-1] in "全整各本该我俺咱"
    return kind is Kind.COMPOUND and (len(name) == 1 or name.endswith(_PLAIN_ENDS))


def named_by_span(text: str, start: int, found: list[Piece]) -> list[Piece]:
    """The pieces of a span that is a place as a whole: what stands before a bare ending is its name (和谐|家园)."""
    named: list[Piece] = []
    for piece in sorted(found, key=lambda piece: piece.start):
        before = max([start, *(other.end for other in found if other.end <= piece.start)])
        name = text[before : piece.start]
        if piece.bare and piece.kind in {Kind.COMPOUND, Kind.FACILITY} and len(name) > 1 and not _POINTED.search(name):
            piece = Piece(before, piece.end, piece.kind)
        named.append(piece)
    return named


def _named_by_building(text: str, walls: Set[int]) -> list[Piece]:
    """枫林汇3号楼: what stands before a building number is a compound, whatever it ends in."""
    found: list[Piece] = []
    for match in _BEFORE_BUILDING.finditer(text):
        start = _left(text, match.start(), walls, 8)
        name = text[start : match.start()]
        if 2 <= len(name) <= 8 and not any(char.isdigit() for char in name) and name not in _BARE_COMPOUNDS:
            found.append(Piece(start, match.start(), Kind.COMPOUND))
    return found


def _left(text: str, at: int, walls: Set[int], limit: int) -> int:
    """Where the name begins that ends at `at`."""
    start = at
    # Right behind a name that is known the next may be longer: what is between can be nothing else.
    while start > 0 and at - start < limit + 4 and start not in walls:
        if not _NAME_CHAR.match(text[start - 1]) or _breaks(text, start):
            break
        start -= 1
    return start if start in walls else max(start, at - limit)


def _breaks(text: str, end: int) -> bool:
    """True when a word that cannot belong to a name ends here."""
    for size, breaks in _BREAKS.items():
        if end >= size and text[end - size : end] in breaks:
            return True
    return (
        text[end - 1] in _BREAK_CHARS
        and text[end - 1 : end + 1] not in _KEPT_PAIRS
        and (text[max(0, end - 2) : end] not in _KEPT_PAIRS)
    )
