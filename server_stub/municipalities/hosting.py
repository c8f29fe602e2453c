"""Say where a municipality's issuing server stands, and who brings what of it: the table [hosting]."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from server_stub.interface.outages import Layer as Layer
from server_stub.interface.outages import Responsible as Responsible
from server_stub.settings_file import Settings


class HostingForm(StrEnum):
    """Where the issuing server stands (足利市's comparison): in a provider's data centre or in the city hall."""

    LGWAN_ASP = "lgwan_asp"
    OWN_HALL = "own_hall"
    """自庁型（セルフASP）."""


class AspService(StrEnum):
    """What the provider of an LGWAN-ASP brings (神戸市's comparison); the municipality brings the rest."""

    APPLICATION = "application"
    """アプリケーションサービス: data centre, servers and software."""
    HOSTING = "hosting"
    """ホスティングサービス: data centre and servers."""
    FACILITY = "facility"
    """ファシリティサービス: the data centre."""


_BROUGHT = {
    AspService.APPLICATION: {Layer.DATA_CENTRE, Layer.SERVER, Layer.SOFTWARE},
    AspService.HOSTING: {Layer.DATA_CENTRE, Layer.SERVER},
    AspService.FACILITY: {Layer.DATA_CENTRE},
}


class HostingTerms(Settings):
    """Where the issuing server stands. `site`: the name of the data centre: municipalities of one site with the same form share one
    issuing server (共同利用). A city hall is a site of its own, whatever `site` says. The others count for an LGWAN-ASP only: what of it the
    provider brings; within how many seconds of the loss of both feeds the generator runs, and for how many hours it has fuel (足利市: one
    minute, 72 hours)."""

    form: Annotated[HostingForm, Field(strict=False)] = HostingForm.LGWAN_ASP
    service: Annotated[AspService, Field(strict=False)] = AspService.APPLICATION
    site: Annotated[str, Field(min_length=1, max_length=40)] = "見本データセンター"
    generator_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    fuel_hours: Annotated[int, Field(ge=0, le=1000)] = 72

    def responsible(self, layer: Layer) -> Responsible:
        """Tell who gets the alarm of `layer`: who brings it. 自庁型: the municipality's officials, for everything."""
        if self.form is HostingForm.LGWAN_ASP and layer in _BROUGHT[self.service]:
            return Responsible.PROVIDER
        return Responsible.MUNICIPALITY
