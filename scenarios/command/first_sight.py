"""`konbini gallery --composed FILE`: one picture of terminal, panel, paper and evidence, all taken from one visit that is really made."""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .usage import WrongUse

if TYPE_CHECKING:
    from scenarios.stage import Stage
    from scenarios.steps.world import World

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars", "--lang=ja",
)  # fmt: skip
_SIZE = (1600, 1130)
_EVIDENCE_SIZE = (1180, 1000)
_PAPER_DPI = 110
_SECONDS = 120
_LAST_COIN = 50
FEATURE, SCENARIO = "証明書の交付", "証明書を受け取る"
CARD = "港太一のカード"


def compose(file: Path) -> None:
    """Make a visit, and write a picture (PNG) of its parts side by side. Raises WrongUse without a browser that draws it."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise WrongUse("絵を組むには Chromium が要ります。make setup を実行してください。")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory(prefix="konbini-sight-") as temporary:
        folder = Path(temporary)
        pictures = _visit(folder)
        evidence = folder / "evidence.png"
        _shot(browser, folder, folder / "evidence.html", evidence, _EVIDENCE_SIZE)
        pictures["evidence"] = evidence.read_bytes()
        page = folder / "page.html"
        data = {
            name: f"data:image/png;base64,{base64.b64encode(one).decode()}" for name, one in pictures.items()
        }
        page.write_text(_PAGE.format(**data), encoding="utf-8")
        _shot(browser, folder, page, folder / "page.png", _SIZE)
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / "page.png", file)


def _visit(folder: Path) -> dict[str, bytes]:
    """The pictures by what they show; the evidence is left in `folder` as a page."""
    from PySide6.QtWidgets import QApplication

    from scenarios.driver import keep_screen
    from scenarios.evidence import write_evidence
    from scenarios.panel import PanelWindow, StageClient
    from scenarios.stage import Stage
    from scenarios.steps.world import World
    from scenarios.verdict import PASSED, Verdict

    application = QApplication.instance() or QApplication([])
    trace = folder / "trace"
    trace.mkdir()
    with Stage(separate=True) as stage:
        stage.keep_screens = True
        stage.reset(SCENARIO, trace)
        world = World(stage, stage.start_kiosk(separate=True))
        world.passing = lambda: keep_screen(stage.trace, world.terminal)
        stage.trace.emit("scenario", "scenario_started", name=SCENARIO, feature=FEATURE, tags=[])
        steps = _Steps(stage, world)
        steps.do("前提", "キオスク端末が待機している", lambda: world.terminal.wait_for("TopMenu"))
        steps.do("もし", f"「{CARD}」で本人確認を済ませる", lambda: world.identify(CARD))
        offer = next(one for one in world.offers() if one.refusal is None)
        name, fee, whole = offer.words["ja"], offer.fee, (offer.whole or {"ja": "本人だけ"})["ja"]
        steps.do("もし", f"{name}を、{whole}・1部で選ぶ", lambda: world.choose(whole, 1, name))
        steps.do("もし", "内容を確認して申し込む", lambda: world.apply())
        steps.do("もし", f"{fee - _LAST_COIN}円を入れる", lambda: world.drop(fee - _LAST_COIN))
        panel = PanelWindow(StageClient(stage, lambda: None))
        panel.show()
        panel.choice.choices[-1].click()  # free play: the parts, not the choice of tours
        for _ in range(3):  # looks, and what they lay out anew
            panel.look()
            panel.trace.refresh()
            application.processEvents()
        terminal, beside = world.terminal.picture(), _png(panel)
        panel.close()
        steps.do("もし", f"{_LAST_COIN}円を入れる", lambda: world.drop(_LAST_COIN))
        world.terminal.wait_for("TakePaper")
        steps.do("もし", "印刷が終わり、用紙を取る", world.take_paper)
        steps.do("ならば", f"手数料{fee}円が一度だけ記録されている", lambda: world.check_charges(fee))
        stage.trace.emit("scenario", "scenario_ended")
        paper, back = _sides(world.papers[0])
        papers = stage.printed_papers()
        stage.close_trace()
        verdict = Verdict(
            FEATURE, SCENARIO, "", "konbini gallery --composed", 0, PASSED, steps.seconds, steps=steps.count, run=stage.trace.run
        )  # fmt: skip
        write_evidence(trace, folder / "evidence.html", verdict, papers=papers)
    return {"terminal": terminal, "panel": beside, "paper": paper, "back": back}


class _Steps:
    """Tells the trace of each step, as a scenario's plugin does."""

    def __init__(self, stage: Stage, world: World) -> None:
        self._stage, self._world = stage, world
        self.count = 0
        self._begun = stage.clock.now()

    @property
    def seconds(self) -> float:
        return (self._stage.clock.now() - self._begun).total_seconds()

    def do(self, keyword: str, sentence: str, action: Callable[[], object]) -> None:
        trace, terminal = self._stage.trace, self._world.terminal
        self.count += 1
        trace.emit("scenario", "step_started", keyword=keyword, sentence=sentence, index=self.count)
        action()
        trace.emit(
            "scenario", "step_ended", index=self.count, status="passed", screen=terminal.screen(), error="",
            picture=trace.store(terminal.picture(), ".png"),
        )  # fmt: skip


