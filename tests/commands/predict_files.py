"""Names of the files that `infer.py predict` writes."""

RUN_FILES = {"summary.json", ".settings.json"}


def of(name: str, *suffixes: str) -> set[str]:
    return {f"{name}{suffix}" for suffix in suffixes or (".depth.npy", ".uncertainty.npy", ".panel.png")}
