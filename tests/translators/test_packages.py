"""Packages: archives are checked before they are unpacked, what is installed is recorded, the broken harm nobody."""

import io
import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from translators import Direction
from translators.lockfile import read_lock, read_records
from translators.packages import (
    BadArchive,
    BadIndex,
    BadLock,
    BadPackage,
    BadPair,
    ChangedPackage,
    NotInIndex,
    find_index_entry,
    install,
    install_pair,
    list_packages,
    read_package,
    remove,
    scan_packages,
)
from translators.starters import install_starter

AT = "2026-01-01T00:00:00Z"
EN_AZ = Direction("en", "az")
METADATA = {"package_version": "1.5", "argos_version": "1.5", "from_code": "en", "to_code": "az"}


def make_members(
    metadata: object = METADATA, model: bytes = b"weights", top: str = "translate-en_az-1_5"
) -> dict[str, bytes]:
    return {
        f"{top}/metadata.json": json.dumps(metadata).encode(),
        f"{top}/model/model.bin": model,
        f"{top}/model/config.json": b"{}",
        f"{top}/sentencepiece.model": b"pieces",
    }


def write_archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def list_everything(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.name != ".installing")


def test_an_archive_becomes_a_package_and_is_recorded(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "en_az.argosmodel", make_members())
    seen: list[tuple[int, int]] = []
    [package] = install(
        path, tmp_path / "shelf", installed_at=AT, progress=lambda done, total: seen.append((done, total))
    )
    assert (package.direction, package.version, package.quality) == (EN_AZ, "1.5", "draft")
    assert list_packages(tmp_path / "shelf") == [package]
    assert seen[-1][0] == seen[-1][1] > 0
    lock = json.loads((tmp_path / "shelf" / "languages.lock").read_text())["packages"]["translate-en_az"]
    assert lock["installed_at"] == AT
    assert len(lock["archive_sha256"]) == len(lock["model_sha256"]) == len(lock["files_sha256"]) == 64


