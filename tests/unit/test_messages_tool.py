"""The catalogues' tool finds what is missing, stale, fuzzy or untranslated."""

from __future__ import annotations

from babel.messages.catalog import Catalog

from tools.messages import problems, repeat_ids


def template(*texts: str) -> Catalog:
    catalogue = Catalog(locale="en", charset="utf-8")
    for text in texts:
        catalogue.add(text)
    return catalogue


def test_a_complete_catalogue_has_no_problem() -> None:
    catalogue = Catalog(locale="en", charset="utf-8", fuzzy=False)
    catalogue.add("保存", "Save")
    assert list(problems("en", catalogue, template("保存"))) == []


def test_each_problem_is_named() -> None:
    catalogue = Catalog(locale="en", charset="utf-8", fuzzy=False)
    catalogue.add("旧的", "Old")
    catalogue.add("模糊", "Vague", flags=["fuzzy"])
    catalogue.add("未译", "")
    catalogue.add("保存草稿", "Save draft.Save draft.")
    catalogue.add("第 %(n)s 行", "Row %(m)s", flags=["python-format"])
    found = "\n".join(problems("en", catalogue, template("模糊", "未译", "保存草稿", "第 %(n)s 行", "新的")))
    assert "missing (make messages): 新的" in found
    assert "no longer used (make messages): 旧的" in found
    assert "fuzzy: 模糊" in found
    assert "not translated: 未译" in found
    assert "says the same again: 保存草稿" in found
    assert "第 %(n)s 行: " in found


def test_the_chinese_catalogue_repeats_its_ids() -> None:
    catalogue = Catalog(locale="zh_Hans_CN", charset="utf-8", fuzzy=False)
    catalogue.add("保存")
    catalogue.add(("%(num)s 条", "%(num)s 条"))
    repeat_ids(catalogue)
    assert list(problems("zh_Hans_CN", catalogue, catalogue)) == []
