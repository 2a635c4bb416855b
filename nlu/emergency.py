"""The reflex: dangers of this moment, told from idioms, old stories and questions, without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from nlu import clauses, dangers
from nlu.clauses import Mention
from nlu.interpretation import EmergencyKind
from nlu.normalize import respelled
from nlu.search import Sieve, swift

# 气死我了 and its like; taken out before anything is looked for, so that a real 死 beside them still counts.
_IDIOMS = swift(
    r"[气急累热笑吓冷烦饿臭呛吵晒冻馋困羞渴疼坑恨闷熏辣撑美乐愁爱忙难丑](?:都)?[要快]?死(?:[我俺你他她]|"
    r"个?人|咧|了|啦|哒|咯|掉)*|死(?:心|板|角|党|活不|路|缠|鬼|磕|扛|赖)|要死要活|打死(?:也|都|我也)不|"
    r"[你他]?(?:怎么|咋)?不?去死|该死|想死的心|死的心|气得?.{0,2}想死|逼死|找死|作死|死机|没死|火烧眉毛|"
    r"火急火燎|[打点]不着火|着急上火|上火|发火|火大|恼火|窝火|火冒三丈|火车|火锅|火热|火灾险|灭火器|消防(?:通道|栓|"
    r"车道|设施|器材|验收|登高|门)|自杀式|血压|流血牺牲|心血|吐血的?价|吐槽|杀价|杀毒|杀虫|杀猪|杀熟|抢购|"
    r"抢劫一样|抢修|抢救室|抢着|抢答|跳楼价|跳楼机|大出血价|跳广场舞|跳舞|跳绳|撞脸|撞车位|撞衫|电到家|"
    r"救命钱|救命稻草|救命恩人|救命药|燃气费|煤气费|气费|天然气费|救护车(?:都)?(?:进不|过不|开不|怎么|咋|"
    r"多少|要多少|收费)"
)
_PAST = swift(
    rf"{clauses.PAST.pattern}|九月|[一二三四五六七八十]月份?|早就|已经(?:灭|扑灭|好了|没事|处理|送|出院)|灭了|"
    r"扑灭了?|着过|烧过|出过|死过|发生过|赔偿|理赔|后事|判了|出院|[两三四五六七八九十\d]+[次回](?:了|多)"
)
_SUPPOSED = re.compile(
    r"万一|要是|如果|假如|假设|倘若|怕|担心|担忧|生怕|防止|防范|预防|避免|以免|免得|容易|会不会|可能会?|"
    r"迟早|早晚|隐患|引发|引起|易(?:引|发)|能不能引|风险|存在|一旦|险些|差点|差一点|幸亏|好在|演习|演练|"
    r"培训|宣传|讲座|电影|电视剧|电视(?!机)|小说|视频|新闻|游戏|梦见|做梦|听说|谣言|没有?(?:着火|起火|"
    r"失火|受伤|人受伤|爆炸)|不是(?:着火|火灾)|看错|误报|虚惊|误会|开玩笑|(?<!好)像着火|跟着火"
)
_ASKS = re.compile(
    r"请问|想问|问一?[下哈]|咨询|怎么(?:收费|办理|报销|申请|领|申领|算|赔|计算|预防)|咋(?:收费|办理|报销|"
    r"申请|领|算|赔|销)|多少钱|收费|几年|是啥|是什么|啥电话|归谁|政策|规定|合不合理|赔不赔|报销|补贴|丧葬|"
    r"抚恤|保险|户口|开户|贵不贵|涨价|物价|价格|投诉(?:110|119|120)|打(?:110|119|120)(?:投诉|没人|不通|"
    r"没用|说)|(?:110|119|120)(?:来过|来了|说|让|不管|态度)"
)
# 天天冒黑烟, 派出所不立案: a grievance that lasts, or that is with the authorities already.
_LASTING = swift(
    r"药费|医药费|工伤|只肯|每日|再次|举报|投诉|手术|医护|报案|报(?:了警|警了).{0,4}(?:没|不)|不出警|"
    r"(?:老|经常|总|常)出(?:车祸|"
    r"事故)|出过|好几次|质量|售后|业主|漏水|爆了|公司|学校不|医院不|锦旗|不给|对方|赔|天天|每天|整天|"
    r"长期|经常|[总老](?:是)?(?:往|冒|扔|漏)|老是?冒|没人管|常年|不立案|立案|派出所(?:不|没|说)|警察(?:不|没|说)|维权|不处理|"
    r"处理(?:了)?(?:没|吗|结果)|的事|的工厂|烟囱|窑|锅炉房|烧烤|烧秸秆|秸秆烧|垃圾焚烧|煤矸石|物业(?:不|"
    r"没|也)|赔(?:钱|我|偿|了)|不赔|三天两头|动不动"
)
_NOW = re.compile(
    r"正在|现在|刚刚?|快来|救命|救人|快点|赶紧|马上|还在|正(?:打|砍|烧|着|在)|来不及|不行了|快不行|"
    r"要出人命|出人命了|快沉|快掉|叫不醒|没反应|没呼吸"
)
_NOW_IN_LETTERS = re.compile(
    r"快来人|快派人|赶紧来人|快救|救救(?:我|他|她|孩子)|来不及了|要出人命|还在(?:涨|烧|漏|流血)|叫不醒|不敢动|出不来"
)

_FIRE = swift(
    r"火光|好多烟|都是烟|全是烟|爆燃|(?:表|箱|线|机|器|灯|炉|灶|床|屋|房|棚|垛|柜|店|厂|山|地|林|草)(?:里|"
    r"上)?(?:突然|好像|都)?着(?:了|哒|咯|啦|起来|火)|(?:机|罐|瓶|电池|充电宝|手机|变压器|"
    r"锅炉).{0,2}炸(?:了|开|哒)|冒(?:出)?(?:火|烟).{0,6}(?:快|怎么办|救)|(?:点|烧)着(?:了|哒|咯|啦|人|被|"
    r"房|屋|车|衣|$)|(?:屋|楼|户|窗|车|厨房|锅|电|插座|隔壁|邻居|对门|阳台|仓库|宿舍|床)(?:里|上|子|那户|"
    r"那家|内|头)?.{0,4}(?:在|直|一直|往外|正)?冒烟|满屋子?(?:都是|全是)?烟|浓烟|(?:有人|正)?在?(?:楼道|"
    r"屋里|门口|楼里|单元).{0,3}(?:点火|放火)|放火|纵火|自燃|明火|救火|着火|起火|(?:火|火势)(?:很|好|特别|"
    r"越来越|太|真|挺|老)大|(?<!睡)着(?:起来|了)(?:.{0,6}(?:快|救|烧)|$)|引燃|点着了|烧(?:得|着)(?:很|正)|失火|"
    r"走水了|火灾|大火|冒(?:黑烟|浓烟|大烟|火)|烧起来|燃起来|烧着了|烧到|[往朝向].{0,4}(?:屋|房|楼|村|"
    r"家).{0,3}烧|着起来|火苗|火势|山火|爆炸|炸了|(?:油锅|锅里?|草垛子?|苞米|玉米|稻草|纸箱|灶台|阳台|"
    r"车库|电器|空调|冰箱|充电器|房子?|屋|楼|车|棚|仓库|柴|草垛?|电线|插座|插排|电箱|电表箱|电瓶|电池|"
    r"窗帘|被子|厨房|沙发|秸秆垛|变压器|山上?|树林|垃圾桶|衣服|库)(?:里|上|都)?着(?:了|哒|咯|啦|火)"
)
_GAS = swift(
    r"中(?:了)?煤气|煤气中(?:了|毒)|(?:煤气|燃气)(?:灶|罐|阀)?没关.{0,10}(?:喊|叫|睡|晕|味)|(?:煤气|燃气|"
    r"瓦斯|液化气|氨)(?:味|的味).{0,8}|满屋子?(?:都是|全是)?(?:煤气|燃气|气味)|(?:煤气|燃气|天然气|液化气|"
    r"气罐|气灶).{0,8}(?:(?<!表)坏|(?<!垄)断|铲|挖|碰|撞|破|爆|关不(?:上|住|了)|往外|直冒|嘶|呲|喷)|"
    r"(?:热水器|煤炉|炭|炉子|暖炉|煤气|燃气).{0,14}(?:晕|昏|叫不|倒(?:下|了|地))|(?:晕|昏|"
    r"倒).{0,10}(?:煤气|燃气|热水器|炭火|煤炉)|(?:燃气|煤气|天然气)报警.{0,6}(?:响|叫)|(?:一股|好大|很浓|"
    r"很大|刺鼻).{0,4}(?:煤气|燃气|天然气|液化气|氨)|(?:煤气|燃气|天然气|液化气|瓦斯|沼气|气罐|气坛子?|"
    r"煤气罐|气管|液氨|氨气|氯气|冷库).{0,8}(?:漏|泄|跑气|冒气|喷|断了|挖断|味|哧哧|呲呲|滋滋|嘶嘶)|(?:漏|"
    r"泄漏?|跑).{0,3}(?:煤气|燃气|天然气|液化气|氨|瓦斯|氯气)|(?:煤气|燃气|天然气|臭鸡蛋|液化气)味|"
    r"(?:燃气|煤气|天然气|可燃气体|一氧化碳)(?:报警器|警报).{0,6}(?:响|叫|报)|煤气中毒|一氧化碳中毒|"
    r"(?:烧炭|煤炉|炭火|炭盆|炉子|煤球|蜂窝煤|取暖).{0,14}(?:叫不醒|没反应|晕|昏|中毒|不省人事|喊不应)|"
    r"闻[着到].{0,4}(?:煤气|燃气|瓦斯|液化气)|漏气.{0,8}(?:出不来|头晕|晕)|漏(?:煤)?气(?:了|哒|咯|啦)"
)
_CRIME = swift(
    r"抱(?:着|走)?.{0,3}(?:孩子|小孩|娃|宝宝).{0,3}跑|(?:砸|打|抢).{0,8}(?:我|俺)(?:躲|藏|不敢)|踹门|砸门|"
    r"堵(?:着|在)?(?:我|俺)?(?:家)?门.{0,6}(?:打|要|骂|不让)|往死里打|对砍|互砍|械斗|(?:拿|用|"
    r"抡).{0,4}(?:刀|棍|棒|锤|瓶|石头|砖).{0,4}(?:砍|打|砸|追|捅)|(?:进|来|抓)(?:了)?(?:个)?(?:小偷|贼|强盗|"
    r"歹徒)|(?:小偷|贼|强盗|歹徒).{0,8}(?:没走|还在|屋里|家里|跑了|在|进来)|打得?(?:满|头破|浑身|全身|"
    r"鼻青|出血|流血|吐血|半死|不轻)|(?:把|将)(?:我|俺|他|她|人|孩子|老人).{0,3}(?:锁|关|扣|绑|囚|困|按)|"
    r"(?:我|俺|人).{0,6}被.{0,4}(?:扣(?:住|押|留|下了)|绑|锁|关着|囚|劫|拐|控制)|(?:拽|拖|拉|抱|"
    r"塞).{0,8}(?:上车|进车|面包车)|打砸|砸店|正在?(?:剪|撬|偷|翻墙|爬窗|抢|砸|打人|行凶)|(?:翻墙|爬窗|"
    r"破门|撬锁)|(?:要|说|扬言).{0,3}(?:杀|砍|弄死|捅|打死).{0,3}(?:我|俺|人|全家|他|她|你)|(?:刀|斧|棍|"
    r"枪).{0,4}(?:乱砍|砍人|砍|伤人|追|顶着|架)|掐.{0,3}脖子|下药|迷晕|调戏|摸我|性侵|偷拍我.{0,4}(?:还|"
    r"正)|(?:我)?躲(?:在|进|到).{0,6}(?:厕所|柜|床|屋|房间)|(?:拿|持|提|拎|举|掏|带)着?.{0,2}(?:刀|斧|枪|"
    r"棍|砍刀|菜刀|铁棍|匕首)|砍人|捅(?:人|了|伤|我|他)|杀人(?!的)|要杀|行凶|抢劫|被抢|"
    r"抢(?:了)?我(?:的)?(?:包|钱|手机|东西)|抢东西|绑架|劫持|拐(?:走|孩子|小孩)|偷孩子|抱走.{0,4}孩子|"
    r"强奸|强暴|非礼|猥亵|入室|撬(?:门|锁|窗|俺|我)|砸(?:门|窗).{0,8}(?:进|要|杀|打)|抢(?:小孩|孩子|人|"
    r"走)|抱走|(?:正|在|又在|往死里|动手|使劲|一直).{0,3}(?:打(?![通电听算工])|揍|踢|掐).{0,3}(?:人|我|老婆|媳妇|老人|"
    r"孩子|小孩|女|妈|他|她)|(?:打|揍|掐)(?:我|俺)(?![电的])|被(?:人)?(?:打|关|锁|绑|困|软禁|拘禁|"
    r"囚)(?:在|了|着|起)|(?:关|锁|绑).{0,6}(?:出不去|不让走|不让我走)|家暴|(?:一直|老|总)?(?:跟着|尾随|"
    r"跟踪)(?:我|俺|着我|了)|围(?:住|着)(?:我|俺|打)|打群架|群殴|打起来了?|有贼|进贼|小偷(?:在|进|正)|"
    r"要弄死|威胁要?(?:杀|砍|弄死)|(?:挟持|人质)|不让我(?:走|出去|离开)|传销.{0,10}(?:出不去|跑不|关)|"
    r"救救我(?!们)|藏在(?:柜|床|厕)"
)
_MEDICAL = swift(
    r"(?:娃|孩子|小孩|宝宝|老人|工人|爸|妈|爷|奶|爹|娘|老公|老婆|媳妇|大爷|大妈|大叔|儿子|女儿|闺女|有人|"
    r"同事|学生|老师|邻居|师傅).{0,6}从.{0,8}(?:摔|掉|跌|滚|坠)(?:了)?(?:下|到|出)|(?<![头眩发])晕(?:在|"
    r"到|死|过|厂|车间|路边|地上|家里)|怀孕.{0,10}(?:流血|出血|肚子疼|见红|破水)|脸.{0,3}(?:煞白|惨白|"
    r"发白|铁青|发黑)|发(?:高)?烧.{0,6}抽|没(?:了)?哭声|不哭不动|(?:喘|憋)得.{0,6}(?:紫|不行|厉害|难受)|"
    r"(?:一家|好几个|几个)(?:人)?.{0,6}(?:都)?(?:吐|中毒|晕|昏)|中毒(?:了|$)|(?:轧|压|绞|切|砍|锯|"
    r"夹)(?:到|断|掉|伤|进去)(?:了)?.{0,2}(?:手|脚|腿|指|胳膊)|(?:手|脚|腿|指头?|胳膊).{0,6}(?:轧|压|绞|"
    r"切|砍|锯|夹)(?:到|断|掉|伤|进)|说不(?:了|出|成)话|嘴(?:歪|斜)|半边身|(?:从)?.{0,6}(?:楼|架子?|梯子?|"
    r"树|房顶|屋顶|高处|窗户?|桥|悬崖|山)(?:上)?(?:摔|掉|跌|坠|滚)(?:了)?下|坠楼|砸(?:了|到|中|伤|"
    r"着).{0,4}(?:人|腿|头|脚|手|工人|孩子|老人)|被砸|(?:手|脚|腿|指头?|手指|胳膊|头发|脚趾).{0,4}(?:断了|"
    r"掉了|绞|轧|卷进|切掉|切断|压断|夹断|锯|砸断)|惊厥|(?:脸|嘴唇?|嘴巴).{0,3}(?:发)?(?:紫|青|乌)|"
    r"(?:全身|浑身|脸).{0,3}(?:肿|抽|发紫|抖)|(?:蜇|咬|叮).{0,8}(?:肿|血|喘|晕|昏|麻)|(?:吐|咯|呕|便|"
    r"咳)(?:了)?(?:好多|一口|一地|大口)?血|过敏.{0,8}(?:喘|肿|休克|窒)|(?:喝|吃|吞|误服|误食)(?:了|"
    r"下)?.{0,5}(?:农药|药水|鼠药|洗洁精|消毒液|汽油|毒|除草剂|钉子|电池|硬币)|胸(?:口)?(?:闷|疼|"
    r"痛).{0,6}(?:喘|不行|冒汗|厉害|受不|不上气)|(?:叫|喊|摇|推)(?:都|也)?不(?:醒|应|动)|没了?(?:呼吸|"
    r"心跳|意识|气息|脉搏)|(?:倒|躺)(?:在)?(?:地|路)(?:上|边).{0,8}(?:不|没|血|抽|吐)|突然(?:倒|晕|昏|抽|"
    r"不动)|心绞痛|哮喘(?:犯|发)|快(?:断气|咽气|死了)|难产|胎动|见红|烧到四十|四十度.{0,6}(?:抽|昏|不退)|"
    r"割(?:破|断)(?:动脉|喉|脖)|晕倒|昏倒|昏迷|晕过去|昏过去|没(?:有)?(?:反应|呼吸|心跳|脉)|不省人事|"
    r"叫不(?:醒|应)|喊不(?:醒|应)|喘不(?:上|过)来?气|呼吸困难|憋得|窒息|噎(?:着|住|到)|卡(?:住|到|"
    r"在)(?:嗓子|喉咙|喉|气管)|心脏病(?:犯|发)|心梗|脑溢血|脑出血|中风了|抽搐|抽风|抽起来|口吐白沫|翻白眼|"
    r"(?:胸口|心口|肚子|心脏|胸).{0,3}(?:疼|痛|绞)得?.{0,4}(?:厉害|打滚|受不了|不行|要命|冒汗|直不起|出汗|"
    r"站不)|(?:大出血|血流不止|止不住|一直(?:淌|流|冒)血|流(?:了)?(?:好多|很多|一地|不少)血|满(?:地|头|脸|"
    r"身)(?:是|都是)?血|血淋淋|淌血)|喝(?:了)?(?:农药|百草枯|敌敌畏|洗厕|药水)|吃(?:了)?(?:老鼠药|耗子药|"
    r"毒)|食物中毒|羊水破|破水|要生了|快生了|早产|触电|电(?:着|到)人|被电(?:到|着|倒|了)|(?:掉|摔|跌|滚|"
    r"栽)(?:下|了|落).{0,6}(?:不动|没动静|昏|晕)|没(?:有)?(?:意识|知觉|动静了)|被(?:蛇|毒蛇|狗|疯狗)咬|"
    r"溺水|煤气中毒|烫伤|烧伤|摔(?:下|得|了).{0,12}(?:不动|动不了|不能动|起不来|血|昏|晕|腿断|站不起)|"
    r"(?:不能动|动不了|起不来|站不起来)了|倒(?:在|地).{0,8}(?:不动|没人|不起|没反应|抽)|半身(?:不|动)|"
    r"说不出话|中暑.{0,6}(?:倒|昏|晕)|休克|快不行了|快没气|没气了"
)
_SUICIDE = swift(
    r"跳下去|从.{0,6}(?:跳|往下跳)|翻(?:过|出|越|到).{0,6}(?:栏杆|护栏|窗|围栏)|(?:喝|吃|"
    r"吞)了.{0,3}(?:农药|安眠药|一瓶药|一把药|毒药)|把.{0,4}药(?:都|全)?(?:喝|吃|吞)了|撑不下去.{0,6}|"
    r"结束自己|拿绳子.{0,4}吊|一了百了|(?:药|农药|安眠药|毒药)(?:都|全|已经)(?:吃|喝|吞)(?:了|下|完)|"
    r"割(?:了)?(?:手|腕|脉|自己)|(?:站|坐|爬|骑|趴)(?:在|到|上)(?:了)?.{0,6}(?:楼顶|天台|桥上|桥边|大桥|"
    r"窗台|窗边|护栏|栏杆|塔吊|水库边|河边|江边|楼边|铁轨)(?:上)?(?:$|了|.{0,3}(?:不下|哭|要跳|想跳|喊))|"
    r"不想(?:再)?(?:在|活在|留在).{0,4}(?:世|人间)|活着(?:太|好|真|还)?(?:累|没意思|没劲|痛苦|没意义|"
    r"有什么意)|(?:想|要)(?:去)?(?:自尽|解脱|了断|寻死)|(?:我|他|她)(?:要|想)?(?:走了|去了|"
    r"先走了).{0,6}(?:别|不要|照顾|对不起|来世)|开煤气.{0,4}(?:自杀|死)|(?:楼顶|天台|桥上|"
    r"窗台)(?:上)?(?:坐|站|哭|趴).{0,6}(?:不下|不肯下|要跳|喊|哭)|卧轨|投河|投江|跳轨|不想活|活不下去|"
    r"活够了|不活了|想(?:去)?死(?!你|人)|寻死|自杀|自尽|轻生|寻短见|跳(?:楼|河|江|桥|井|海|湖)|(?:要|想|"
    r"往)(?:下)?跳(?:下去|楼|河|江|桥|$|了)|往下跳|割腕|割脉|上吊|遗书|遗言|喝药.{0,4}(?:死|自杀|算了)|(?:没|不)打算再?活|"
    r"药.{0,4}(?:准备|买|数|攒)好了?.{0,12}(?:替我|照顾|拜托|解脱|就这样)|"
    r"(?:死了|一死)(?:算了|了之|百了)|了结(?:自己|生命|算了)|结束(?:自己|生命|这一切)|安眠药.{0,8}(?:吃|"
    r"吞|一瓶|一把)|(?:吃|吞).{0,4}(?:一瓶|一把|好多|很多)?.{0,2}安眠药|来世|来生|下辈子(?:再|见)|永别|"
    r"别找我了.{0,8}(?:走|见)|不想(?:再)?(?:活|待在这个世)|没(?:有)?活路.{0,6}(?:死|不活)|"
    r"站在.{0,4}(?:楼顶|天台|桥边|桥上|窗台|栏杆).{0,8}(?:跳|边|不下来|哭)|爬(?:上|到).{0,6}(?:塔吊|楼顶|"
    r"天台|桥).{0,8}(?:跳|要)"
)
_TRAFFIC = swift(
    r"(?:让|被|叫|给).{0,4}(?:车|轿车|货车|大车|摩托|三轮).{0,3}(?:剐|刮|撞|碰|顶|压|轧|碾)(?:倒|伤|飞|"
    r"了).{0,8}(?:腿|动不|起不|血|疼|不能|昏|晕|人|头)|连(?:环)?撞|(?:撞|追尾|翻).{0,12}(?:卡|夹|"
    r"困)(?:在)?(?:里|车)|(?:跟|和|与).{0,6}(?:撞|碰)(?:了|上|一起).{0,10}(?:躺|血|伤|不动|起不|昏)|(?:车|"
    r"摩托|电动车|轿车|货车|三轮|大巴|公交|客车|半挂|罐车).{0,10}(?:撞|冲进|冲入|翻|掉进|冲下|"
    r"压).{0,12}(?:人|起不来|受伤|伤|血|河|沟|不动|下面|桥下|起火|学生|孩子|老人|腿)|(?:车|摩托|轿车|货车|"
    r"大巴|客车).{0,3}(?:侧翻|翻了|翻进|翻到|冲进|冲下|坠)|刹车失灵|(?:我|俺|老人|孩子|小孩|学生|行人|"
    r"人)(?:们)?(?:被|让|叫|给).{0,4}(?:车|摩托|货车|电动车|轿车).{0,3}(?:撞|压|轧|碾|挂倒)|车祸|(?:车|"
    r"撞).{0,8}(?:撞(?:了|上|飞|倒|翻|死)|相撞|追尾|翻(?:了|沟|车|到|进|下)|侧翻|压(?:着|住|到|"
    r"了).{0,6}(?:人|个|骑|腿)|掉(?:沟|河|下))|撞(?:到|了|倒|飞|伤|死)(?:一?个?)?(?:人|老人|小孩|孩子|"
    r"老太|老头|行人|骑|学生|我|俺|大爷|大妈|俺?娘|俺?爹)|被(?:车|汽车|货车|电动车|摩托|轿车|"
    r"大车).{0,3}(?:撞|轧|碾|压|刮倒)|(?:卡|困|夹|压)在?.{0,3}(?:驾驶|车里|车底|车下|轮)|肇事逃逸|"
    r"碰瓷.{0,3}打|轧(?:着|到|了)人|追尾.{0,8}(?:伤|血|人|死)|撞(?:了)?人.{0,10}(?:跑|逃|躺|血|不动|伤)|"
    r"(?:出|发生)(?:了)?(?:交通事故|车祸).{0,8}(?:伤|血|人|死|快)|连环(?:撞|追尾)|翻车"
)
_OTHER = swift(
    r"掉.{0,3}(?:茅坑|粪|井|沟里|河里|坑里|洞里|塘里|湖里|海里|水里|冰)|(?:母亲|父亲|老太|老头|妈|爸|娘|"
    r"爹|大爷|大妈|奶|爷|老伴|孩子|儿子|女儿|闺女).{0,6}(?:走失|走丢|失踪|不见了)|(?:里面|里头|屋里|下面|"
    r"底下|车里|房里|楼里)(?:还有|困着?|压着?|埋着?|卡着?)(?:个)?.{0,4}(?:人|老人|孩子|小孩|娃|工人)|"
    r"有人(?:没|还没|冇)(?:跑|逃)?出来|(?:山上|洞里|岛上|树上|水里|井里).{0,4}(?:下不来|上不来|出不来)|"
    r"(?:手|脚|头|腿).{0,3}卡(?:在|住|进)|(?:风|雨|雪|水).{0,4}(?:掀|冲|压)(?:了|垮|塌|走|翻).{0,10}(?:人|"
    r"老人|孩子)|(?:人|工人|村民|孩子|老人|我们|他们|邻居).{0,4}(?:被|给)(?:埋|压|困|围)|被埋|"
    r"电梯.{0,6}(?:掉下|坠|下坠|往下掉|急速)|(?:老人|孩子|小孩|女儿|儿子|奶奶|爷爷|娃|老娘|老爹|"
    r"痴呆).{0,6}(?:走丢|走失|不见了|失踪|找不着|没回家|丢了)|(?:井|沟|坑|水|洞|池)里(?:有|"
    r"掉)(?:了)?(?:个)?(?:人|孩子|小孩)|(?:高压线|电线|电缆).{0,4}(?:断|掉|落|搭).{0,8}(?:路|地上|水|院|"
    r"中间|车|门口)|(?:游泳|洗澡|玩水|下水|下河).{0,8}(?:不见|没上来|沉|没影|出不来)|(?:孩子|宝宝|小孩|"
    r"娃).{0,4}(?:反锁|锁在|关在|卡在|卡住|夹住)|冰窟窿|山洪|洪水来|(?:掉|跌|摔|落|滑|栽)(?:进|到|入|"
    r"在)(?:了)?.{0,4}(?:井|河|水|沟|湖|塘|坑|池|洞|粪|海|江|渠|窖)|爆炸|毒气(?:泄|漏|扩散)|(?:全身|"
    r"手)?触电|(?:困|堵)在.{0,6}(?:屋顶|房顶|楼上|山上|树上|水里|车里|洞里)|掉(?:进|到|下|在|落)?(?:井|河|"
    r"水|江|沟|湖|塘|坑|窨井|下水道|化粪池|粪|电梯井|冰)|落水|(?:水|河|江|湖|塘|"
    r"池)里?.{0,4}有人.{0,8}(?:扑腾|沉|救|喊|挣扎|不动|飘|漂|淹)|淹(?:着|死|到|了人)|快(?:沉|淹)|扑腾|"
    r"(?:困|关|卡|被困)在?.{0,3}(?:电梯|井|水|洞|树|墙|栏杆|废墟|山|房顶|楼里|屋顶|冰)|电梯.{0,8}(?:困|关|"
    r"卡)(?:人|住|了|着|在|[一二两三四五六七八九\d])|掉(?:了)?(?:个|一个|两个)?(?:人|孩子|小孩|老人)|"
    r"(?:孩子|人|老人|小孩|娃).{0,4}掉(?:进|下|到|里)|(?:房子|屋|楼|墙|桥|脚手架|塔吊|工棚|房顶|天花板|"
    r"山体?|井).{0,4}(?:塌|垮|倒)(?:了|下|哒|咯|啦)|坍塌|垮塌|滑坡|泥石流|埋(?:住|在|了).{0,4}(?:人|下|"
    r"里)|压在.{0,4}(?:下面|底下|废墟|墙)|(?:洪水|河水|江水|湖水|大水|山水|"
    r"(?<!污)(?<!废)水).{0,8}(?:进(?:了)?(?:屋|家|院)|冲走|围|漫|还在涨|上涨|淹)|决口|溃(?:堤|坝|口)|"
    r"冲走(?:了|个)|漏电.{0,4}(?:电|倒|人)|(?:电线|高压线).{0,6}(?:掉|断|落).{0,8}(?:冒火|打火|火花|火星|"
    r"人|水里|带电|地上|路上)|冒火(?:星|花)|孩子.{0,6}(?:丢了|走丢|不见了|走失|找不到)|(?:孩子|小孩|老人|"
    r"宝宝|娃|妹子|崽).{0,4}(?:锁|关|困)(?:在)?.{0,4}(?:车里|家里|屋里|车内)|出不来.{0,4}(?:快|救|了)|"
    r"没走出来|救命|救人"
)
_COMPOSED: dict[EmergencyKind, tuple[re.Pattern[str], ...]] = {
    kind: (pattern, dangers.PATTERNS[kind])
    for kind, pattern in (
        (EmergencyKind.SUICIDE, _SUICIDE),
        (EmergencyKind.FIRE, _FIRE),
        (EmergencyKind.GAS, _GAS),
        (EmergencyKind.CRIME, _CRIME),
        (EmergencyKind.TRAFFIC, _TRAFFIC),
        (EmergencyKind.MEDICAL, _MEDICAL),
        (EmergencyKind.OTHER, _OTHER),
    )
}
# In the order in which a kind is preferred, those that need no weighing first.
_RULES = tuple(
    (kind, plain, pattern)
    for kind, patterns in _COMPOSED.items()
    for plain, pattern in ((True, dangers.UNMISTAKABLE[kind]), *((False, pattern) for pattern in patterns))
)
_SIEVE = Sieve(pattern for _, _, pattern in _RULES)
_HARMLESS = (dangers.CALLS, dangers.HYPERBOLE, _IDIOMS)
_HARMLESS_SIEVE = Sieve(_HARMLESS)
_WISH = re.compile(r"不想活|活不下去|不活了|自杀|轻生|割腕|遗书|死在|死给")
_NO_DANGER = re.compile(
    r"没人清|流浪|按钮|点击|点了|页面|系统|机器人|小程序|软件|看错|误报|虚惊|电视剧|电影|小说|演习|演练|"
    r"隐患|差一?点|险些|维权|以死相"
)
_FORETOLD = re.compile(r"怕|担心|早晚|迟早|万一|要是|如果|容易|差一?点|险些|说不定")
_STOPS = "。！!？?；;\n"
_SENTENCE = re.compile(f"[{_STOPS}]+")
# Of one pattern in one sentence as many are weighed: an endless message must not take endless time.
_MOST = 8
_PUT_OUT = re.compile(r"(?<![没未灯不])(?<!没有)(?<!自己)(?:灭了|灭掉了|扑灭了?|救灭|熄灭了?)")
# 捞上来了，没呼吸: out of the water is not out of danger.
_STILL_CALLS = re.compile(r"快[来点派救]|救命|来人|叫不醒|没有?(?:呼吸|反应|心跳|意识|气)|不行了|不动了")
# Of a fire or a crash of yesterday the rest is a matter for the city; who was lost yesterday may still be lost.
_QUICKLY_OVER = frozenset({EmergencyKind.FIRE, EmergencyKind.TRAFFIC})
_DONE_BY_SOMEBODY = frozenset({EmergencyKind.SUICIDE, EmergencyKind.CRIME})
# 我家着火了 in a letter without a date is of now; 我母亲晕倒 begins many a story.
_STRIKES_HOMES = frozenset({EmergencyKind.FIRE, EmergencyKind.GAS, EmergencyKind.OTHER})
_DESPAIRS = re.compile(r"不想(?:再)?活|活不下去|活够|不活了|想(?:去)?死|死了算了|遗书|自己|生命")
# A smell that makes one sick is a nuisance, unless it is gas.
_NUISANCE = re.compile(
    r"(?:臭|油烟|烟|异味|怪味|味道|气味|粪|垃圾)[^煤燃气液瓦，,。]{0,6}[熏呛臭][^煤燃液瓦，,。]{0,6}(?:晕|疼|吐|恶心|难受)"
)
# A letter of several hundred characters tells a story; only its own words of urgency make it an emergency.
_LETTER = 120
# Nobody tells a story in so few characters.
_BRIEF = 20
# Where two kinds fit, what decides which number is dialled.
_DESPAIR = re.compile(r"不想活|活不下去|不活|自杀|轻生|寻死|想死|遗书|割腕|跳(?:楼|河|江|桥|下)|没意思|了断|解脱")
_BY_MISTAKE = re.compile(r"误|错|不小心|当成|以为|孩子|小孩|娃|宝宝|\d岁|[一二两三四五六七八九]岁|孙|吞了")
_FLAMES = re.compile(r"火(?!车)|燃|烧")
_CRASH = re.compile(r"追尾|撞|翻车|翻了|侧翻|车祸")
_BURNING = re.compile(r"煤|炭|炉|热水器|燃气|液化气|天然气")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text to be judged: is it a letter, does it say now, and where is the last word that a fire, or all, is over."""

    plain: str
    letter: bool
    now: bool
    put_out: int
    settled: int

    @classmethod
    def of(cls, plain: str) -> _Text:
        letter = len(plain) > _LETTER
        now = bool((_NOW_IN_LETTERS if letter else _NOW).search(plain))
        settled = _last(dangers.SETTLED, plain)
        if settled >= 0 and _STILL_CALLS.search(plain, settled):
            settled = -1
        return cls(plain, letter, now, _last(_PUT_OUT, plain), settled)

    def is_over(self, kind: EmergencyKind, start: int) -> bool:
        """Whether what is named here is over by what is said later."""
        return start < self.settled or (kind is EmergencyKind.FIRE and start < self.put_out)


