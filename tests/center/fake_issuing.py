"""An issuing server for the centre's tests: answers by the contract, and can be told to break it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import pikepdf
from fastapi import FastAPI, Request, Response

from server_stub.interface.failures import Failed
from server_stub.interface.issuing import (
    IssuedPage,
    IssuedPaper,
    IssueRequest,
    LedgerReport,
    OfferList,
    OffersRequest,
    OrdinanceServicesRequest,
)
from server_stub.interface.offers import Offer, Subject
from server_stub.interface.restoration import (
    ApplicationKept,
    RecordsTold,
    RestorationEntry,
    RestorationList,
    ToldApplication,
)
from server_stub.interface.terminal import OrdinanceService, OrdinanceServices, ReportTaken
from server_stub.interface.values import Box, FailureBody, MunicipalityInfo
from server_stub.node import failure_response
from tests.terminal.sheets import Draw, drawn

KEY = "centre-shows-this-key"
SUBJECTS = (
    Subject(ref="a" * 32, name="見本　太郎", note={"ja": "世帯主"}, holder=True),
    Subject(ref="b" * 32, name="見本　花子", note={"ja": "妻"}, holder=False),
)
YES, NO = {"ja": "記載する"}, {"ja": "記載しない"}
QUESTIONS = tuple(
    {
        "code": code, "words": {"ja": words}, "default": "no",
        "choices": [{"code": "yes", "words": YES, "secret": code == "my_number"}, {"code": "no", "words": NO}],
    }
    for code, words in (("relationship", "続柄"), ("my_number", "個人番号"))
)  # fmt: skip
FEE = 300
BOX = Box(x=103, y=67, width=34, height=6)


@cache
def blank_pages(number: int) -> str:
    with pikepdf.new() as pdf:
        for _ in range(number):
            pdf.add_blank_page(page_size=(595.28, 841.89))
        stream = BytesIO()
        pdf.save(stream)
    return base64.b64encode(stream.getvalue()).decode()


def with_fronts(paper: dict[str, Any], title: str = "住民票の写し") -> None:
    """Put fronts in `paper` that bear what is declared of each, one a page."""
    names = {subject.ref: subject.name for subject in SUBJECTS}

    def front(page: dict[str, Any]) -> Draw:
        def draw(canvas: Any) -> None:
            canvas.setFont("SheetGothic", 10)
            told = (title, *(names[ref] for ref in page["subjects"]), page["issue_number"])
            for line, words in enumerate((*told, f"{page['k']}／{page['n']}")):
                canvas.drawString(72, 700 - 20 * line, words)

        return draw

    paper["pdf"] = base64.b64encode(drawn(*(front(page) for page in paper["pages"]))).decode()


class FakeIssuing:
    """`offers` and `paper` may be replaced by a test; `requests` and `reports` hold what came in, in order."""

    def __init__(self, info: Callable[[str], MunicipalityInfo]) -> None:
        self._info = self.told_of = info
        self.reset()

    def reset(self) -> None:
        self.told_of = self._info
        self.refusal: Failed | None = None
        self.answer: Response | None = None
        self.report_refusal: Failed | None = None
        self.stumble_over = ""
        self.services: tuple[OrdinanceService, ...] = ()
        self.change: Callable[[dict[str, Any]], None] = lambda paper: None
        self.before_answer: Callable[[], None] = lambda: None
        self.offer_refusal: Failed | None = None
        self.standing_refusal: Failed | None = None
        self.traceparents: list[str] = []
        self.asked: list[OffersRequest] = []
        self.requests: list[IssueRequest] = []
        self.reports: list[tuple[str, LedgerReport]] = []
        self.restorations: tuple[RestorationEntry, ...] = ()
        self.told: list[ToldApplication] = []
        self.differs = ""
        self.complete: list[RecordsTold] = []
        self.changed = threading.Condition()

    def offers(self, request: OffersRequest) -> OfferList:
        residence = Offer.model_validate(
            {
                "kind": "residence", "words": {"ja": "住民票の写し"}, "title": "住民票の写し", "fee": FEE, "max_copies": 10,
                "hours": {"ja": "6時30分から23時"}, "questions": QUESTIONS, "subjects": SUBJECTS,
                "scopes": ("whole", "chosen"), "whole": {"ja": "世帯全員"},
                "refusal": self.offer_refusal and FailureBody.of(self.offer_refusal),
            }
        )  # fmt: skip
        return OfferList(municipality=self.told_of(request.municipality), offers=(residence,))

    def paper(self, request: IssueRequest) -> dict[str, Any]:
        """One sheet a member and copy."""
        asked = request.application
        refs = asked.subjects
        pages = [
            IssuedPage(
                copy_number=copy,
                k=k,
                n=len(refs),
                subjects=(ref,),
                issue_number=f"{request.application_id}-{copy}",
                answers=asked.answers,
                secret_boxes=(BOX,) if asked.answers.get("my_number") == "yes" else (),
            )
            for copy in range(1, asked.copies + 1)
            for k, ref in enumerate(refs, start=1)
        ]
        paper = IssuedPaper(
            application_id=request.application_id,
            holder=request.holder,
            kind=asked.kind,
            municipality=asked.municipality,
            generation=7,
            fee_total=FEE * asked.copies,
            pages=tuple(pages),
            pdf=blank_pages(len(pages)),
        ).model_dump(mode="json")
        self.change(paper)
        return paper

    def wait_for_reports(self, number: int) -> list[tuple[str, LedgerReport]]:
        """Waits for the state, not for time; the limit only ends a test that has failed."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.reports) >= number, 10), self.reports
            return list(self.reports)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def _around(request: Request, call_next: Any) -> Response:
            if request.headers.get("authorization") != f"Bearer {KEY}":
                return failure_response(Failed("Caller_Unknown"))
            self.traceparents.append(request.headers["traceparent"])
            if self.answer is not None:
                return self.answer
            if self.refusal is not None:
                return failure_response(self.refusal)
            response: Response = await call_next(request)
            return response

        @app.post("/v1/ordinance-services")
        def ordinance_services(body: OrdinanceServicesRequest) -> OrdinanceServices:
            return OrdinanceServices(services=self.services)

        @app.post("/v1/offers")
        def offers(body: OffersRequest) -> OfferList:
            self.asked.append(body)
            return self.offers(body)

        @app.post("/v1/applications")
        def applications(body: IssueRequest) -> dict[str, Any]:
            with self.changed:
                self.requests.append(body)
                self.changed.notify_all()
            paper = self.paper(body)
            self.before_answer()
            return paper

        @app.post("/v1/applications/{application_id}/reports", response_model=None)
        def reports(application_id: str, body: LedgerReport) -> ReportTaken | Response:
            if application_id == self.stumble_over:
                return failure_response(Failed("Internal_Error"))
            with self.changed:
                self.reports.append((application_id, body))
                self.changed.notify_all()
            if self.report_refusal is not None:
                return failure_response(self.report_refusal)
            return ReportTaken(application_id=application_id, state=body.kind)

        @app.post("/v1/applications/{application_id}/standing")
        def standing(application_id: str) -> Response:
            if self.standing_refusal is not None:
                return failure_response(self.standing_refusal)
            return Response(status_code=204)

        @app.get("/v1/restorations")
        def restorations() -> RestorationList:
            return RestorationList(restorations=self.restorations)

        @app.post("/v1/restorations/{restoration_id}/applications", response_model=None)
        def tell_again(restoration_id: str, body: ToldApplication) -> ApplicationKept | Response:
            if body.application_id == self.differs:
                return failure_response(Failed("Records_Differ"))
            self.told.append(body)
            return ApplicationKept(application_id=body.application_id, state=None, restored=True)

        @app.post("/v1/restorations/{restoration_id}/complete")
        def complete(restoration_id: str, body: RecordsTold) -> RestorationList:
            self.restorations = ()
            self.complete.append(body)
            return RestorationList(restorations=())

        return app
