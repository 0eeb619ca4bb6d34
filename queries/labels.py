"""The Chinese words for what is stored as words: levels, kinds, states, tables and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from models.calendar import DayStatus
from models.categories import CategoryKind
from models.orgs import Level
from queries.accounts import ROLE_LABELS

LEVELS: Mapping[str, Any] = {
    Level.COUNTY: _l("县"),
    Level.TOWNSHIP: _l("乡镇（街道）"),
    Level.VILLAGE: _l("村（社区）"),
    Level.DEPARTMENT: _l("部门"),
    Level.COMMITTEE: _l("调委会"),
    Level.STUDIO: _l("工作室"),
}
CATEGORY_KINDS: Mapping[str, Any] = {
    CategoryKind.DISPUTE: _l("纠纷类型"),
    CategoryKind.CHANNEL: _l("来源渠道"),
    CategoryKind.HAZARD: _l("隐患类型"),
    CategoryKind.OTHER: _l("其他"),
}
DAY_STATUSES: Mapping[str, Any] = {DayStatus.OFFICIAL: _l("正式"), DayStatus.PROJECTED: _l("暂定")}
SEXES: Mapping[str, Any] = {"male": _l("男"), "female": _l("女"), "unknown": _l("未知")}
STATES: Mapping[str, Any] = {
    "draft": _l("草稿"),
    "published": _l("使用中"),
    "retired": _l("已停用"),
    "active": _l("有效"),
    "void": _l("已作废"),
}
PERSONAL: Mapping[str, Any] = {"id_no": _l("身份证号"), "phone": _l("手机号"), "address": _l("住址")}
# What people are told somebody did to a form's draft, by the name under which the audit keeps it.
FORM_EDITS: Mapping[str, Any] = {
    "item_added": _l("添加了题目"),
    "item_changed": _l("修改了题目"),
    "item_copied": _l("复制了题目"),
    "item_moved": _l("移动了题目"),
    "item_retired": _l("停用了题目"),
    "item_reused": _l("重新启用了题目"),
    "item_removed": _l("删除了题目"),
    "page_added": _l("添加了一页"),
    "page_changed": _l("修改了页名"),
    "page_moved": _l("移动了一页"),
    "page_removed": _l("删除了一页"),
    "settings": _l("修改了表单设置"),
    "import": _l("导入了表单定义"),
    "restore": _l("把旧版本恢复成草稿"),
}
ORIGINS: Mapping[str, Any] = {  # acts that nobody did over the network, by the origin of their actor
    "demo": _l("演示数据"),
    "flask county create": _l("运维命令"),
    "flask forms reindex": _l("运维命令"),
    "sweep_files": _l("夜间任务"),
}
WORDS: Mapping[str, Mapping[str, Any]] = {
    "by": {"password": _l("用户名和密码"), "single-sign-on": _l("统一认证")},
    "did": FORM_EDITS,
    "why": {"password": _l("密码不对"), "code": _l("验证码不对"), "unknown": _l("没有这个用户名")},
    "level": LEVELS,
    "kind": CATEGORY_KINDS,
    "status": DAY_STATUSES,
    "sex": SEXES,
    "state": STATES,
    "field": PERSONAL,
    "role": {str(role): label for role, label in ROLE_LABELS.items()},
}

THINGS: Mapping[str, Any] = {
    "org_unit": _l("组织"),
    "user": _l("用户"),
    "membership": _l("角色"),
    "sign_in": _l("登录"),
    "resident": _l("居民"),
    "household": _l("家庭"),
    "category": _l("类别"),
    "calendar_day": _l("工作日历"),
    "setting": _l("设置"),
    "form": _l("表单"),
    "form_version": _l("表单版本"),
    "record": _l("登记"),
    "draft": _l("草稿"),
    "file": _l("文件"),
}

FIELDS: Mapping[str, Any] = {
    "active": _l("启用"),
    "address": _l("住址"),
    "address_hint": _l("位置提示"),
    "address_sealed": _l("住址"),
    "by": _l("方式"),
    "birth_date": _l("出生日期"),
    "closed_on": _l("销户日期"),
    "code": _l("编号"),
    "count": _l("条数"),
    "county_id": _l("所属县"),
    "current_version": _l("当前版本"),
    "day": _l("日期"),
    "days": _l("天数"),
    "demo": _l("演示账号"),
    "did": _l("改了什么"),
    "draft": _l("表单草稿"),
    "ended_sign_ins": _l("结束的登录数"),
    "failures": _l("连续输错次数"),
    "failed_sign_ins": _l("输错次数"),
    "filters": _l("条件"),
    "end": _l("结束日期"),
    "fid": _l("字段"),
    "field": _l("项目"),
    "format": _l("格式"),
    "head_name": _l("户主"),
    "household_id": _l("家庭"),
    "id_no": _l("身份证号"),
    "id_no_sealed": _l("身份证号"),
    "is_work": _l("上班"),
    "key": _l("标识"),
    "kind": _l("种类"),
    "layout": _l("页面和顺序"),
    "level": _l("层级"),
    "list": _l("列表设置"),
    "locale": _l("界面语言"),
    "locked_until": _l("锁定至"),
    "moved_out_on": _l("迁出日期"),
    "must_change_password": _l("须改密码"),
    "name": _l("名称"),
    "note": _l("说明"),
    "number": _l("编号"),
    "oidc_subject": _l("统一认证账号"),
    "mended": _l("修复条数"),
    "org": _l("组织名称"),
    "org_id": _l("组织"),
    "origin": _l("来自"),
    "parent_id": _l("上级"),
    "password_changed_at": _l("密码修改时间"),
    "password_hash": _l("密码"),
    "phone": _l("手机号"),
    "phone_sealed": _l("手机号"),
    "pinyin": _l("拼音"),
    "position": _l("顺序"),
    "prefix": _l("编号前缀"),
    "reason": _l("原因"),
    "role": _l("角色"),
    "rows": _l("行数"),
    "rules": _l("校验"),
    "schema": _l("定义格式"),
    "searched": _l("搜索"),
    "second_factor": _l("两步验证"),
    "sex": _l("性别"),
    "sha256": _l("指纹"),
    "size": _l("大小"),
    "source": _l("来源"),
    "stale_policy": _l("旧版怎么办"),
    "start": _l("开始日期"),
    "state": _l("状态"),
    "status": _l("性质"),
    "tests": _l("自带的检查"),
    "title": _l("标题"),
    "totp_required": _l("须用两步验证"),
    "totp_sealed": _l("两步验证密钥"),
    "town_id": _l("所属乡镇"),
    "uid": _l("文件编号"),
    "username": _l("用户名"),
    "valid_from": _l("启用日期"),
    "valid_to": _l("停用日期"),
    "value": _l("值"),
    "version": _l("版本"),
    "village_id": _l("所属村"),
    "why": _l("原因"),
    "year": _l("年份"),
}