def belongs_elsewhere(text: str) -> bool:
    """True when the words speak of the past, of a fear or of a question, deny, or exaggerate (困得我要着火了), so that
    resemblance to a cry for help is not enough."""
    plain = _without_idioms(text)
    if _told(plain) or _over(plain) or dangers.HYPERBOLE.search(text) or _NUISANCE.search(plain):
        return True
    told = _Text.of(plain)
    return any(
        _is_explained(told, _RULES[place][0], match)
        for place in _SIEVE.sift(plain)
        for match in islice(_RULES[place][2].finditer(plain), _MOST)
    )


def detect(text: str) -> EmergencyKind | None:
    """The kind of danger that the text reports as going on now, or None."""
    plain = _without_idioms(text)
    places = _SIEVE.sift(plain)
    if not any(_RULES[place][2].search(plain) for place in places):
        return None
    told = _Text.of(plain)
    kinds = [_RULES[place][0] for place in places if _is_reported(told, *_RULES[place])]
    return _chosen(list(dict.fromkeys(kinds)), plain) if kinds else None


def is_unmistakable(text: str) -> bool:
    """Whether a danger of now is named so plainly that nothing needs to be weighed: in few words, or as a cry."""
    told = _Text.of(_without_idioms(text))
    brief = len(told.plain) <= _BRIEF
    for place in _SIEVE.sift(told.plain):
        kind, plain, pattern = _RULES[place]
        for match in pattern.finditer(told.plain) if plain else ():
            if _stands(told, kind, match) and (brief or _speaks_of_now(told, kind, Mention.of(match))):
                return True
    return False


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((found.start() for found in pattern.finditer(text)), default=-1)


