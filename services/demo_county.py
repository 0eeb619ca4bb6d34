"""The demo county as data: real township names, the villages the newspaper named, and invented ones."""

from __future__ import annotations

COUNTY = ("330523", "安吉县综治中心")
COUNTY_NAMES = (  # the same hall under three names; known is the year, so each begins with it
    ("安吉县矛调中心", 2019, 2022),
    ("安吉县社会治理中心", 2022, 2025),
    ("安吉县综治中心", 2025, None),
)
TOWNSHIPS = (
    "递铺街道", "昌硕街道", "灵峰街道", "孝源街道", "梅溪镇", "天子湖镇", "鄣吴镇", "杭垓镇",
    "孝丰镇", "报福镇", "章村镇", "天荒坪镇", "上墅乡", "溪龙乡", "山川乡",
)  # fmt: skip
NAMED_VILLAGES = {
    "递铺街道": ("康山村",),
    "梅溪镇": ("红庙村",),
    "天荒坪镇": ("余村村", "五鹤村"),
    "灵峰街道": ("横山坞村",),
}
VILLAGE_COUNT = 208
INVENTED = "名称虚构，仅作演示"
FIRST = "青白双云石竹松泉桐梧枫兰荷杏柳芦樟栗榆"
SECOND = "溪岭坞桥湾坪塘畈墩埠里"
DEPARTMENTS = (
    "信访局", "司法局", "公安局", "人民法院诉讼服务中心", "人民检察院", "人力资源和社会保障局", "自然资源和规划局",
    "住房和城乡建设局", "农业农村局", "卫生健康局", "市场监督管理局", "综合行政执法局", "生态环境分局", "民政局",
    "教育局", "交通运输局", "水利局", "应急管理局",
)  # fmt: skip
COMMITTEES = (
    "物业纠纷调解委员会", "医疗纠纷调解委员会", "婚姻家庭纠纷调解委员会", "道路交通事故纠纷调解委员会",
    "劳动争议调解委员会", "消费纠纷调解委员会", "征地拆迁纠纷调解委员会", "山林土地纠纷调解委员会",
    "环境污染纠纷调解委员会", "旅游纠纷调解委员会", "金融纠纷调解委员会", "商会调解委员会", "校园纠纷调解委员会",
)  # fmt: skip
STUDIOS = (  # name, township it sits in (None: the county hall)
    ("正平工作室", None),
    ("谈鲁鲁工作室", None),
    ("欢喜工作室", None),
    ("红管家事厅", None),
    ("银采法官工作室", "昌硕街道"),
)
PASSWORD = "zhiye-demo-2026"  # noqa: S105 - printed on the first page on purpose; production refuses demo accounts
ACCOUNTS = (  # username, name shown, role, organisation
    ("admin", "陈管理", "admin", "安吉县综治中心"),
    ("dispatcher.county", "周调度", "dispatcher", "安吉县综治中心"),
    ("official.tianhuangping", "沈镇干", "township_official", "天荒坪镇"),
    ("official.yucun", "潘村干", "village_official", "余村村"),
    ("official.hongmiao", "许村干", "village_official", "红庙村"),
    ("grid.yucun", "俞网格", "grid_worker", "余村村"),
    ("grid.hengshanwu", "章网格", "grid_worker", "横山坞村"),
    ("clerk.yucun", "夏兑换", "station_clerk", "余村村"),
    ("villager.yucun", "胡村民", "villager", "余村村"),
    ("mediator.county", "方调解", "mediator", "婚姻家庭纠纷调解委员会"),
    ("discipline.county", "严纪检", "discipline_inspector", "安吉县综治中心"),
    ("leader.county", "林县长", "leader", "安吉县综治中心"),
    ("auditor.county", "钱审计", "auditor", "安吉县综治中心"),
)


def villages() -> list[tuple[str, str, str]]:
    """Return 208 villages as (township, name, note), the named ones first in their township, the rest invented."""
    used = {name for names in NAMED_VILLAGES.values() for name in names}
    invented = (f"{a}{b}村" for b in SECOND for a in FIRST if f"{a}{b}村" not in used)
    share, more = divmod(VILLAGE_COUNT, len(TOWNSHIPS))
    rows: list[tuple[str, str, str]] = []
    for position, town in enumerate(TOWNSHIPS):
        named = NAMED_VILLAGES.get(town, ())
        rows += [(town, name, "") for name in named]
        wanted = share + (1 if position < more else 0) - len(named)
        rows += [(town, next(invented), INVENTED) for _ in range(wanted)]
    return rows
