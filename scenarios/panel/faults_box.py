"""障害: named faults of the servers, each switched on and off."""

from __future__ import annotations

from functools import partial
from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from . import theme
from .client import Attempt, PanelClient
from .parts import button, label, row

_NODES = {
    "center": "証明書交付センター",
    "issuing": "証明発行サーバ",
    "authority": "認証局（OCSP）",
    "existing_system": "既存システム（PDF連携）",
    "outage": "庁舎・回線・データセンター",
}


class FaultsBox(QWidget):
    def __init__(self, client: PanelClient, attempt: Attempt) -> None:
        super().__init__()
        self._client, self._attempt = client, attempt
        self.switches: dict[str, QPushButton] = {}
        listed = QWidget()
        inside = QVBoxLayout(listed)
        inside.setContentsMargins(theme.EDGE, theme.GAP, theme.EDGE, theme.GAP)
        inside.setSpacing(theme.GAP)
        in_order = sorted(
            client.faults().items(), key=lambda item: (list(_NODES).index(_node(item[0])), item[0])
        )
        for node, faults in groupby(in_order, key=lambda item: _node(item[0])):
            inside.addWidget(label(_NODES[node], "head"))
            for name, text in faults:
                switch = button("起こす", partial(self._switch, name), tip=name)
                switch.setAccessibleName(f"障害 {name}")
                switch.setCheckable(True)
                switch.setFixedWidth(theme.px(84))
                self.switches[name] = switch
                told = label(text, wrap=True)
                line = row(switch, told)
                line.setStretch(1, 1)
                inside.addLayout(line)
        inside.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(listed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.addWidget(label("起こした障害は、もう一度押すか、最初に戻すまで続きます。", "soft", wrap=True))
        layout.addWidget(area, 1)

    def refresh(self) -> None:
        active = self._client.active_faults()
        for name, switch in self.switches.items():
            switch.setChecked(name in active)
            switch.setText("戻す" if name in active else "起こす")

    def _switch(self, name: str) -> None:
        on = self.switches[name].isChecked()
        done = "障害を起こしました。" if on else "障害を戻しました。"
        self._attempt(lambda: self._client.switch_fault(name, on), done)
        self.refresh()


def _node(fault: str) -> str:
    return fault.split(".")[0]
