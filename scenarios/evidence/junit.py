"""The verdicts of a run as JUnit XML: a suite a feature, a case a scenario, under their own names."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from itertools import groupby

from scenarios.verdict import FAILED, SKIPPED, Verdict
from server_stub.interface.clock import Clock

_UNPRINTABLE = {code: f"\\x{code:02x}" for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)}
"""XML 1.0 has no way to write these."""


def junit_xml(verdicts: Sequence[Verdict], problems: Sequence[str] = ()) -> str:
    """`problems`: what kept the run from its end, an error each."""
    root = ElementTree.Element("testsuites", name="konbini run")
    ordered = sorted(verdicts, key=lambda verdict: (verdict.file, verdict.feature))
    for (_file, feature), group in groupby(ordered, key=lambda verdict: (verdict.file, verdict.feature)):
        _suite(root, feature, [_case(verdict) for verdict in group])
    if problems:
        _suite(root, "konbini run", [_problem(number, told) for number, told in enumerate(problems, start=1)])
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(verdict.seconds for verdict in verdicts):.3f}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: ElementTree.Element, name: str, cases: Sequence[ElementTree.Element]) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=_text(name), tests=str(len(cases)))
    for told, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(told, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    suite.set("timestamp", Clock().now().isoformat(timespec="seconds"))
    suite.extend(cases)


def _case(verdict: Verdict) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=_text(verdict.feature),
        name=_text(verdict.title),
        file=_text(verdict.file),
        line=str(verdict.line),
        time=f"{verdict.seconds:.3f}",
    )
    if verdict.outcome == SKIPPED:
        ElementTree.SubElement(case, "skipped", message=_text(verdict.skipped))
    elif verdict.outcome == FAILED:
        why = verdict.why
        message = f"{why.sentence}　期待: {why.expected}　実際: {why.found}" if why else ""
        failure = ElementTree.SubElement(case, "failure", message=_text(message))
        told = [
            f"{one.sentence}\n期待: {one.expected}\n実際: {one.found}\n{one.details}" for one in verdict.whys
        ]
        failure.text = _text("\n".join([verdict.place, *told, *([verdict.page] if verdict.page else [])]))
    if verdict.warnings:
        ElementTree.SubElement(case, "system-out").text = _text("\n".join(verdict.warnings))
    return case


def _problem(number: int, told: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="konbini run", name=f"実行 {number}", time="0.000")
    ElementTree.SubElement(case, "error", message=_text(told.splitlines()[0] if told else "")).text = _text(
        told
    )
    return case


def _text(told: str) -> str:
    return told.translate(_UNPRINTABLE).encode("utf-8", "backslashreplace").decode("utf-8")