def _without_idioms(text: str) -> str:
    plain = respelled(text)
    if _HARMLESS_SIEVE.sift(plain):
        for pattern in _HARMLESS:
            plain = pattern.sub("，", plain)
    return plain


def _chosen(kinds: Sequence[EmergencyKind], plain: str) -> EmergencyKind:
    """One kind of several: whose number must be called first."""
    if EmergencyKind.SUICIDE in kinds and not _DESPAIR.search(plain) and len(kinds) > 1:
        # Pills swallowed by a child, or a person at the window of a burning house, are no wish to die.
        others = [kind for kind in kinds if kind is not EmergencyKind.SUICIDE]
        if _BY_MISTAKE.search(plain) or EmergencyKind.FIRE in others:
            kinds = others
    pairs: tuple[tuple[EmergencyKind, EmergencyKind, bool], ...] = (
        (EmergencyKind.TRAFFIC, EmergencyKind.FIRE, bool(_CRASH.search(plain)) and not _FLAMES.search(plain)),
        (EmergencyKind.GAS, EmergencyKind.MEDICAL, bool(_BURNING.search(plain))),
        (EmergencyKind.OTHER, EmergencyKind.MEDICAL, bool(re.search(r"电梯.{0,12}[困卡关]", plain))),
        (EmergencyKind.GAS, EmergencyKind.FIRE, bool(_BURNING.search(plain)) and not _FLAMES.search(plain)),
    )
    for rather, than, holds in pairs:
        if rather in kinds and than in kinds and holds:
            kinds = [kind for kind in kinds if kind is not than]
    return kinds[0]


