"""Three registers of the demo county, as any admin could have configured them in the designer."""

from __future__ import annotations

from typing import Any

VILLAGE = {
    "fid": "a1", "key": "village", "type": "org", "level": "village", "label": "所在村（社区）", "required": True,
    "default": {"user": "village"}, "index": True,
}  # fmt: skip
NOT_LATER_THAN_TODAY = "不能晚于今天"


def _options(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"value": value, "label": label} for value, label in pairs]


def _not_later(fid: str, label: str) -> list[dict[str, Any]]:
    later = {"gt": [{"var": fid}, {"today": []}]}
    return [{"if": later, "message": f"{label}{NOT_LATER_THAN_TODAY}"}]


NEIGHBOUR_DISPUTE: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "neighbour_dispute",
    "title": {"zh_Hans_CN": "邻里纠纷登记", "en": "Neighbour disputes"},
    "stale_policy": "finish_old",
    "list": ["village", "kind", "name", "happened_on", "amount"],
    "duplicate": {"match": ["b3"], "similar": ["c1"], "window_days": 30},
    "pages": [
        {
            "id": "p1",
            "title": "基本情况",
            "items": [
                VILLAGE,
                {
                    "fid": "a2", "key": "kind", "type": "select_one", "label": "纠纷类型", "required": True,
                    "index": True,
                    "options": _options(("adjacent", "相邻关系"), ("leak", "漏水"), ("noise", "噪声"),
                                        ("other", "其他")),
                },
                {
                    "fid": "a3", "key": "kind_other", "type": "text", "label": "其他类型说明", "required": True,
                    "max": 50, "show": {"eq": [{"var": "a2"}, "other"]},
                },
                {
                    "fid": "a4", "key": "happened_on", "type": "date", "label": "发生日期", "required": True,
                    "index": True, "hint": "例如 2026-11-20", "rules": _not_later("a4", "发生日期"),
                },
                {
                    "fid": "a5", "key": "amount", "type": "decimal", "label": "涉及金额（元）", "min": 0, "index": True,
                },
                {
                    "fid": "a6", "key": "grave", "type": "note", "style": "warning",
                    "label": "属重大纠纷，请在 24 小时内报镇（街道）中心。",
                    "show": {"ge": [{"var": "a5"}, 100000]},
                },
                {"fid": "a8", "key": "photos", "type": "image", "label": "现场照片", "multiple": 9},
            ],
        },
        {
            "id": "p2",
            "title": "当事人",
            "items": [
                {"fid": "b1", "key": "name", "type": "person_name", "label": "姓名", "required": True, "search": True},
                {"fid": "b2", "key": "id_no", "type": "cn_id", "label": "身份证号", "mask": "middle"},
                {"fid": "b3", "key": "phone", "type": "cn_mobile", "label": "联系电话", "mask": "middle"},
            ],
        },
        {
            "id": "p3",
            "title": "经过",
            "items": [
                {
                    "fid": "c1", "key": "story", "type": "textarea", "label": "纠纷经过", "required": True,
                    "search": True, "hint": "什么时间、什么地点、谁和谁、因为什么，现在怎样",
                },
                {
                    "fid": "c2", "key": "wanted", "type": "select_multiple", "label": "当事人的要求",
                    "options": _options(("stop", "停止影响"), ("repair", "修复"), ("pay", "赔偿"),
                                        ("sorry", "赔礼道歉")),
                },
            ],
        },
    ],
}  # fmt: skip