def test_every_archive_of_a_folder_is_installed(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.argosmodel", make_members())
    write_archive(tmp_path / "b.argosmodel", make_members(METADATA | {"from_code": "az", "to_code": "en"}))
    (tmp_path / "readme.txt").write_text("not a package")
    assert len(install(tmp_path, tmp_path / "shelf", installed_at=AT)) == 2
    with pytest.raises(BadPackage, match=r"no \.argosmodel"):
        install(tmp_path / "shelf", tmp_path / "shelf2", installed_at=AT)


def test_a_changed_package_of_the_same_version_is_refused_until_accepted(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    path = write_archive(tmp_path / "p.argosmodel", make_members())
    [first] = install(path, shelf, installed_at=AT)
    assert install(path, shelf, installed_at=AT) == [first]
    write_archive(path, make_members(model=b"other weights"))
    with pytest.raises(ChangedPackage, match=r"translate-en_az 1\.5 was [0-9a-f]{64}"):
        install(path, shelf, installed_at=AT)
    assert list_packages(shelf) == [first]
    [second] = install(path, shelf, installed_at=AT, accept_changed=True)
    assert second.model.read_bytes() == b"other weights"
    assert list_packages(shelf) == [second]
    assert not first.folder.exists()


def test_a_new_version_replaces_the_old_one(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    install(write_archive(tmp_path / "p.argosmodel", make_members()), shelf, installed_at=AT)
    newer = make_members(METADATA | {"package_version": "1.10"}, b"new")
    [package] = install(write_archive(tmp_path / "q.argosmodel", newer), shelf, installed_at=AT)
    assert scan_packages(shelf).packages == (package,)


def test_weights_that_are_not_those_recorded_are_not_used(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    [package] = install(write_archive(tmp_path / "p.argosmodel", make_members()), shelf, installed_at=AT)
    package.model.write_bytes(b"tampered with")
    found = scan_packages(shelf)
    assert found.packages == ()
    assert "languages.lock" in found.broken[0].reason
    [again] = install(tmp_path / "p.argosmodel", shelf, installed_at=AT)
    assert scan_packages(shelf).packages == (again,)


@pytest.mark.parametrize("file", ["sentencepiece.model", "metadata.json", "model/config.json", "model/another.bin"])
def test_no_file_of_a_package_can_be_swapped(tmp_path: Path, file: str) -> None:
    shelf = tmp_path / "shelf"
    [package] = install(write_archive(tmp_path / "p.argosmodel", make_members()), shelf, installed_at=AT)
    assert scan_packages(shelf).packages == (package,)
    place = package.folder / file
    place.write_bytes((place.read_bytes() if place.exists() else b"") + b" ")
    found = scan_packages(shelf)
    assert found.packages == ()
    assert "its files are not those that languages.lock records" in found.broken[0].reason


def test_a_package_that_was_removed_is_known_when_it_comes_back_changed(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    path = write_archive(tmp_path / "p.argosmodel", make_members())
    install(path, shelf, installed_at=AT)
    assert remove(EN_AZ, shelf, removed_at="2026-12-01T00:00:00Z") == ["translate-en_az"]
    assert read_lock(shelf) == {}
    assert read_records(shelf)["translate-en_az"]["removed_at"] == "2026-12-01T00:00:00Z"
    other = write_archive(tmp_path / "q.argosmodel", make_members(model=b"other weights"))
    with pytest.raises(ChangedPackage, match=r"translate-en_az 1\.5 was [0-9a-f]{64}"):
        install(other, shelf, installed_at=AT)
    assert list_packages(shelf) == []
    [again] = install(path, shelf, installed_at=AT)
    assert list_packages(shelf) == [again]
    assert "removed_at" not in read_records(shelf)["translate-en_az"]


def make_link(name: str, target: str) -> tuple[zipfile.ZipInfo, str]:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "leave its folder"),
        ("translate-en_az-1_5/../../evil", "leave its folder"),
        ("/etc/evil", "leave its folder"),
        ("translate-en_az-1_5//evil", "leave its folder"),
        ("translate-en_az-1_5/./evil", "leave its folder"),
        ("..\\evil", "not accepted"),
        ("C:/evil", "not accepted"),
        ("other/evil", "one folder"),
        ("evil", "one folder"),
        ("translate-en_az-1_5/model/model.bin/evil", "as file and as folder"),
    ],
)
def test_an_archive_that_would_leave_its_folder_unpacks_nothing(tmp_path: Path, name: str, reason: str) -> None:
    path = write_archive(tmp_path / "p.argosmodel", make_members() | {name: b"evil"})
    with pytest.raises(BadArchive, match=reason):
        install(path, tmp_path / "shelf", installed_at=AT)
    assert list_everything(tmp_path) == ["p.argosmodel", "shelf", "shelf/.installing"][:2]


def test_links_double_names_and_locked_members_are_refused(tmp_path: Path) -> None:
    top = "translate-en_az-1_5"
    path = tmp_path / "p.argosmodel"
    write_archive(path, make_members())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(*make_link(f"{top}/link", "/etc/passwd"))
    with pytest.raises(BadArchive, match="neither file nor folder"):
        install(path, tmp_path / "shelf", installed_at=AT)
    write_archive(path, make_members())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"{top}/metadata.json", b"{}")
    with pytest.raises(BadArchive, match="twice"):
        install(path, tmp_path / "shelf", installed_at=AT)
    raw = bytearray(write_archive(path, make_members()).read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(BadArchive, match="encrypted"):
        install(path, tmp_path / "shelf", installed_at=AT)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "p.argosmodel", make_members(model=bytes(20_000_000)))
    with pytest.raises(BadArchive, match="times its size"):
        install(path, tmp_path / "shelf", installed_at=AT)
    many = make_members() | {f"translate-en_az-1_5/x/{number}": b"" for number in range(2_100)}
    with pytest.raises(BadArchive, match="members"):
        install(write_archive(path, many), tmp_path / "shelf", installed_at=AT)
    endless = make_members() | {f"translate-en_az-1_5/{number:0240}": b"" for number in range(4_000)}
    with pytest.raises(BadArchive, match="list of members"):
        install(write_archive(path, endless), tmp_path / "shelf", installed_at=AT)
    assert scan_packages(tmp_path / "shelf").packages == ()


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_a_torn_archive_is_refused(tmp_path: Path, keep: int) -> None:
    path = write_archive(tmp_path / "p.argosmodel", make_members(model=os.urandom(5_000)))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadArchive, match="not a sound zip"):
        install(path, tmp_path / "shelf", installed_at=AT)


