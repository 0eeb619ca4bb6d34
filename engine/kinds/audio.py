"""Sound: what somebody said, recorded on the spot or chosen from what the phone keeps."""

from __future__ import annotations

from typing import ClassVar

from engine.kinds.uploads import UploadKind
from engine.messages import N_


class AudioKind(UploadKind):
    name: ClassVar[str] = "audio"
    label: ClassVar[str] = N_("录音")
    xlsform_type: ClassVar[str] = "audio"
    count: ClassVar[str] = N_("%(n)s 段录音")
    too_many: ClassVar[str] = N_("最多上传 %(most)s 段录音")
    lost: ClassVar[str] = N_("录音没有上传成功，请重新上传")
