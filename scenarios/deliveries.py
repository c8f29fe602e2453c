"""What a town's existing systems deliver: anew each night, as every municipality does, so that the replica never grows old.

The files are the town's own, or what lies in the folder `delivery/CODE` beside the servers' databases: whoever changes a file
there delivers it with the next night. They are written in the town's own format, or in one of those in its folder `deliveries`.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path

from server_stub.faults.box import FaultBox
from server_stub.interface.clock import JST, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import FILE_NAME
from server_stub.interface.trace import Trace
from server_stub.registry.importers import Loaded
from server_stub.registry.replica import generations_of
from server_stub.settings_file import file_named, settings_wrong

from .towns import FORMATS, Town

NIGHT = time(5, 0)
"""作成日時 of a night's delivery, JST; the terminals open at 6:30."""
NO_DELIVERY = "issuing.no_delivery"
"""The fault that lets none arrive."""
_LOOK_EVERY = 1.0
_LOG = logging.getLogger(__name__)


def last_night(now: datetime) -> datetime:
    """When the latest delivery before `now` was made."""
    today = datetime.combine(now.astimezone(JST).date(), NIGHT, JST)
    return today if today <= now else today - timedelta(days=1)


def delivered_since(url: str, night: datetime) -> bool:
    """Whether the replica at `url` has been told of `night`, also if that was taken back since."""
    return any(generation.made_at >= night for generation in generations_of(url))


def deliver(
    town: Town,
    url: str,
    files: Path,
    notices: Path,
    made_at: datetime,
    clock: Clock,
    trace: Trace,
    formats: Path | None = None,
    progress: Callable[[int, int, str], None] = lambda done, of, file: None,
) -> Loaded:
    """Load the delivery in `files` as one of `town` made at `made_at` (to the second), in one of `formats` (none: those beside the
    files, else the town's), with the authority's `notices` and, if there are any, those that lie among the files: of cards that
    nobody has (`konbini town grow`). Raises as `Town.load`."""
    beside = files / FORMATS
    if formats is None and beside.is_dir():
        formats = beside
    with _with_delivered(notices, files / FILE_NAME) as both:
        return town.load(
            url,
            both,
            clock,
            trace,
            files,
            made_at=made_at.replace(microsecond=0),
            formats=formats,
            progress=progress,
        )


@contextmanager
def _with_delivered(notices: Path, delivered: Path) -> Iterator[Path]:
    if not delivered.is_file():
        yield notices
        return
    with tempfile.TemporaryDirectory(prefix="konbini-notices-") as folder:
        both = Path(folder) / FILE_NAME
        with both.open("wb") as out, notices.open("rb") as first, delivered.open("rb") as second:
            shutil.copyfileobj(first, out)
            second.readline()
            shutil.copyfileobj(second, out)
        yield both


def check_own_files(folder: Path, towns: Iterable[Town]) -> None:
    """Raises Failed(Settings_Wrong) if something lies in `folder`, where each town has a folder of its own, that is no town's: it
    would never be delivered. What is hidden is nobody's delivery."""
    places = {town.code for town in towns}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.name.startswith(".") and not (path.name in places and path.is_dir()):
            raise settings_wrong(
                file_named(path),
                "",
                "・".join(f"{folder.name}/{code}" for code in sorted(places))
                + " に置いた連携ファイル（ほかの場所のファイルは連携されません。移すか、取り除いてください）",
            )


class NightlyDelivery:
    """Delivers in a thread of its own whenever the clock has passed a night, however far it jumped; each night once."""

    def __init__(
        self,
        town: Town,
        url: str,
        own_files: Path,
        notices: Path,
        clock: Clock,
        trace: Trace,
        faults: FaultBox,
        hindered: Callable[[], bool] = lambda: False,
    ) -> None:
        """Delivers at once if a night has passed, before it returns; `start` it for the nights to come. `own_files`: read instead
        of the town's, if there. `hindered`: whether an outage keeps it from arriving."""
        self._town, self._url, self._own_files, self._notices = town, url, own_files, notices
        self._clock, self._trace, self._faults = clock, trace, faults
        self._hindered = hindered
        self._settled: datetime | None = None
        self._working = threading.Lock()
        self._wake = threading.Event()
        self._stop = False
        self._deliver_if_due()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="nightly-delivery", daemon=True)

    def start(self) -> None:
        self._unsubscribe = self._clock.subscribe(self.wake)
        self._thread.start()

    def wake(self) -> None:
        """Look now: the clock or a fault has changed."""
        self._wake.set()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Inside, nothing is delivered, and another database may be put below; afterwards everything is looked at anew."""
        with self._working:
            yield
            self._settled = None
        self.wake()

    def again(self) -> None:
        """Deliver the latest night once more: the issue notices have changed."""
        with self._working:
            told = generations_of(self._url)
            self._deliver(max((one.made_at for one in told), default=last_night(self._clock.now())))

    def stop(self) -> None:
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self._stop = True
        self._wake.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait(_LOOK_EVERY)
            self._wake.clear()
            if not self._stop:
                self._deliver_if_due()

    def _deliver_if_due(self) -> None:
        with self._working:
            night = last_night(self._clock.now())
            if night == self._settled or NO_DELIVERY in self._faults.active() or self._hindered():
                return
            try:
                if not delivered_since(self._url, night):
                    self._deliver(night)
            except Failed as failed:  # the systems deliver again the next night
                _LOG.warning("the nightly delivery of %s was refused: %s", self._town.name, failed)
            except Exception:
                _LOG.exception("the nightly delivery failed")
            self._settled = night

    def _deliver(self, made_at: datetime) -> None:
        files = self._own_files if self._own_files.is_dir() else self._town.delivery
        deliver(self._town, self._url, files, self._notices, made_at, self._clock, self._trace)
