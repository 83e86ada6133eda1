"""A shared folder on the Hugging Face Hub. No code is sent, and none is run."""

import glob
from pathlib import Path
from typing import Any, NamedTuple

from gradunc.errors import InputError, one_line, shown
from gradunc.models.adapters.huggingface.hub import PREFIX, HubName, hub_library, hub_name
from gradunc.models.checkpoints.export import CONFIG, is_export
from gradunc.names import is_repository
from gradunc.sharing.card import CARD
from gradunc.sharing.folder import owned

LOGIN = "run hf auth login with a token that may write, or set HF_TOKEN"
UNAUTHORISED, FORBIDDEN, MISSING = 401, 403, 404
FRESH = frozenset({".gitattributes", CARD})
"""What the hub itself may put into a new repository."""
WAIT = "try again; what is already there is not sent twice"


class Uploaded(NamedTuple):
    """What has become of a folder."""

    url: str
    commit: str
    """Its number on the hub."""
    private: bool | None
    """None = the hub has not said."""


def target_name(text: str) -> HubName:
    """The repository that `hub=ORG/NAME[@BRANCH]` names.

    Raises:
        InputError: no such name.

    >>> target_name("me/depth-street@v2")
    HubName(repository='me/depth-street', revision='v2')
    """
    name = hub_name(f"{PREFIX}{text}")
    if name is None or not is_repository(name.repository):
        raise InputError(f"hub='{shown(text)}' names no repository; give hub=ORG/NAME or hub=ORG/NAME@BRANCH")
    return name


def upload(folder: Path, name: HubName, *, private: bool | None, message: str) -> Uploaded:
    """Send a folder to a repository, which is made if it is not there; one commit.

    Args:
        folder: see `write_folder`.
        name: of the repository, and of the branch.
        private: whether others cannot see it; None = as it is, or what the owner's settings say for a new one.
            Of a repository that is there it is never changed.
        message: of the commit.

    Raises:
        InputError: no client, no login, no right, no hub, other files than ours there, or a public repository
            that was to be private, or the other way round.
    """
    hub = hub_library(f"hub={_said(name)}")
    if hub.constants.is_offline_mode():
        raise InputError(f"hub={_said(name)} cannot be reached: HF_HUB_OFFLINE forbids it; unset HF_HUB_OFFLINE")
    api, sent_files = hub.HfApi(), owned(folder)
    try:
        api.create_repo(name.repository, private=private, exist_ok=True)
        found = _there(hub, api, name)
        before = _check(api, name, found, private)
        if name.revision is not None:
            api.create_branch(name.repository, branch=name.revision, exist_ok=True)
        sent = api.upload_folder(
            repo_id=name.repository,
            folder_path=folder,
            revision=name.revision,
            commit_message=message,
            allow_patterns=_patterns(sent_files),
            delete_patterns=_patterns(before - sent_files),
        )
    except InputError:
        raise
    except Exception as error:  # of many classes, some of the HTTP client's own
        raise InputError(f"hub={_said(name)} {_reason(hub, name, error)}") from error
    page = f"{api.endpoint}/{name.repository}"
    return Uploaded(page if name.revision is None else f"{page}/tree/{name.revision}", sent.oid, found.private)


def _there(hub: Any, api: Any, name: HubName) -> Any:
    """What the branch holds; of one that is to be made, the main branch, of which it will be a copy."""
    try:
        return api.model_info(name.repository, revision=name.revision)
    except hub.errors.RevisionNotFoundError:
        return api.model_info(name.repository)


def _check(api: Any, name: HubName, found: Any, private: bool | None) -> set[str]:
    """The files there that an earlier call has sent; `InputError` for a repository that must not be written to."""
    if None not in (private, found.private) and private != found.private:
        is_so, asked = ("private", "public") if found.private else ("public", "private")
        raise InputError(
            f"hub={_said(name)} is {is_so}, and nothing was sent; give another name, or make it {asked} in its settings"
        )
    names = {one.rfilename for one in found.siblings or ()}
    if names <= FRESH:
        return set()
    if CONFIG in names and is_export(there := _config(api, name, found).parent):
        return owned(there) & names
    theirs = min(names - FRESH)
    raise InputError(
        f"hub={_said(name)} holds files of another program ('{theirs}'), and nothing was sent; give another name"
    )


def _patterns(names: set[str]) -> list[str]:
    """What the client takes for exactly these files."""
    return [glob.escape(name) for name in sorted(names)]


def _config(api: Any, name: HubName, found: Any) -> Path:
    return Path(api.hf_hub_download(name.repository, CONFIG, revision=found.sha))


def _said(name: HubName) -> str:
    return str(name).removeprefix(PREFIX)


def _reason(hub: Any, name: HubName, error: Exception) -> str:
    """Why nothing was sent, and what to do: the end of a message that begins with the name."""
    owner = name.repository.partition("/")[0]
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, hub.errors.LocalTokenNotFoundError) or status == UNAUTHORISED:
        return f"needs a login, and there is none, or its token is not valid; {LOGIN}"
    if status == FORBIDDEN:
        return f"refuses: your token may not write to '{owner}'; {LOGIN}, or give a name of your own"
    if status == MISSING:
        return f"cannot be made: there is no user or organisation '{owner}', or it is not yours; check the name"
    text = one_line(f"{type(error).__name__}: {error}", 200)
    return f"cannot be written to ({text}); {WAIT}"