def _is_reported(told: _Text, kind: EmergencyKind, plain: bool, pattern: re.Pattern[str]) -> bool:
    """Whether the pattern finds what happens, and not what did, might, or costs something."""
    if plain:
        return any(_stands(told, kind, match) for match in pattern.finditer(told.plain))
    if told.letter and not told.now:
        return False
    start = 0
    for end in [*(found.end() for found in _SENTENCE.finditer(told.plain)), len(told.plain)]:
        sentence = told.plain[start:end].rstrip(_STOPS)
        matches = islice(pattern.finditer(sentence), _MOST)
        if any(_weighs(told, sentence, kind, match, start) for match in matches):
            return True
        start = end
    return False


def _stands(told: _Text, kind: EmergencyKind, match: re.Match[str]) -> bool:
    """A plain word of danger is judged by its clause alone: what else the message complains of takes nothing away."""
    mention = Mention.of(match)
    if kind is EmergencyKind.SUICIDE and clauses.is_of_self(mention):
        # Who speaks of dying himself is believed, whenever it was and whatever it would cost.
        return not _is_unsaid(mention, kind)
    if _is_unreal(mention, kind) or clauses.is_told_of(mention) or told.is_over(kind, match.start()):
        return False
    if kind is EmergencyKind.SUICIDE:
        return not told.letter or _speaks_of_now(told, kind, mention)
    if clauses.is_supposed(mention) or clauses.is_grievance(mention):
        return False
    if dangers.CLAIMS.search(mention.clause + mention.later) and not clauses.is_present(mention):
        return False
    return not told.letter or _speaks_of_now(told, kind, mention)