RENTAL: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "rental",
    "title": {"zh_Hans_CN": "出租房登记", "en": "Rental homes"},
    "stale_policy": "finish_old",
    "list": ["village", "landlord", "phone", "tenants", "since", "checked"],
    "pages": [
        {
            "id": "p1",
            "title": "房屋与房东",
            "items": [
                VILLAGE,
                {
                    "fid": "a2", "key": "landlord", "type": "person_name", "label": "房东", "required": True,
                    "search": True,
                },
                {
                    "fid": "a3", "key": "phone", "type": "cn_mobile", "label": "房东电话", "required": True,
                    "mask": "middle",
                },
                {
                    "fid": "a4", "key": "address", "type": "text", "label": "房屋地址", "required": True,
                    "mask": "middle", "max": 100,
                },
                {"fid": "a5", "key": "rooms", "type": "integer", "label": "出租间数", "min": 1, "max": 99},
            ],
        },
        {
            "id": "p2",
            "title": "租住与核查",
            "items": [
                {
                    "fid": "b1", "key": "tenants", "type": "integer", "label": "租客人数", "required": True, "min": 0,
                    "max": 99, "index": True,
                },
                {
                    "fid": "b2", "key": "since", "type": "date", "label": "起租日期", "required": True, "index": True,
                    "hint": "租住开始后三个工作日内登记",
                },
                {
                    "fid": "b3", "key": "checked", "type": "select_one", "label": "核查结果", "required": True,
                    "index": True,
                    "options": _options(("waiting", "待核查"), ("fine", "已核查"), ("hazard", "有隐患")),
                },
                {
                    "fid": "b4", "key": "hazards", "type": "select_multiple", "label": "隐患", "required": True,
                    "show": {"eq": [{"var": "b3"}, "hazard"]},
                    "options": _options(("wire", "私拉电线"), ("gas", "燃气"), ("exit", "通道堵塞"), ("other", "其他")),
                },
                {"fid": "b5", "key": "photos", "type": "image", "label": "现场照片", "multiple": 6},
            ],
        },
        {
            "id": "p3",
            "title": "租客名单",
            "items": [
                {
                    "fid": "c1", "key": "tenant_list", "type": "repeat", "label": "租客", "max": 20,
                    "items": [
                        {
                            "fid": "c2", "key": "tenant", "type": "person_name", "label": "租客姓名", "required": True,
                            "search": True,
                        },
                        {"fid": "c3", "key": "tenant_id_no", "type": "cn_id", "label": "租客身份证号"},
                        {"fid": "c4", "key": "rent", "type": "money", "label": "月租金（元）", "min": "0"},
                    ],
                },
                {
                    "fid": "c5", "key": "rents", "type": "calculate", "label": "租金合计（元）", "index": True,
                    "value": {"sum": [{"each": ["c1", {"var": "c4"}]}]},
                },
            ],
        },
    ],
}  # fmt: skip

HAZARD: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "hazard",
    "title": {"zh_Hans_CN": "隐患排查", "en": "Hazards"},
    "stale_policy": "finish_old",
    "list": ["village", "place", "kind", "found_on", "mended"],
    "stages": [
        {"value": "found", "label": "已发现"},
        {"value": "mending", "label": "整改中"},
        {"value": "mended", "label": "已整改"},
    ],
    "pages": [
        {
            "id": "p1",
            "title": "排查情况",
            "items": [
                VILLAGE,
                {
                    "fid": "a2", "key": "place", "type": "text", "label": "地点", "required": True, "max": 60,
                    "search": True,
                },
                {
                    "fid": "a3", "key": "kind", "type": "select_one", "label": "隐患类别", "required": True,
                    "index": True,
                    "options": _options(("fire", "消防"), ("road", "道路"), ("water", "临水"), ("house", "房屋"),
                                        ("slope", "山体"), ("other", "其他")),
                },
                {
                    "fid": "a4", "key": "found_on", "type": "date", "label": "发现日期", "required": True,
                    "index": True, "default": {"today": []}, "rules": _not_later("a4", "发现日期"),
                },
                {"fid": "a5", "key": "mended", "type": "boolean", "label": "当场整改", "index": True},
                {
                    "fid": "a6", "key": "story", "type": "textarea", "label": "情况说明", "required": True,
                    "search": True,
                },
                {"fid": "a7", "key": "photos", "type": "image", "label": "照片", "multiple": 6},
            ],
        },
    ],
}  # fmt: skip

FORMS = ((NEIGHBOUR_DISPUTE, "LLJF"), (RENTAL, "CZFW"), (HAZARD, "YHPC"))
