"""A register of rented houses, whose tenants and their visits are rows: what the tests of rows fill in."""

from __future__ import annotations

from typing import Any

RENT: dict[str, Any] = {
    "schema": "zhiye-form/1",
    "key": "rent",
    "title": "出租房登记",
    "pages": [
        {"id": "p1", "title": "房屋", "items": [
            {"fid": "a1", "key": "village", "type": "org", "level": "village", "label": "所在村", "required": True,
             "default": {"user": "village"}},
            {"fid": "a2", "key": "empty", "type": "boolean", "label": "空置"},
            {"fid": "g0", "key": "host", "type": "group", "label": "房东", "show": {"not": [{"var": "a2"}]},
             "items": [
                {"fid": "g1", "key": "host_name", "type": "person_name", "label": "房东姓名",
                 "required": {"filled": [{"var": "b0"}]}}]},
            {"fid": "b0", "key": "tenants", "type": "repeat", "label": "租客", "min": 1, "max": 3,
             "show": {"not": [{"var": "a2"}]}, "items": [
                {"fid": "b1", "key": "name", "type": "person_name", "label": "租客姓名", "required": True},
                {"fid": "b2", "key": "phone", "type": "cn_mobile", "label": "租客电话"},
                {"fid": "b3", "key": "rent", "type": "decimal", "label": "月租金", "min": 0},
                {"fid": "b4", "key": "from", "type": "select_one", "label": "来源", "options": [
                    {"value": "here", "label": "本地"}, {"value": "away", "label": "外地"}]},
                {"fid": "b5", "key": "home", "type": "text", "label": "来自哪里", "required": True,
                 "show": {"eq": [{"var": "b4"}, "away"]}},
                {"fid": "b6", "key": "photo", "type": "image", "label": "证件照片"},
                {"fid": "d0", "key": "visits", "type": "repeat", "label": "走访", "items": [
                    {"fid": "d1", "key": "day", "type": "date", "label": "走访日期", "required": True}]}]},
            {"fid": "a3", "key": "total", "type": "calculate", "label": "租金合计",
             "value": {"sum": [{"each": ["b0", {"var": "b3"}]}]}},
            {"fid": "a4", "key": "much", "type": "note", "label": "租金超过一万元，请报税务部门。",
             "show": {"gt": [{"var": "a3"}, 10000]}},
        ]},
    ],
}  # fmt: skip