def _speaks_of_now(told: _Text, kind: EmergencyKind, mention: Mention) -> bool:
    """Letters narrate: there a clause must say itself that it is a cry."""
    if clauses.is_at_this_moment(mention):
        return True
    if kind is EmergencyKind.SUICIDE:
        return clauses.is_of_self(mention) or clauses.is_bare(mention) or bool(_DESPAIRS.search(mention.named))
    cried = clauses.is_own(mention) or clauses.is_bare(mention)
    return cried and kind in _STRIKES_HOMES and not clauses.is_dated(told.plain)


def _is_explained(told: _Text, kind: EmergencyKind, match: re.Match[str]) -> bool:
    mention = Mention.of(match)
    if told.is_over(kind, match.start()) or clauses.is_denied(mention):
        return True
    return clauses.is_supposed(mention) or clauses.is_told_of(mention)


def _is_unsaid(mention: Mention, kind: EmergencyKind) -> bool:
    """Denied, or told in a story. 别跳楼 and 别打我 deny nothing: it is said to one who is about to, or does."""
    if dangers.STORY.search(mention.earlier + mention.before):
        return True
    return clauses.is_denied(mention) and not (kind in _DONE_BY_SOMEBODY and clauses.is_forbidden(mention))


def _is_unreal(mention: Mention, kind: EmergencyKind) -> bool:
    """Not said to be, or past."""
    if _is_unsaid(mention, kind) or clauses.is_past(mention, yesterday=kind in _QUICKLY_OVER):
        return True
    if kind is not EmergencyKind.SUICIDE:
        return False
    return clauses.is_averted(mention) or bool(dangers.CLAIMS.search(mention.clause + mention.later))