def _png(widget: object) -> bytes:
    from PySide6.QtCore import QBuffer
    from PySide6.QtWidgets import QWidget

    assert isinstance(widget, QWidget)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    widget.grab().toImage().save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def _sides(pdf: Path) -> list[bytes]:
    """Front and back as an eye sees them."""
    import pypdfium2

    from server_stub.paper.viewing import page_picture

    sides = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in (document[0], document[1]):
            made = io.BytesIO()
            page_picture(page, _PAPER_DPI).save(made, "PNG")
            sides.append(made.getvalue())
    return sides


def _shot(browser: str, folder: Path, page: Path, to: Path, size: tuple[int, int]) -> None:
    """Have the browser draw a page. Raises WrongUse when it does not."""
    command = [browser, *_FLAGS, f"--user-data-dir={folder / 'browser'}", f"--window-size={size[0]},{size[1]}",
               f"--screenshot={to}", page.as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if not to.is_file():
        raise WrongUse(f"Chromium が絵を描けませんでした（終了コード {done.returncode}）。")


_PAGE = """<!doctype html><html lang="ja"><meta charset="utf-8"><style>
body {{ margin: 0; width: 1600px; height: 1130px; background: #e9eef3; position: relative; overflow: hidden;
  font-family: "BIZ UDPGothic", sans-serif; color: #1a1a1a }}
figure {{ margin: 0; position: absolute }}
figcaption {{ font-size: 21px; font-weight: bold; margin: 0 0 10px; color: #0b4a75 }}
figcaption span {{ font-weight: normal; font-size: 18px; color: #444; margin-left: 10px }}
img {{ display: block; width: 100% }}
.frame {{ overflow: hidden; background: #fff; box-shadow: 0 6px 22px rgba(20, 40, 60, .28) }}
.terminal .frame {{ border: 18px solid #23282d; border-radius: 14px }}
.panel .frame, .evidence .frame {{ border-radius: 8px; border: 1px solid #b8c4ce }}
.bar {{ height: 26px; background: #d4dde5; display: flex; align-items: center; gap: 7px; padding-left: 12px }}
.bar i {{ width: 11px; height: 11px; border-radius: 50%; background: #94a5b3 }}
</style>
<figure class="terminal" style="left: 36px; top: 26px; width: 800px">
  <figcaption>端末<span>the terminal</span></figcaption><div class="frame"><img src="{terminal}"></div></figure>
<figure class="panel" style="left: 872px; top: 26px; width: 692px">
  <figcaption>進行役の操作盤<span>the presenter's panel</span></figcaption>
  <div class="frame"><div class="bar"><i></i><i></i><i></i></div><img src="{panel}"></div></figure>
<figure class="paper" style="left: 36px; top: 590px; width: 436px">
  <figcaption>証明書<span>the paper, front and back</span></figcaption>
  <div class="frame" style="height: 476px"><img src="{paper}"></div></figure>
<figure class="paper" style="left: 500px; top: 621px; width: 336px">
  <div class="frame"><img src="{back}"></div></figure>
<figure class="evidence" style="left: 872px; top: 540px; width: 692px">
  <figcaption>証跡<span>the evidence</span></figcaption>
  <div class="frame" style="height: 526px"><div class="bar"><i></i><i></i><i></i></div><img src="{evidence}"></div></figure>
</html>"""