def test_an_archive_whose_bytes_are_damaged_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "p.argosmodel", make_members(model=os.urandom(5_000)))
    raw = bytearray(path.read_bytes())
    raw[2_000:2_100] = bytes(100)
    path.write_bytes(raw)
    with pytest.raises(BadArchive, match="not a sound zip"):
        install(path, tmp_path / "shelf", installed_at=AT)


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        {},
        METADATA | {"from_code": 5},
        METADATA | {"from_code": "../x"},
        METADATA | {"to_code": "en"},
        METADATA | {"package_version": "1/../../2"},
        METADATA | {"type": "sbd"},
        METADATA | {"target_prefix": "x" * 100},
    ],
)
def test_bad_metadata_is_refused(tmp_path: Path, metadata: object) -> None:
    path = write_archive(tmp_path / "p.argosmodel", make_members(metadata))
    with pytest.raises(BadPackage, match=r"p\.argosmodel: metadata"):
        install(path, tmp_path / "shelf", installed_at=AT)


def test_a_bpe_package_is_refused_with_the_reason(tmp_path: Path) -> None:
    members = make_members()
    members["translate-en_az-1_5/bpe.model"] = members.pop("translate-en_az-1_5/sentencepiece.model")
    with pytest.raises(BadPackage, match="BPE"):
        install(write_archive(tmp_path / "p.argosmodel", members), tmp_path / "shelf", installed_at=AT)