def _weighs(told: _Text, sentence: str, kind: EmergencyKind, match: re.Match[str], offset: int) -> bool:
    """What may be a danger is judged by its whole sentence."""
    mention = Mention.of(match)
    if dangers.STORY.search(sentence) or _is_unsaid(mention, kind):
        return False
    if kind is EmergencyKind.SUICIDE and clauses.is_of_self(mention):
        return not _told(sentence)
    if _is_unreal(mention, kind) or clauses.is_told_of(mention) or told.is_over(kind, offset + match.start()):
        return False
    if kind is EmergencyKind.SUICIDE:
        # Here a false alarm costs a kind word, a miss may cost a life: a wish to die is believed in any sentence.
        return bool(_WISH.search(sentence)) or not _told(sentence)
    supposed = _SUPPOSED.search(sentence)
    if (
        clauses.is_supposed(mention)
        or _FORETOLD.search(match.group())
        or (supposed and supposed.start() < match.start())
        or _SUPPOSED.match(sentence, match.end())
    ):
        return False
    if _over(sentence, again=clauses.is_present(mention)):
        return False
    return told.now or not (_ASKS.search(sentence) or dangers.CLAIMS.search(sentence))


def _told(sentence: str) -> bool:
    """It is asked about, feared, or used as a threat of protest."""
    return bool(_SUPPOSED.search(sentence) or _ASKS.search(sentence) or _NO_DANGER.search(sentence))


