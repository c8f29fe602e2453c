"""The functions of the console, ONE FILE A FUNCTION: a router with its pages, and its entry in the list that the navigation is made of.

A file `functions/<key>.py` has `router = APIRouter()`; its routes have the names that `rights.RIGHTS` has, its templates lie in
`pages/<key>/`. How one is added step by step: docs/console.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fastapi import APIRouter

from . import (
    access_log,
    alarms,
    deliveries,
    first_day,
    incidents,
    issue_history,
    login,
    management,
    operation_log_pages,
    operators_pages,
    ordinance,
    registrations,
    restrictions,
    search,
    service_level,
    statistics,
    stops,
    stray_incidents,
    terminals,
    terms_pages,
    vendor_access,
)

if TYPE_CHECKING:
    from server_stub.operations.web import Visit


class Module(Protocol):
    router: APIRouter


MODULES: tuple[Module, ...] = (
    login,
    first_day,
    statistics,
    issue_history,
    access_log,
    service_level,
    restrictions,
    management,
    stops,
    ordinance,
    deliveries,
    stray_incidents,
    incidents,
    terminals,
    alarms,
    search,
    registrations,
    operators_pages,
    terms_pages,
    operation_log_pages,
    vendor_access,
)


@dataclass(frozen=True, slots=True)
class Function:
    """`key`: as `Right.function` has it and the log keeps it; `name`: as the navigation and the log show it; `route`: its first page;
    `path`: where that is; `group`: under which heading."""

    key: str
    name: str
    route: str
    path: str
    group: str


GROUPS = ("毎日の業務", "確認と統計", "設定", "障害と監視")
FUNCTIONS: tuple[Function, ...] = (
    Function("login", "ログイン", "login", "/login", ""),
    Function("first_day", "はじめに", "first_day", "/", "毎日の業務"),
    Function("search", "検索", "search", "/search", "毎日の業務"),
    Function("registrations", "住登外戸籍の利用登録", "registrations", "/registrations", "毎日の業務"),
    Function("vendor_choice", "市区町村の選択", "vendor_choice", "/municipalities", "毎日の業務"),
    Function("restrictions", "発行制限", "restrictions", "/restrictions", "毎日の業務"),
    Function("ordinance", "条例利用の利用登録", "ordinance", "/ordinance", "毎日の業務"),
    Function("statistics", "統計", "statistics", "/statistics", "確認と統計"),
    Function("issue_history", "証明発行履歴確認", "issue_history", "/issues", "確認と統計"),
    Function("access_log", "アクセスログ抽出", "access_log", "/access-log", "確認と統計"),
    Function("operation_log", "操作記録確認", "operation_log", "/operation-log", "確認と統計"),
    Function("management", "管理", "management", "/management", "設定"),
    Function("operators", "操作者権限設定", "operators", "/operators", "設定"),
    Function("terms", "運用の設定", "terms", "/terms", "設定"),
    Function("service_level", "サービスレベル", "service_level", "/service-level", "障害と監視"),
    Function("vendor_access", "事業者の利用期間", "vendor_access", "/vendor-access", "設定"),
    Function("stops", "緊急停止", "stops", "/stops", "障害と監視"),
    Function("stops_everything", "すべての緊急停止", "stops_everything", "/stops/everything", "障害と監視"),
    Function("incidents", "重大事象", "incidents", "/incidents", "障害と監視"),
    Function(
        "stray_incidents",
        "どの市区町村のものでもない重大事象",
        "stray_incidents",
        "/stray-incidents",
        "障害と監視",
    ),
    Function("deliveries", "連携データ", "deliveries", "/deliveries", "障害と監視"),
    Function("terminals", "端末", "terminals", "/terminals", "障害と監視"),
    Function("alarms", "警報", "alarms", "/alarms", "障害と監視"),
)
"""In the order of the navigation. One without a group is in no navigation."""
NAMES = {one.key: one.name for one in FUNCTIONS}


def navigation(visit: Visit) -> Iterator[tuple[str, list[tuple[Function, bool]]]]:
    """Yield each heading with the functions that the operator may use, and whether it is the present one."""
    for group in GROUPS:
        found = [
            (one, one.key == visit.right.function)
            for one in FUNCTIONS
            if one.group == group and visit.may(one.route)
        ]
        if found:
            yield group, found