def test_a_broken_folder_harms_no_other(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    [package] = install(write_archive(tmp_path / "p.argosmodel", make_members()), shelf, installed_at=AT)
    (shelf / "stray").mkdir()
    (shelf / "bad").mkdir()
    (shelf / "bad" / "metadata.json").write_text("{" * 100_000)
    (shelf / "a-file").write_text("x")
    found = scan_packages(shelf)
    assert found.packages == (package,)
    assert [broken.folder.name for broken in found.broken] == ["bad", "stray"]
    assert list_packages(tmp_path / "nowhere") == []


def test_the_starter_is_laid_out_once_and_shares_its_weights(tmp_path: Path, starter_dir: Path) -> None:
    packages = list_packages(starter_dir)
    assert len(packages) >= 14
    assert {package.quality for package in packages} == {"starter"}
    assert len({package.model.stat().st_ino for package in packages}) == 1
    before = {path: path.stat().st_mtime_ns for path in starter_dir.rglob("*") if path.is_file()}
    install_starter(starter_dir, installed_at="2027-01-01T00:00:00Z")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    shutil.copytree(packages[0].folder, tmp_path / "copy")
    assert read_package(tmp_path / "copy").direction == packages[0].direction


def test_a_package_stands_before_the_starter_and_removing_it_brings_the_starter_back(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    install_starter(shelf, installed_at=AT)
    install(write_archive(tmp_path / "p.argosmodel", make_members()), shelf, installed_at=AT)
    serving = {package.direction: package.quality for package in list_packages(shelf)}
    assert serving[EN_AZ] == "draft"
    assert serving[Direction("az", "en")] == "starter"
    assert remove(EN_AZ, shelf, removed_at=AT) == ["translate-en_az"]
    serving = {package.direction: package.quality for package in list_packages(shelf)}
    assert serving[EN_AZ] == "starter"
    assert remove(EN_AZ, shelf, removed_at=AT, starter=True) == ["karvan-starter-en_az"]
    assert EN_AZ not in {package.direction for package in list_packages(shelf)}


def test_a_package_cannot_call_itself_fit_for_publication(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "p.argosmodel", make_members(METADATA | {"quality": "publish"}))
    [package] = install(path, tmp_path / "shelf", installed_at=AT)
    assert package.quality == "draft"


def make_index(*rows: object) -> str:
    return json.dumps(list(rows))


def make_row(version: str, *links: str) -> dict[str, object]:
    return METADATA | {"package_version": version, "links": list(links)}


def test_the_newest_package_of_a_pair_is_found_in_the_index() -> None:
    index = make_index("odd", {"type": "sbd"}, make_row("1.9", "a"), make_row("1.10", "b"), METADATA | {"to_code": 3})
    assert find_index_entry(index, "en-az").links == ("b",)
    with pytest.raises(NotInIndex, match="az-en"):
        find_index_entry(index, "az-en")
    for bad in ("{}", "nonsense", "[" * 100_000):
        with pytest.raises(BadIndex):
            find_index_entry(bad, "en-az")
    for pair in ("en", "en-", "-", "en-zh-Hant", "x" * 100):
        with pytest.raises(BadPair, match="not a pair"):
            find_index_entry(index, pair)


def test_a_pair_is_installed_from_an_index_on_disk_and_from_the_network_by_the_callers_fetch(tmp_path: Path) -> None:
    write_archive(tmp_path / "en_az.argosmodel", make_members())
    index = tmp_path / "index.json"
    index.write_text(make_index(make_row("1.5", "ipfs://x", "en_az.argosmodel")))

    def refuse(address: str, path: Path) -> None:
        raise AssertionError(address)

    for address in (str(index), index.as_uri()):
        package = install_pair("en-az", tmp_path / "shelf", index=address, fetch=refuse, installed_at=AT)
        assert package.direction == EN_AZ

    fetched = []

    def fetch(address: str, path: Path) -> None:
        fetched.append(address)
        path.write_bytes((tmp_path / address.rpartition("/")[2]).read_bytes())

    address = "https://mirror.example/argos/index.json"
    install_pair("en-az", tmp_path / "shelf2", index=address, fetch=fetch, installed_at=AT)
    assert fetched == [address, "https://mirror.example/argos/en_az.argosmodel"]


def test_an_index_from_the_network_cannot_name_files_of_this_machine(tmp_path: Path) -> None:
    index = make_index(make_row("1.5", "file:///etc/passwd"))
    with pytest.raises(BadIndex, match="no usable link"):
        install_pair(
            "en-az",
            tmp_path,
            index="https://mirror.example/index.json",
            fetch=lambda _, path: path.write_text(index) and None,
            installed_at=AT,
        )


def test_a_fresh_archive_is_only_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in make_members().items():
            archive.writestr(name, content)
    path = tmp_path / "p.argosmodel"
    path.write_bytes(buffer.getvalue())
    path.chmod(0o400)
    install(path, tmp_path / "shelf", installed_at=AT)
    assert path.read_bytes() == buffer.getvalue()


def test_with_a_damaged_lock_nothing_is_used_or_installed_and_the_reason_is_told(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    path = write_archive(tmp_path / "p.argosmodel", make_members())
    [package] = install(path, shelf, installed_at=AT)
    (shelf / "languages.lock").write_text("{")
    found = scan_packages(shelf)
    assert found.packages == ()
    assert "languages.lock cannot be read" in found.broken[0].reason
    with pytest.raises(BadLock):
        install(path, shelf, installed_at=AT)
    assert package.folder.exists()


def test_what_a_killed_installer_left_is_swept_away(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    (shelf / ".new-x" / "half").mkdir(parents=True)
    (shelf / ".old-y").mkdir()
    assert scan_packages(shelf).broken == ()
    install(write_archive(tmp_path / "p.argosmodel", make_members()), shelf, installed_at=AT)
    assert [path.name for path in shelf.iterdir() if path.name.startswith((".new", ".old"))] == []
