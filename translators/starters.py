"""The starter: one model for many directions, laid out as a package for each that shares its files.

Karvan brings one; the recipe of tools/starter makes others.
"""

import json
import os
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

from translators.languages import name
from translators.shelf import STARTER, BadPackage, Package, hash_file, read_package, scan_packages
from translators.shelving import Origin, hold_shelf, make_folder, shelve_package, take_away_package

DIRECTIONS = "directions.json"


def is_starter(path: Path) -> bool:
    """Whether this is a folder that the recipe of tools/starter wrote."""
    return (path / DIRECTIONS).is_file()


def install_starter(directory: Path, *, installed_at: str, source: Path | None = None) -> list[Package]:
    """Lay out the starter as one package folder per direction, sharing one model; changes nothing that is right.

    `source`: a folder that the recipe of tools/starter wrote; None is the starter that ships. Raises BadPackage.
    """
    source = source or Path(str(resources.files("translators").joinpath("starter")))
    about = _read_about(source)
    origin = Origin(None, installed_at)
    with hold_shelf(directory):
        standing = {(each.name, each.version): each for each in scan_packages(directory).packages}
        model = hash_file(source / "model" / "model.bin")
        shared: Path | None = None
        installed = []
        for entry in about["directions"]:
            key = (f"{STARTER}-{entry['from']}_{entry['to']}", about["version"])
            package = standing.get(key)
            if package is None or hash_file(package.model) != model:
                with make_folder(directory) as beside:
                    folder = _lay_out_starter(beside / "package", source, shared, entry, about)
                    package = shelve_package(read_package(folder), directory, origin)
            shared = package.folder
            installed.append(package)
        _drop_other_starters(installed, directory, installed_at)
    return installed


def _read_about(source: Path) -> dict[str, Any]:
    """What directions.json says: name, version, directions."""
    missing = [each for each in ("model/model.bin", "sentencepiece.model") if not (source / each).is_file()]
    if missing:
        raise BadPackage(f"{source} has no {' and no '.join(missing)}")
    try:
        about: dict[str, Any] = json.loads((source / DIRECTIONS).read_text(encoding="utf-8"))
        needed = [about["name"], about["version"]]
        needed += [entry[key] for entry in about["directions"] for key in ("from", "to", "target_prefix")]
    except (OSError, ValueError, RecursionError) as error:
        raise BadPackage(f"{source / DIRECTIONS} cannot be read: {error}") from error
    except (KeyError, TypeError) as error:
        raise BadPackage(f"{source / DIRECTIONS} lacks name, version, or a direction's from, to or prefix") from error
    if len(needed) < 3 or not all(isinstance(each, str) for each in needed):
        raise BadPackage(f"{source / DIRECTIONS}: name, version, from, to and target_prefix are texts")
    return about


def _lay_out_starter(
    folder: Path, source: Path, shared: Path | None, entry: dict[str, str], about: dict[str, str]
) -> Path:
    """The first direction copies Karvan's files, so that a later upgrade of them changes no package in place."""
    (folder / "model").mkdir(parents=True)
    readme = ["README.md"] if (source / "README.md").is_file() else []
    for each in (*readme, "sentencepiece.model", *(f"model/{path.name}" for path in (source / "model").iterdir())):
        if shared:
            _link(shared / each, folder / each)
        else:
            shutil.copyfile(source / each, folder / each)
    metadata = {
        "package_version": about["version"],
        "argos_version": "1.9",
        "from_code": entry["from"],
        "from_name": name(entry["from"], "en"),
        "to_code": entry["to"],
        "to_name": name(entry["to"], "en"),
        "target_prefix": entry["target_prefix"],
        "name": about["name"],
        "quality": "starter",
        "type": "translate",
    }
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    (folder / "metadata.json").write_text(text, encoding="utf-8")
    return folder


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, target)


def _drop_other_starters(installed: list[Package], directory: Path, now: str) -> None:
    """An older starter had directions that this one has not."""
    names = {package.name for package in installed}
    stray = [each for each in scan_packages(directory).packages if each.quality == "starter" and each.name not in names]
    for package in stray:
        take_away_package(package, directory, now)
