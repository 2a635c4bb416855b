"""Other places of the country: a district that is said to lie in one of them is not ours, whatever it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Names as they are said, each with its code of GB/T 2260, by which a city knows its own province and prefecture.
_PROVINCES = (
    "北京11 天津12 河北13 山西14 内蒙古15 辽宁21 吉林22 黑龙江23 上海31 江苏32 浙江33 安徽34 福建35 江西36 山东37 "
    "河南41 湖北42 湖南43 广东44 广西45 海南46 重庆50 四川51 贵州52 云南53 西藏54 陕西61 甘肃62 青海63 宁夏64 "
    "新疆65 香港81 澳门82 台湾71 "
)
_PREFECTURES = (
    "石家庄1301 唐山1302 秦皇岛1303 邯郸1304 邢台1305 保定1306 张家口1307 承德1308 沧州1309 廊坊1310 衡水1311 "
    "太原1401 大同1402 阳泉1403 长治1404 晋城1405 朔州1406 晋中1407 运城1408 忻州1409 临汾1410 吕梁1411 "
    "呼和浩特1501 包头1502 乌海1503 赤峰1504 通辽1505 鄂尔多斯1506 呼伦贝尔1507 巴彦淖尔1508 乌兰察布1509 "
    "兴安1522 锡林郭勒1525 阿拉善1529 沈阳2101 大连2102 鞍山2103 抚顺2104 本溪2105 丹东2106 锦州2107 营口2108 "
    "阜新2109 辽阳2110 盘锦2111 铁岭2112 朝阳2113 葫芦岛2114 长春2201 吉林2202 四平2203 辽源2204 通化2205 "
    "白山2206 松原2207 白城2208 延边朝鲜族自治州2224 哈尔滨2301 齐齐哈尔2302 鸡西2303 鹤岗2304 双鸭山2305 "
    "大庆2306 伊春2307 佳木斯2308 七台河2309 牡丹江2310 黑河2311 绥化2312 大兴安岭2327 南京3201 无锡3202 徐州3203 "
    "常州3204 苏州3205 南通3206 连云港3207 淮安3208 盐城3209 扬州3210 镇江3211 泰州3212 宿迁3213 杭州3301 "
    "宁波3302 温州3303 嘉兴3304 湖州3305 绍兴3306 金华3307 衢州3308 舟山3309 台州3310 丽水3311 合肥3401 芜湖3402 "
    "蚌埠3403 淮南3404 马鞍山3405 淮北3406 铜陵3407 安庆3408 黄山3410 滁州3411 阜阳3412 宿州3413 六安3415 "
    "亳州3416 池州3417 宣城3418 福州3501 厦门3502 莆田3503 三明3504 泉州3505 漳州3506 南平3507 龙岩3508 宁德3509 "
    "南昌3601 景德镇3602 萍乡3603 九江3604 新余3605 鹰潭3606 赣州3607 吉安3608 宜春3609 抚州3610 上饶3611 "
    "济南3701 青岛3702 淄博3703 枣庄3704 东营3705 烟台3706 潍坊3707 济宁3708 泰安3709 威海3710 日照3711 临沂3713 "
    "德州3714 聊城3715 滨州3716 菏泽3717 郑州4101 开封4102 洛阳4103 平顶山4104 安阳4105 鹤壁4106 新乡4107 "
    "焦作4108 濮阳4109 许昌4110 漯河4111 三门峡4112 南阳4113 商丘4114 信阳4115 周口4116 驻马店4117 武汉4201 "
    "黄石4202 十堰4203 宜昌4205 襄阳4206 鄂州4207 荆门4208 孝感4209 荆州4210 黄冈4211 咸宁4212 随州4213 "
    "恩施土家族苗族自治州4228 长沙4301 株洲4302 湘潭4303 衡阳4304 邵阳4305 岳阳4306 常德4307 张家界4308 益阳4309 "
    "郴州4310 永州4311 怀化4312 娄底4313 湘西土家族苗族自治州4331 广州4401 韶关4402 深圳4403 珠海4404 汕头4405 "
    "佛山4406 江门4407 湛江4408 茂名4409 肇庆4412 惠州4413 梅州4414 汕尾4415 河源4416 阳江4417 清远4418 东莞4419 "
    "中山4420 潮州4451 揭阳4452 云浮4453 南宁4501 柳州4502 桂林4503 梧州4504 北海4505 防城港4506 钦州4507 "
    "贵港4508 玉林4509 百色4510 贺州4511 河池4512 来宾4513 崇左4514 海口4601 三亚4602 三沙4603 儋州4604 成都5101 "
    "自贡5103 攀枝花5104 泸州5105 德阳5106 绵阳5107 广元5108 遂宁5109 内江5110 乐山5111 南充5113 眉山5114 "
    "宜宾5115 广安5116 达州5117 雅安5118 巴中5119 资阳5120 阿坝藏族羌族自治州5132 甘孜藏族自治州5133 "
    "凉山彝族自治州5134 贵阳5201 六盘水5202 遵义5203 安顺5204 毕节5205 铜仁5206 黔西南布依族苗族自治州5223 "
    "黔东南苗族侗族自治州5226 黔南布依族苗族自治州5227 昆明5301 曲靖5303 玉溪5304 保山5305 昭通5306 丽江5307 "
    "普洱5308 临沧5309 楚雄彝族自治州5323 红河哈尼族彝族自治州5325 文山壮族苗族自治州5326 西双版纳傣族自治州5328 "
    "大理白族自治州5329 德宏傣族景颇族自治州5331 怒江傈僳族自治州5333 迪庆藏族自治州5334 拉萨5401 日喀则5402 "
    "昌都5403 林芝5404 山南5405 那曲5406 阿里5425 西安6101 铜川6102 宝鸡6103 咸阳6104 渭南6105 延安6106 汉中6107 "
    "榆林6108 安康6109 商洛6110 兰州6201 嘉峪关6202 金昌6203 白银6204 天水6205 武威6206 张掖6207 平凉6208 "
    "酒泉6209 庆阳6210 定西6211 陇南6212 临夏回族自治州6229 甘南藏族自治州6230 西宁6301 海东6302 "
    "海北藏族自治州6322 黄南藏族自治州6323 海南藏族自治州6325 果洛藏族自治州6326 玉树藏族自治州6327 "
    "海西蒙古族藏族自治州6328 银川6401 石嘴山6402 吴忠6403 固原6404 中卫6405 乌鲁木齐6501 克拉玛依6502 吐鲁番6504 "
    "哈密6505 昌吉回族自治州6523 博尔塔拉蒙古自治州6527 巴音郭楞蒙古自治州6528 阿克苏6529 "
    "克孜勒苏柯尔克孜自治州6530 喀什6531 和田6532 伊犁哈萨克自治州6540 塔城6542 阿勒泰6543 "
)
_LONGEST = 12  # characters of the longest name
_NOTHING = "(?!)"
_NAMED = re.compile(r"(\D+)(\d+)")


def _table(line: str) -> dict[str, str]:
    return {match[1]: match[2] for word in line.split() if (match := _NAMED.fullmatch(word))}


class Elsewhere:
    """What is outside of one city; nothing, where it is not known which city this is."""

    def __init__(self, codes: Iterable[str], names: Iterable[str] = ()) -> None:
        """`codes` are those of the city's districts: what they begin with is its own. `names` are ours whatever else
        bears them."""
        own = {code.lstrip("x")[:size] for code in codes for size in (2, 4)}
        ours = frozenset(names)

        def others(line: str) -> list[str]:
            found = (name for name, code in _table(line).items() if code not in own and name not in ours)
            return sorted(found, key=len, reverse=True)

        is_known = bool(own or ours)
        provinces, prefectures = (
            "|".join(others(line)) if is_known else _NOTHING for line in (_PROVINCES, _PREFECTURES)
        )
        spoken = f"{provinces}|{prefectures}"
        # 沈阳市 by itself, 沈阳 only before a district: 沈阳路 is a road of ours.
        self._whole = re.compile(
            rf"(?:(?:{provinces})[省市]|(?:{prefectures})(?:市|地区|盟))(?![场路街道巷])"
            rf"|(?:{spoken})(?=[\u4e00-\u9fff]{{1,4}}[区县])(?![路街道巷大])"
        )
        self._said = re.compile(rf"(?:{spoken})[省市]?")
        self._before = re.compile(rf"(?:{spoken})[省市]?$")
        above = [name for line in (_PROVINCES, _PREFECTURES) for name, code in _table(line).items() if code in own]
        self._own = re.compile(rf"(?:{'|'.join(map(re.escape, [*above, *sorted(ours)])) or _NOTHING})[省市县]?")

    def holds(self, said: str) -> bool:
        """沈阳市铁西区, 沈阳铁西区: the place says itself that it is not here."""
        return bool(self._whole.match(said))

    def names(self, said: str) -> bool:
        """Nothing but the name of another province or city, which tells where somebody or something comes from."""
        return bool(self._said.fullmatch(said))

    def before(self, text: str, at: int) -> int:
        """Where the name of another city begins that stands right before; else the same position."""
        found = self._before.search(text, max(0, at - _LONGEST), at)
        return found.start() if found else at

    def is_ours(self, said: str) -> bool:
        """The city itself, or what it lies in."""
        return bool(self._own.fullmatch(said))
