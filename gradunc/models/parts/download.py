"""Published weights of timm backbones: those on this disk, or a server that answers.

Offline the hub's client asks ten times, for a minute, and also when the file lies in its cache. Here the cache is
looked at first, and a server is asked once.
"""

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache

from gradunc.models.parts.quick_timm import timm

TIMEOUT = 5.0
"""Seconds in which a server must answer one request."""

PROXY_REFUSES = 407
SERVER_ERROR = 500


class Unreachable(OSError):
    """The server of published weights does not answer."""

    def __init__(self, url: str, reason: object) -> None:
        super().__init__(f"{url.partition('://')[2].partition('/')[0] or url} cannot be reached: {reason}")
        self.url = url


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirection is an answer; followed, it would begin to load the file."""

    def redirect_request(self, *args: Any, **named: Any) -> None:
        """Nothing to ask next."""


def published_weights(name: str) -> dict[str, Any]:
    """Keywords of `timm.create_model` for the published weights of a backbone.

    Args:
        name: that timm knows.

    Returns:
        The file in the cache as the source, or nothing beside `pretrained`: timm then downloads.

    Raises:
        Unreachable: the file is not on this disk, and its server does not answer one request.
    """
    config: Any = timm.get_pretrained_cfg(name)
    if config is None or constants.HF_HUB_OFFLINE:
        return {"pretrained": True}
    if config.hf_hub_id:
        hub_id, _, revision = config.hf_hub_id.partition("@")
        places = list(_file_names(config.hf_hub_filename))
        for place in places:
            found = try_to_load_from_cache(hub_id, place, revision=revision or None)
            if isinstance(found, str):
                return _from_file(found, config)
        check_reachable(hf_hub_url(hub_id, places[0], revision=revision or None))
    elif config.url:
        url = config.url if isinstance(config.url, str) else config.url[0]
        if not (Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name).is_file():
            check_reachable(url)
    return {"pretrained": True}


def _from_file(path: str, config: Any) -> dict[str, Any]:
    # As timm loads from the hub: `custom_load: True` is about files of other programs only, which lie elsewhere.
    return {"pretrained": True, "pretrained_cfg_overlay": {"file": path, "custom_load": config.custom_load == "hf"}}


def _file_names(given: str | None) -> Iterator[str]:
    """What timm asks the hub for, in its order: safetensors first."""
    name = given or "pytorch_model.bin"
    if name.endswith(".bin"):
        yield f"{name.removesuffix('.bin')}.safetensors".replace("pytorch_", "")
    yield name


def check_reachable(url: str) -> None:
    """Ask for a file once, without loading it; any answer of the server itself will do.

    A certificate is an answer too: the hub's client has authorities of its own, and may trust one that Python does not.

    Raises:
        Unreachable: no address, no connection, no answer in time or none of HTTP, or a proxy or server that is out of
            order.
    """
    try:
        opener = urllib.request.build_opener(_NoRedirect)
        opener.open(urllib.request.Request(url, method="HEAD"), timeout=TIMEOUT).close()
    except urllib.error.HTTPError as error:
        if error.code == PROXY_REFUSES or error.code >= SERVER_ERROR:
            raise Unreachable(url, f"it answers {error.code} {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if not isinstance(reason, ssl.SSLError):
            raise Unreachable(url, _told(reason)) from error


def _told(reason: object) -> object:
    """What went wrong, in one line, without the number of an error of the system."""
    if isinstance(reason, OSError):
        return reason.strerror or type(reason).__name__
    return " ".join(str(reason).split()) or type(reason).__name__