def _over(sentence: str, *, again: bool = False) -> bool:
    """It is past (and not there again), lasting, or was no danger after all."""
    if _NO_DANGER.search(sentence) or dangers.SETTLED.search(sentence):
        return True
    past = not again and (_PAST.search(sentence) or dangers.PASSED.search(sentence))
    return bool((past or _LASTING.search(sentence)) and not re.search(r"刚刚?|正在|快来|救命|救人", sentence))


# How sure the encoder must be to see an emergency that no word of the reflex told, of what resembles a cry for help as
# far as it does (_ALIKE for likeness itself), and more when the words speak of a matter that a city keeps a category
# for (污水外冒, 燃气表坏了). And how sure that there is none before a word of the reflex that may mean something else
# is taken for it: no emergency among the turns of the development sets was believed less than 0.06.
_SUSPECTED, _ALIKE, _SUSPECTED_MATTER, _BELIEVED_MATTER, _RULED_OUT = 0.8, 0.4, 1.0, 0.65, 0.05


def second_look(
    text: str, found: EmergencyKind | None, kind: EmergencyKind, belief: float, *, resembles: float, matter: bool
) -> EmergencyKind | None:
    """What remains of the reflex's finding when the encoder has read the normalized text too: it adds what no word
    told, and takes away only what it is sure of and no word told plainly. `belief` is how sure it is that there is an
    emergency; `resembles` how like a cry for help the phrases are, both from 0 to 1; `matter` whether the words point
    at a category."""
    if found is not None:
        return None if belief < _RULED_OUT and not is_unmistakable(text) else found
    if matter and belief < _BELIEVED_MATTER:
        return None
    if belief + _ALIKE * resembles < (_SUSPECTED_MATTER if matter else _SUSPECTED):
        return None
    return None if len(text) > 60 or belongs_elsewhere(text) else kind
