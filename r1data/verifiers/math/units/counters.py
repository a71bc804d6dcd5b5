"""Chinese, Japanese and Korean words beside numbers: counters, nouns, characters that change a number. Data."""

_COUNTERS = """
个 個 只 隻 本 人 名 位 条 條 张 張 支 枝 把 件 头 頭 匹 辆 輛 台 架 棵 朵 颗
顆 粒 片 根 座 间 間 所 家 场 場 次 回 遍 步 级 級 层 層 楼 页 頁 行 排 列 组
組 队 隊 班 箱 盒 袋 包 瓶 杯 碗 盘 碟 桶 筐 篮 份 种 種 类 類 门 門 节 節 课
課 道 题 題 字 句 段 篇 首 枚 面 扇 幅 艘 户 戶 口 株 束 串 群 批 堆 笔 筆 倍
格 环 局 届 轮 期 册 冊 卷 部 封 幢 栋 棟 顶 盏 滴 块钱 个人 つ こ コ 羽 足 軒
階 番 皿 通り 箇 ヶ 缶 切れ 点 點 개 명 마리 권 장 대 송이 그루 자루 켤레 벌 채 번
가지 사람 쪽 페이지 조각 병 잔 그릇 봉지 상자 줄 팀 반 층 다발 판 곳 점
"""
COUNTERS = tuple(sorted(_COUNTERS.split(), key=len, reverse=True))
"""Words between a number and what is counted."""

_NOUNS = """
苹果 学生 同学 男生 女生 老师 小朋友 孩子 工人 农民 顾客 鸡 鸭 鹅 兔 兔子 狗 猫 牛 羊
马 猪 鸟 鱼 树 花 书 铅笔 钢笔 本子 练习本 球 足球 篮球 气球 糖 糖果 蛋糕 面包 鸡蛋
梨 桃 桃子 香蕉 橘子 橙子 西瓜 草莓 葡萄 饼干 牛奶 车 汽车 自行车 火车 飞机 船 椅子
桌子 衣服 裤子 帽子 票 邮票 图书 故事书 玩具 盒子 箱子 杯子 瓶子 零件 产品 正方形 三角形
长方形 圆 点 线段 直线 角 解 实数解 整数 零点 交点 りんご みかん 人 学生 子ども 生徒 本
鉛筆 犬 猫 사과 학생 사람 책 연필
"""
NOUNS = frozenset(_NOUNS.split())
"""Things that are counted."""

FORBIDDEN = frozenset(
    "不非没沒無无未勿否错錯误誤假伪或又且和与與但除约約近多余餘左右以上下内外大小于於超过過至到比减減加乘负負正倒反半几幾数數分之"
    "零〇一二三四五六七八九十百千万亿兆壹贰叁两每次方平立阶階倍率模约概可能大概如果是的了吗呢"
    "아니거짓약정도이상하또는제곱배"
)
"""Characters in a noun of which nothing can be said: negations, hedges, comparisons, operations, number words."""
