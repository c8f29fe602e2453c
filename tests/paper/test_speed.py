from __future__ import annotations

import statistics
from dataclasses import replace

from server_stub.interface.clock import real_monotonic_ns
from server_stub.paper.fronts import render_residence, residence_main
from server_stub.paper.typesetter import typeset
from server_stub.paper.warm import warm_up
from tests.paper import samples
from tests.paper.reading import finish


def test_a_finished_sheet_takes_at_most_three_times_the_bare_typesetting_of_its_front() -> None:
    warm_up("見本市")
    issuer, single = samples.issuer(), samples.single()
    bare, finished = [], []
    for i in range(24):
        # another content every time, or Typst would answer from its memory
        copy = replace(single, address=f"見本市見本通{i}番地")
        other = replace(single, address=f"見本市見本通{i}番地の2")
        started = real_monotonic_ns()
        finish(render_residence([copy], issuer, "household"))
        finished.append(real_monotonic_ns() - started)
        main = residence_main([other], issuer, "household")
        started = real_monotonic_ns()
        typeset(main)
        bare.append(real_monotonic_ns() - started)
    assert statistics.median(finished[4:]) < 3 * statistics.median(bare[4:])
