"""The API's documentation as pages that need no other server: /docs and /redoc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

_ASSETS = "/docs/assets"


def install(api: FastAPI) -> None:
    """Serve the pages; their scripts come from the package fastapi-offline, not from a content network."""
    document = api.openapi_url or "/openapi.json"
    icon = f"{_ASSETS}/favicon.png"

    async def docs(_request: Request) -> Response:
        return get_swagger_ui_html(
            openapi_url=document,
            title=f"{api.title}: try it",
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=icon,
        )

    async def redoc(_request: Request) -> Response:
        return get_redoc_html(
            openapi_url=document,
            title=f"{api.title}: reference",
            redoc_js_url=f"{_ASSETS}/redoc.standalone.js",
            redoc_favicon_url=icon,
            with_google_fonts=False,
        )

    assets = StaticFiles(packages=[("fastapi_offline", "static")])
    api.router.routes.extend((
        Mount(_ASSETS, assets, name="assets"),
        Route("/docs", docs),
        Route("/redoc", redoc),
    ))
