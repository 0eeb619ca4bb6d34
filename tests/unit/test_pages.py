"""The page judge itself: a good page passes, each fault is named."""

from __future__ import annotations

import pytest

from tests.pages import faults

ICON = '<svg class="icon me-1" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M1 1h9"/></svg>'
GOOD = f"""<!doctype html>
<html lang="zh-Hans-CN"><head><meta charset="utf-8"><title>登记 · 枝叶</title></head>
<body><h1>登记</h1>
<form action="/save" method="post"><input type="hidden" name="csrf_token" value="x">
<label for="name">姓名</label><input id="name" name="name" value="Smith">
<label>电话 <input name="phone"></label>
<button>{ICON}保存</button></form>
<p>导出 XLSX，账号 <span translate="no">Grid Worker</span>，见 https://example.test/a，<code>flask demo</code></p>
<a lang="en" href="/en">English</a>
</body></html>"""


def test_a_good_page_has_no_fault() -> None:
    assert list(faults(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<!doctype html>", "", "not strict HTML5"),
        ("<h1>登记</h1>", "<h1>登记</h1><h1>登记</h1>", "2 <h1>"),
        ("<h1>登记</h1>", "<h1>别的</h1>", "does not begin with the heading"),
        ("<h1>登记</h1>", "<h1>登记<b></h1></b>", "not strict HTML5"),
        (' action="/save"', "", "has no action"),
        ('<input type="hidden" name="csrf_token" value="x">', "", "posts without csrf_token"),
        ('method="post"', 'method="get"', "puts its csrf_token into the address"),
        ("<button>", '<button id="name">', "there twice"),
        ('<label for="name">姓名</label>', "", "has no label"),
        ("<button>", '<button onclick="x()">', "inline onclick"),
        ("<p>", '<p style="color:red">', "inline style"),
        ("<p>", "<script>1</script><p>", "has no nonce"),
        ('href="/en"', 'href="javascript:x()"', "javascript: address"),
        ("<p>", '<img src="/a.png"><p>', "has no alt"),
        ("保存", "Save", "not Chinese: 'Save'"),
        ("<button>", '<button title="Save it">', "not Chinese: 'Save it'"),
        (' lang="zh-Hans-CN"', "", "has no lang"),
        ("</svg>", "", "not strict HTML5"),
        ("</svg>", "<p>字</p></svg>", "not strict HTML5"),
        ("</svg>", "<path></svg>", "not strict HTML5"),
        ("<path d", '<path onload="x()" d', "inline onload"),
        ("<path d", '<path id="name" d', "an icon has the id"),
        ("</svg>", "<text>Save</text></svg>", "an icon has words: 'Save'"),
        (ICON, ICON.replace("</svg>", "") + ICON, "not strict HTML5"),
        ("账号 <span", "账号 admin <span", "not Chinese: 'admin'"),
    ],
)
def test_each_fault_is_named(old: str, new: str, said: str) -> None:
    assert old in GOOD
    found = list(faults(GOOD.replace(old, new, 1)))
    assert any(said in fault for fault in found), found
