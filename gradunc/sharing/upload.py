"""A shared folder on the Hugging Face Hub. No code is sent, and none is run."""

from pathlib import Path
from typing import Any, NamedTuple

from gradunc.errors import InputError, one_line, shown
from gradunc.models.adapters.huggingface.hub import PREFIX, HubName, hub_library, hub_name
from gradunc.models.checkpoints.export import CONFIG, is_export
from gradunc.names import LEARNED_FOLDER, is_repository

LOGIN = "run hf auth login with a token that may write, or set HF_TOKEN"
UNAUTHORISED, FORBIDDEN, MISSING = 401, 403, 404
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
        message: of the commit.

    Raises:
        InputError: no client, no login, no right, no hub, a network of another program there, or a public repository
            that was to be private.
    """
    hub = hub_library(f"hub={_said(name)}")
    if hub.constants.is_offline_mode():
        raise InputError(f"hub={_said(name)} cannot be reached: HF_HUB_OFFLINE forbids it; unset HF_HUB_OFFLINE")
    api = hub.HfApi()
    try:
        api.create_repo(name.repository, private=private, exist_ok=True)
        found = api.model_info(name.repository)
        _check(api, name, found, private)
        if name.revision is not None:
            api.create_branch(name.repository, branch=name.revision, exist_ok=True)
        sent = api.upload_folder(
            repo_id=name.repository,
            folder_path=folder,
            revision=name.revision,
            commit_message=message,
            delete_patterns=f"{LEARNED_FOLDER}/*.safetensors",
        )
    except InputError:
        raise
    except Exception as error:  # of many classes, some of the HTTP client's own
        raise InputError(f"hub={_said(name)} {_reason(hub, name, error)}") from error
    page = f"{api.endpoint}/{name.repository}"
    return Uploaded(page if name.revision is None else f"{page}/tree/{name.revision}", sent.oid, found.private)


def _check(api: Any, name: HubName, found: Any, private: bool | None) -> None:
    """Raise `InputError` for a repository that must not be written to."""
    if private and found.private is False:
        raise InputError(
            f"hub={_said(name)} is public, and nothing was sent; give another name, or make it private in its settings"
        )
    if any(one.rfilename == CONFIG for one in found.siblings or ()):
        place = Path(api.hf_hub_download(name.repository, CONFIG)).parent
        if not is_export(place):
            raise InputError(
                f"hub={_said(name)} holds a network of another program, which would be replaced; give another name"
            )


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
