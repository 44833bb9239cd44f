"""Backups: whatever is handed in as one, only a whole one of ours is brought back, and nothing else is touched."""

import asyncio
import fcntl
import hashlib
import io
import json
import os
import random
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner, Result
from PIL import Image

from server.__main__ import main
from server.backups import bundle, making
from server.backups.manifest import BackupFault
from server.keys import DATABASE
from server.media.media_files import MediaFolder

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ITEMS = "/v1/channels/world/en/items"
PICTURE = b"\xff\xd8\xff not really a picture"
SHA256 = hashlib.sha256(PICTURE).hexdigest()
UPLOAD, SHOWN = f"media/{SHA256[:2]}/{SHA256}/upload", f"media/{SHA256[:2]}/{SHA256}/original.jpg"
RENDITION = '[{"name": "original", "href": "", "media_type": "image/jpeg", "width": 1, "height": 1, "size": 4}]'
FILL = f"""
    INSERT INTO articles (id, outlet, item, uri, head_id, cancel_reason, created_at, changed_at)
      VALUES (1, 'caravan-wire', 'one', 'tag:one', NULL, '', 1, 1),
             (2, 'caravan-wire', 'two', 'tag:two', NULL, '', 1, 1);
    INSERT INTO media (outlet, name, sha256, media_type, size, state, key_id, created_at, changed_at, reason,
                       shown_sha256, renditions)
      VALUES ('caravan-wire', 'a.jpg', '{SHA256}', 'image/jpeg', 23, 'ready', 'k', 1, 1, '', '{SHA256}', '{RENDITION}');
    INSERT INTO keys (id, owner, role, hash, created_at, scopes, label)
      VALUES ('k1', 'caravan-wire', 'outlet', 'h1', 1, '', ''), ('k2', 'admin', 'admin', 'h2', 1, '', '');
    INSERT INTO jobs (kind, subject, batch, priority, owner, turn, revision, attempts, run_at, lease_until, claimed_by,
                      claim, error, created_at)
      VALUES ('settle', '1', '', 1, '', 0, 1, 1, 1, 99, 'w', 'c', '', 1);
    INSERT INTO stamps VALUES ('feed', 'etag', 7, 1000000);
    UPDATE counters SET value = 7 WHERE name = 'change';
"""


@dataclass(frozen=True)
class Folder:
    """A data folder, and the command line on it."""

    data: Path
    config: Path

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(main, ["--config", str(self.config), "--data", str(self.data), *map(str, words)])

    def do(self, *words: object) -> Any:
        """What a command that has to work says as JSON."""
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def query(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.data / "karvan.db", isolation_level=None)) as conn:
            return conn.execute(statement).fetchall()

    def list_files(self) -> dict[str, bytes]:
        paths = (path for path in self.data.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
        return {path.relative_to(self.data).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[str], Folder]:
    def make(name: str) -> Folder:
        config = tmp_path / f"{name}.toml"
        shutil.copyfile(ROOT / "config.toml", config)
        return Folder(tmp_path / name, config)

    return make


@pytest.fixture
def folder(make_folder: Any, new_database: Path) -> Folder:
    """With two articles, a picture, two keys and a job that is being done."""
    made: Folder = make_folder("data")
    made.data.mkdir()
    shutil.copyfile(new_database, made.data / "karvan.db")
    with closing(sqlite3.connect(made.data / "karvan.db")) as conn:
        conn.executescript(FILL)
        conn.execute("PRAGMA journal_mode=WAL")
    for name, content in ((UPLOAD, PICTURE), (SHOWN, b"jpeg")):
        (made.data / name).parent.mkdir(parents=True, exist_ok=True)
        (made.data / name).write_bytes(content)
    return made


@pytest.fixture
def backup(folder: Folder, tmp_path: Path) -> Path:
    path = tmp_path / "kept.tar"
    folder.do("backup", path)
    return path


@pytest.fixture
def empty(make_folder: Any) -> Folder:
    made: Folder = make_folder("other")
    return made


# What is in one


def test_a_backup_can_be_read_with_tar_and_sha256sum(folder: Folder, backup: Path, tmp_path: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    with tarfile.open(backup) as tar:
        names = tar.getnames()
        content = {name: tar.extractfile(name).read() for name in names}  # type: ignore[union-attr]
    assert names == ["manifest.json", "config.toml", "karvan.db", SHOWN, UPLOAD, "SHA256SUMS"]
    assert content["config.toml"] == folder.config.read_bytes()
    assert content[UPLOAD] == PICTURE
    sums = "".join(f"{hashlib.sha256(content[name]).hexdigest()}  {name}\n" for name in names[:-1])
    assert content["SHA256SUMS"].decode() == sums
    said = json.loads(content["manifest.json"])
    assert {name: said[name] for name in ("articles", "versions", "uploads", "keys", "last_change")} == {
        "articles": 2, "versions": 0, "uploads": 1, "keys": 2, "last_change": 7,
    }  # fmt: skip


def test_a_backup_comes_back_as_it_was(folder: Folder, empty: Folder, tmp_path: Path) -> None:
    folder.do("backup", tmp_path / "kept.tar.zst")
    assert (tmp_path / "kept.tar.zst").read_bytes().startswith(bundle.ZSTD)
    empty.config.unlink()
    said = empty.do("restore", tmp_path / "kept.tar.zst")
    assert (said["config"], said["keys_valid"], said["before"]) == ("written", 2, None)
    assert empty.config.read_bytes() == folder.config.read_bytes()
    assert empty.config.stat().st_mode & 0o777 == 0o600
    files = empty.list_files()
    assert files.keys() == {"karvan.db", UPLOAD, SHOWN}
    assert files[UPLOAD] == PICTURE
    assert empty.query("SELECT id, outlet, item FROM articles") == folder.query("SELECT id, outlet, item FROM articles")


def test_a_backup_goes_to_standard_output(folder: Folder, empty: Folder, tmp_path: Path) -> None:
    result = folder.run("backup", "-")
    assert (result.exit_code, "secrets" in result.stderr) == (0, True)
    (tmp_path / "piped").write_bytes(result.stdout_bytes)
    assert folder.run("backup", "--verify", tmp_path / "piped").exit_code == 0
    assert not list(folder.data.glob(".karvan*"))


def test_packages_are_named_and_come_along_when_asked(folder: Folder, empty: Folder, tmp_path: Path) -> None:
    model = folder.data / "packages" / "en_tr" / "model" / "model.bin"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"weights")
    entry = {"version": "1.5", "direction": "en-tr", "model_sha256": "ab"}
    (folder.data / "packages" / "languages.lock").write_text(json.dumps({"packages": {"en_tr": entry}}))
    named = folder.do("backup", tmp_path / "named.tar")["manifest"]["packages"]
    assert named == [{"name": "en_tr", "version": "1.5", "direction": "en-tr", "sha256": "ab", "is_included": False}]
    assert empty.do("restore", tmp_path / "named.tar")["missing_packages"] == ["en_tr"]
    folder.do("backup", tmp_path / "whole.tar", "--with-languages")
    assert empty.do("restore", tmp_path / "whole.tar", "--replace")["missing_packages"] == []
    assert (empty.data / "packages" / "en_tr" / "model" / "model.bin").read_bytes() == b"weights"


def test_a_picture_whose_files_are_gone_is_named(folder: Folder, tmp_path: Path) -> None:
    (folder.data / UPLOAD).unlink()
    result = folder.run("backup", tmp_path / "kept.tar")
    assert result.exit_code == 0
    assert f"their files were gone before: {UPLOAD}" in result.stderr
    assert UPLOAD in folder.run("backup", "--verify", tmp_path / "kept.tar").stderr


async def test_no_file_goes_while_a_backup_copies(folder: Folder, tmp_path: Path) -> None:
    media = MediaFolder(folder.data / "media")
    with media.held():
        assert media.drop(SHA256) is False
        with media.held():
            pass
        assert media.drop("0" * 64) is True
    assert (folder.data / UPLOAD).exists()
    assert media.drop(SHA256) is True
    assert not (folder.data / UPLOAD).parent.exists()


async def test_a_picture_that_is_deleted_meanwhile_goes_afterwards(start: Any, tmp_path: Path) -> None:
    server = await start()
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    path = "/v1/media/caravan-wire/a.jpg"
    sha256 = (await server.call("PUT", path, by="caravan-wire", data=picture.getvalue())).json["sha256"]
    await server.settle()
    media = MediaFolder(tmp_path / "media")
    with media.held():
        assert (await server.call("DELETE", path, by="caravan-wire")).status == 200
        await server.settle()
        assert media.locate(sha256, "original.jpg").exists()
        assert (await server.call("GET", f"/media/{sha256}/original.jpg")).status in (404, 410)
    server.clock.pass_time(seconds=60)
    await server.settle()
    assert not media.locate(sha256, "upload").parent.exists()


# What is no backup


def repack(backup: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the backup again with other files, the hashes and sizes of which are in order."""
    with tarfile.open(backup) as tar:
        content: dict[str, Any] = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    content.pop("SHA256SUMS")
    content = change(content)
    inner = [value for name, value in content.items() if name != "manifest.json"]
    sizes = {"files": len(inner), "bytes": sum(map(len, inner))}
    content["manifest.json"] = json.dumps(json.loads(content["manifest.json"]) | sizes).encode()
    content["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(value).hexdigest()}  {name}\n" for name, value in content.items()
    ).encode()
    with tarfile.open(backup, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, value in content.items():
            head = tarfile.TarInfo(name)
            head.size = len(value)
            tar.addfile(head, io.BytesIO(value))


def set_manifest(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(content: dict[str, Any]) -> dict[str, Any]:
        said = json.loads(content["manifest.json"]) | values
        return content | {"manifest.json": json.dumps(said).encode()}

    return change


def drop_table(content: dict[str, Any]) -> dict[str, Any]:
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.deserialize(content["karvan.db"])
        conn.execute("DROP TABLE versions")
        return content | {"karvan.db": conn.serialize()}


def orphan_row(content: dict[str, Any]) -> dict[str, Any]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as conn:
        conn.deserialize(content["karvan.db"])
        conn.execute("PRAGMA foreign_keys=OFF")
        conn.execute("INSERT INTO topics VALUES (99, 'medtop:1')")
        return content | {"karvan.db": conn.serialize()}


FORGED: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "a path that leaves": (lambda c: c | {"media/../../../evil": b"x"}, "which does not belong there"),
    "an absolute path": (lambda c: c | {"/etc/evil": b"x"}, "which does not belong there"),
    "a hidden part": (lambda c: c | {"packages/.evil": b"x"}, "which does not belong there"),
    "a name of its own": (lambda c: c | {"karvan.lock": b"x"}, "which does not belong there"),
    "a long name": (lambda c: c | {"packages/" + "x" * 300: b"x"}, "which is no plain file"),
    "another format": (set_manifest(format=2), "format 2, this Karvan reads format 1: use a newer one"),
    "a newer schema": (set_manifest(schema=999), "with schema 999, this one knows only"),
    "another count": (set_manifest(articles=3), "its database has articles 2, its manifest 3"),
    "no manifest": (lambda c: {"x": b"", **c}, "does not begin with a manifest"),
    "no database": (lambda c: {name: v for name, v in c.items() if name != "karvan.db"}, "holds no database"),
    "not a database": (lambda c: c | {"karvan.db": b"SQLite format 4" * 99}, "file is not a database"),
    "no table": (drop_table, "no such table"),
    "an orphan": (orphan_row, "a row of topics refers to one of articles that is not there"),
}


def check_refused(empty: Folder, backup: Path, reason: str) -> None:
    """Neither verified nor brought back; nothing is left."""
    for words in (("backup", "--verify", backup), ("restore", backup)):
        result = empty.run(*words)
        assert result.exit_code == 1, (words, result.output)
        assert reason in result.stderr
        assert result.stderr.startswith("karvan: ")
        assert result.stderr.count("\n") == 1
    assert empty.list_files() == {}
    assert not [path for path in empty.data.rglob("*") if path.is_file() and path.name != "karvan.lock"]


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_backup_is_refused(empty: Folder, backup: Path, name: str) -> None:
    change, reason = FORGED[name]
    repack(backup, change)
    check_refused(empty, backup, reason)


def test_an_honest_repacking_is_no_forgery(empty: Folder, backup: Path) -> None:
    repack(backup, lambda content: content)
    assert empty.run("restore", backup).exit_code == 0


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(empty: Folder, backup: Path, kind: bytes) -> None:
    with tarfile.open(backup) as tar:
        manifest = tar.extractfile("manifest.json").read()  # type: ignore[union-attr]
    with tarfile.open(backup, "w", format=tarfile.GNU_FORMAT) as tar:
        head = tarfile.TarInfo("manifest.json")
        head.size = len(manifest)
        tar.addfile(head, io.BytesIO(manifest))
        link = tarfile.TarInfo("karvan.db")
        link.type, link.linkname = kind, "/etc/passwd"
        tar.addfile(link)
    check_refused(empty, backup, "which is no plain file")


def test_the_same_file_twice_is_refused(empty: Folder, backup: Path) -> None:
    content = backup.read_bytes()
    begin = content.index(b"config.toml\0")
    size = 512 + -(-int(content[begin + 124 : begin + 135], 8) // 512) * 512
    backup.write_bytes(content[: begin + size] + content[begin:])
    check_refused(empty, backup, "'config.toml', which does not belong there")


def test_what_is_cut_off_is_never_whole(empty: Folder, backup: Path) -> None:
    content = backup.read_bytes()
    packed = zstandard.compress(content)
    for whole in (content[: content.rindex(b"SHA256SUMS") + 900], packed):
        for length in sorted(random.Random(7).sample(range(len(whole)), 12)):
            backup.write_bytes(whole[:length])
            check_refused(empty, backup, "it ")


def test_a_changed_byte_is_noticed(empty: Folder, backup: Path) -> None:
    content, end = backup.read_bytes(), 0
    sizes = {}
    with tarfile.open(backup) as tar:
        for member in tar:
            sizes[member.name] = (member.offset_data, member.size)
            end = member.offset_data + member.size
    places = [offset + size // 2 for offset, size in sizes.values()]
    for whole, at in (
        [(content, place) for place in [*places, *random.Random(3).sample(range(end), 8)]]
        + [(packed, place) for packed in [zstandard.ZstdCompressor(write_checksum=True).compress(content)]
           for place in random.Random(5).sample(range(len(packed)), 8)]
    ):  # fmt: skip
        damaged = bytearray(whole)
        damaged[at] ^= 0x15
        backup.write_bytes(damaged)
        result = empty.run("restore", backup)
        if result.exit_code == 0:  # what tar fills up with, and what it says of times and owners, means nothing
            assert not any(offset <= at < offset + size for offset, size in sizes.values())
            assert whole is content
            shutil.rmtree(empty.data)
        else:
            assert result.stderr.count("\n") == 1
            assert empty.list_files() == {}


def make_header(name: str, size: int) -> bytes:
    head = tarfile.TarInfo(name)
    head.size = size
    return head.tobuf(tarfile.GNU_FORMAT)


def test_a_bomb_costs_nothing(empty: Folder, backup: Path) -> None:
    """What would be terabytes is refused by what its manifest says, or as soon as it is more than that."""
    with tarfile.open(backup) as tar:
        manifest = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
    for said, reason in (
        ({"bytes": 1 << 50}, "more than there can be in it"),
        ({"files": 1 << 40}, "more than there"),
        ({}, "does not belong"),
    ):
        content = json.dumps(manifest | said).encode()
        head = make_header("manifest.json", len(content)) + content + bytes(-len(content) % 512)
        zeros = zstandard.compress(head + make_header("karvan.db", 1 << 44) + bytes(1 << 20))
        backup.write_bytes(zeros)
        check_refused(empty, backup, reason)
    backup.write_bytes(zstandard.compress(make_header("manifest.json", 1 << 40) + bytes(1 << 20)))
    check_refused(empty, backup, "what describes it is too long")


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 2048, b"PK\3\4" * 999, bundle.ZSTD, bundle.ZSTD + b"x" * 999])
def test_something_else_is_no_backup(empty: Folder, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "something").write_bytes(content)
    check_refused(empty, tmp_path / "something", "it ")


# Older ones


def test_keep_removes_our_older_backups_and_nothing_else(folder: Folder, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    ours = [f"karvan-2026-01-0{day}T03-00-00.tar{end}" for day, end in ((1, ""), (2, ".zst"), (3, ".zst"))]
    others = [
        "karvan-2026-01-01.tar",
        "karvan-2026-01-01T03-00-00.tar.zst.bak",
        "mine.tar",
        "karvan-2999-01-01T00-00-00.tar",
    ]
    for name in (*ours, *others):
        (target / name).write_bytes(b"x")
    said = folder.do("backup", target, "--keep", 2)
    assert [Path(path).name for path in said["removed"]] == ours[:2]
    left = {path.name for path in target.iterdir()}
    assert left == {ours[2], *others, Path(said["path"]).name}


def test_a_backup_that_fails_removes_none(folder: Folder, tmp_path: Path) -> None:
    older = tmp_path / "karvan-2026-01-01T03-00-00.tar"
    older.write_bytes(b"x")
    with (folder.data / "karvan.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(40_000))
    result = folder.run("backup", tmp_path, "--keep", 1)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {older.name, folder.config.name}


def test_a_full_disk_is_named_and_nothing_is_left(folder: Folder, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    kept = making.Kept(folder.data / "karvan.db", folder.data, folder.config, "")
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(BackupFault, match=f"{target} is full: No space left on device"),
        making.room_named(target),
    ):
        making.pack(kept, full, target, NOON, lambda _: lambda *_: None, compressed=True, with_languages=False)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("backup", "FILE", "--keep", 2),
        ("backup",),
        ("restore",),
        ("restore", "FILE", "--discard-old"),
        ("backup", "FILE", "--keep", 0),
    ],
)
def test_wrong_use_is_told(folder: Folder, backup: Path, words: tuple[Any, ...]) -> None:
    assert folder.run(*(backup if word == "FILE" else word for word in words)).exit_code == 2


@pytest.mark.parametrize("target", ["nowhere", "nowhere/x.tar", "data/karvan.db", "kept.zip"])
def test_a_target_that_would_be_no_backup_is_refused(folder: Folder, tmp_path: Path, target: str) -> None:
    before = folder.list_files()
    result = folder.run("backup", tmp_path / target)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert folder.list_files() == before


def test_what_a_killed_backup_left_goes_with_the_next(folder: Folder, tmp_path: Path) -> None:
    left, held = tmp_path / ".karvan-1-x.tar.part", tmp_path / ".karvan-2-y.tar.part"
    left.write_bytes(b"x")
    with held.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        folder.do("backup", tmp_path / "kept.tar")
        assert (left.exists(), held.exists()) == (False, True)


def test_what_lies_beside_a_database_goes_unless_its_backup_runs(folder: Folder, tmp_path: Path) -> None:
    """Also in the data folder, where a backup to standard output has its copy."""
    left, held = folder.data / ".karvan-1.db.part", folder.data / ".karvan-2.db.part"
    beside = [path.with_name(path.name + "-journal") for path in (left, held)]
    alone = folder.data / ".karvan-3.db.part-wal"
    for path in (left, held, alone, *beside):
        path.write_bytes(b"x")
    with held.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert folder.run("backup", "-").exit_code == 0
    assert [path.exists() for path in (left, held, alone, *beside)] == [False, True, False, False, True]


def move_database(folder: Folder, place: Path) -> str:
    """Its url; what stays under its old name is an older one."""
    shutil.copyfile(folder.data / "karvan.db", place)
    folder.query("DELETE FROM articles")
    return f"sqlite+aiosqlite:///{place}"


@pytest.mark.parametrize("way", ["file", "environment"])
def test_a_broken_configuration_still_says_which_database(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    url = move_database(folder, tmp_path / "real.db")
    folder.config.write_text("[server]\nprot = 1\n" + (f'[database]\nurl = "{url}"\n' if way == "file" else ""))
    if way == "environment":
        monkeypatch.setenv("KARVAN_DATABASE__URL", url)
    assert folder.do("backup", tmp_path / "kept.tar")["manifest"]["articles"] == 2


@pytest.mark.parametrize(
    "text",
    [
        '[database\nurl = "sqlite:////elsewhere.db"\n',
        '[databse]\nurl = "sqlite:////elsewhere.db"\n',
        '[database]\nulr = "sqlite:////elsewhere.db"\n',
        "[database]\nurl = 1\n",
        '[server]\nprot = 1\n[database]\nurl = "postgresql+asyncpg://db/karvan"\n',
        None,
    ],
)
def test_no_database_is_backed_up_that_may_be_the_wrong_one(folder: Folder, tmp_path: Path, text: str | None) -> None:
    folder.config.unlink() if text is None else folder.config.write_text(text)
    result = folder.run("backup", tmp_path / "kept.tar")
    assert result.exit_code == 1, result.output
    assert all(line.startswith("karvan: ") for line in result.stderr.splitlines())
    assert not (tmp_path / "kept.tar").exists()
    assert "Errno" not in result.stderr or text is not None


def test_without_a_configuration_the_environment_says_where_to(
    folder: Folder, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.config.unlink()
    real = tmp_path / "real" / "news.db"
    monkeypatch.setenv("KARVAN_DATABASE__URL", f"sqlite+aiosqlite:///{real}")
    before = (folder.data / "karvan.db").read_bytes()
    folder.do("restore", backup)
    assert real.exists()
    assert (folder.data / "karvan.db").read_bytes() == before


def test_a_broken_configuration_is_backed_up_as_it_is(folder: Folder, tmp_path: Path) -> None:
    folder.config.write_text("[server]\nprot = 1\n")
    result = folder.run("backup", tmp_path / "kept.tar")
    assert result.exit_code == 0
    assert "the configuration is not valid: " in result.stderr
    with tarfile.open(tmp_path / "kept.tar") as tar:
        assert tar.extractfile("config.toml").read() == b"[server]\nprot = 1\n"  # type: ignore[union-attr]


# In the place of what is there


def test_what_is_there_is_replaced_only_when_asked(folder: Folder, backup: Path) -> None:
    before = folder.list_files()
    result = folder.run("restore", backup)
    assert (result.exit_code, "--replace" in result.stderr) == (1, True)
    assert folder.list_files() == before
    folder.query("DELETE FROM articles")
    said = folder.do("restore", backup, "--replace")
    assert folder.query("SELECT count(*) FROM articles") == [(2,)]
    with closing(sqlite3.connect(said["before"])) as old:
        assert old.execute("SELECT count(*) FROM articles").fetchall() == [(0,)]


def test_nothing_of_before_is_kept_when_asked(folder: Folder, backup: Path) -> None:
    later = "ab" * 32
    (folder.data / "media" / "ab" / later).mkdir(parents=True)
    (folder.data / "media" / "ab" / later / "upload").write_bytes(b"later")
    assert folder.do("restore", backup, "--replace", "--discard-old")["before"] is None
    assert folder.list_files().keys() == {"karvan.db", UPLOAD, SHOWN}


def test_a_damaged_database_is_replaced_and_its_log_not_taken_over(folder: Folder, backup: Path) -> None:
    (folder.data / "karvan.db").write_bytes(b"no database" * 999)
    (folder.data / "karvan.db-wal").write_bytes(b"a log")
    result = folder.run("restore", backup, "--replace")
    assert result.exit_code == 0, result.output
    assert "which is damaged" in result.output
    assert "was revoked after the backup opens again" in result.output
    assert folder.query("SELECT count(*) FROM articles") == [(2,)]
    assert not (folder.data / "karvan.db-wal").exists()


def test_a_locked_database_is_not_a_damaged_one(folder: Folder, backup: Path) -> None:
    folder.query("PRAGMA journal_mode=DELETE")
    with closing(sqlite3.connect(folder.data / "karvan.db", isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        before = folder.list_files()
        result = folder.run("restore", backup, "--replace")
        assert (result.exit_code, "another process has" in result.stderr) == (1, True), result.output
        assert folder.list_files() == before


def test_a_database_that_cannot_be_opened_is_not_a_damaged_one(folder: Folder, backup: Path) -> None:
    (folder.data / "karvan.db").unlink()
    (folder.data / "karvan.db").mkdir()
    result = folder.run("restore", backup, "--replace")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "damaged" not in result.output
    assert (folder.data / "karvan.db").is_dir()


def test_a_database_behind_a_link_is_replaced_where_it_is(folder: Folder, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (folder.data / "karvan.db").rename(tmp_path / "big" / "karvan.db")
    (folder.data / "karvan.db").symlink_to(tmp_path / "big" / "karvan.db")
    folder.query("DELETE FROM articles")
    said = folder.do("restore", backup, "--replace")
    assert (folder.data / "karvan.db").is_symlink()
    assert Path(said["before"]).parent == tmp_path / "big"
    assert folder.query("SELECT count(*) FROM articles") == [(2,)]


@pytest.mark.parametrize("content", ["{", '{"packages": {"a": []}}'])
def test_an_unreadable_lock_of_packages_stops_neither(
    folder: Folder, backup: Path, tmp_path: Path, content: str
) -> None:
    (folder.data / "packages").mkdir()
    (folder.data / "packages" / "languages.lock").write_text(content)
    for words in (("backup", tmp_path / "more.tar"), ("restore", backup, "--replace")):
        result = folder.run(*words)
        assert result.exit_code == 0, result.output
        assert "languages.lock" in result.stderr


def test_what_a_lock_does_not_say_is_empty(folder: Folder, tmp_path: Path) -> None:
    (folder.data / "packages").mkdir()
    (folder.data / "packages" / "languages.lock").write_text('{"packages": {"a": {"version": null}}}')
    [named] = folder.do("backup", tmp_path / "kept.tar")["manifest"]["packages"]
    assert (named["name"], named["version"]) == ("a", "")


def test_a_file_of_a_package_with_an_odd_name_is_left_out(folder: Folder, empty: Folder, tmp_path: Path) -> None:
    package = folder.data / "packages" / "en_tr"
    package.mkdir(parents=True)
    odd = ["résumé.txt", "a(1).txt", "x" * 90]
    for name in (*odd, "metadata.json"):
        (package / name).write_bytes(b"x")
    result = folder.run("backup", tmp_path / "kept.tar", "--with-languages")
    assert result.exit_code == 0, result.output
    assert "not in it, for its name, is" in result.stderr
    empty.do("restore", tmp_path / "kept.tar")
    assert [path.name for path in (empty.data / "packages" / "en_tr").iterdir()] == ["metadata.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_restores_belongs_to_the_owner_of_the_data_folder(empty: Folder, backup: Path) -> None:
    empty.config.unlink()
    empty.data.mkdir()
    os.chown(empty.data, 12345, 12346)
    empty.do("restore", backup)
    empty.do("restore", backup, "--replace")
    for path in (empty.config, *empty.data.rglob("*")):
        assert (path.name, path.stat().st_uid, path.stat().st_gid) == (path.name, 12345, 12346)
    assert (empty.data / "karvan.lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_folders_without_pictures_are_given_away_too(folder: Folder, empty: Folder, tmp_path: Path) -> None:
    folder.query("DELETE FROM media")
    folder.do("backup", tmp_path / "kept.tar")
    empty.data.mkdir()
    os.chown(empty.data, 12345, 12346)
    empty.do("restore", tmp_path / "kept.tar")
    assert (empty.data / "media").stat().st_uid == 12345


def test_nothing_is_restored_while_a_server_or_a_worker_runs(folder: Folder, backup: Path) -> None:
    before = folder.list_files()
    with (folder.data / "karvan.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = folder.run("restore", backup, "--replace")
        assert (result.exit_code, "another server works" in result.stderr) == (1, True)
    with closing(sqlite3.connect(folder.data / "karvan.db")) as conn:  # as a worker has it open
        conn.execute("SELECT count(*) FROM articles").fetchall()
        result = folder.run("restore", backup, "--replace")
        assert (result.exit_code, "another process has" in result.stderr) == (1, True)
    assert folder.list_files().keys() == before.keys()
    assert folder.run("restore", backup, "--replace").exit_code == 0


def test_what_a_killed_restoring_left_goes_with_the_next(folder: Folder, backup: Path) -> None:
    for name in ("karvan.db.restoring", "karvan.db.restoring-wal", "media/restoring/ab/x", "restoring/config.toml"):
        (folder.data / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.data / name).write_bytes(b"left")
    folder.do("restore", backup, "--replace")
    assert list(folder.data.rglob("*restoring*")) == []
    assert folder.query("PRAGMA integrity_check") == [("ok",)]


def test_the_configuration_that_is_there_stays(folder: Folder, backup: Path) -> None:
    assert folder.do("restore", backup, "--replace")["config"] == "same"
    was = folder.config.read_bytes()
    folder.config.write_bytes(was + b"# more\n")
    result = folder.run("restore", backup, "--replace")
    assert folder.config.read_bytes() == was + b"# more\n"
    assert (folder.data / "config-of-backup.toml").read_bytes() == was
    assert "config-of-backup.toml" in result.stdout


# What an older state means


def test_jobs_are_free_and_numbers_go_on_behind_all_that_were_given(folder: Folder, backup: Path) -> None:
    folder.query("UPDATE counters SET value = 900 WHERE name = 'change'")
    said = folder.do("restore", backup, "--replace")["changes"]
    assert said["first"] == 7
    [(counter,)] = folder.query("SELECT value FROM counters WHERE name = 'change'")
    assert counter == said["last"] > 1_000_000_000
    assert folder.query("SELECT lease_until, claimed_by, claim, attempts FROM jobs") == [(None, None, None, 0)]
    [(modified, change)] = folder.query("SELECT modified_at, change FROM stamps")
    assert (modified > 1_700_000_000_000_000, modified % 1_000_000, change) == (True, 0, 7)
    assert folder.query("SELECT what, who FROM audit") == [("backup.restore", "console")]


def test_a_backup_that_is_restored_twice_does_not_give_numbers_twice(folder: Folder, backup: Path) -> None:
    first = folder.do("restore", backup, "--replace")["changes"]["last"]
    second = folder.do("restore", backup, "--replace")["changes"]["last"]
    assert second > first


def test_numbers_go_on_behind_those_of_the_database_that_is_replaced(folder: Folder, backup: Path) -> None:
    folder.query("UPDATE counters SET value = 90000000000000 WHERE name = 'change'")  # further than the clock says
    assert folder.do("restore", backup, "--replace")["changes"]["last"] == 90_001_000_000_000


def test_what_was_revoked_and_killed_since_ends_again(folder: Folder, backup: Path) -> None:
    folder.query("UPDATE keys SET revoked_at = 5 WHERE id = 'k1'")
    folder.query("UPDATE articles SET canceled_at = 6, cancel_reason = 'wrong' WHERE item = 'two'")
    said = folder.do("restore", backup, "--replace")
    assert (said["keys_valid"], said["keys_revoked"], said["articles_killed"]) == (1, 1, 1)
    assert folder.query("SELECT id, revoked_at FROM keys ORDER BY id") == [("k1", 5), ("k2", None)]
    assert folder.query("SELECT canceled_at, cancel_reason FROM articles ORDER BY id") == [(None, ""), (6, "wrong")]
    assert ("settle", "2") in folder.query("SELECT kind, subject FROM jobs")


def test_a_key_that_was_limited_since_expires_as_it_would_have(folder: Folder, tmp_path: Path) -> None:
    folder.query("UPDATE keys SET expires_at = 50 WHERE id = 'k2'")
    folder.do("backup", tmp_path / "kept.tar")
    folder.query("UPDATE keys SET expires_at = 70")
    said = folder.do("restore", tmp_path / "kept.tar", "--replace")
    assert (said["keys_valid"], said["keys_limited"], said["keys_revoked"]) == (0, 1, 0)
    assert folder.query("SELECT id, expires_at FROM keys ORDER BY id") == [("k1", 70), ("k2", 50)]


KHAZAR = "khazar-news"
AZERI = "Dörd ölkənin nazirləri ticarəti müzakirə etmək üçün cümə günü paytaxtda görüşəcəklər."
INVITE = """
    INSERT INTO invitations (id, hash, owner, scopes, label, created_by, created_at, expires_at)
      SELECT value, value, 'admin', '', '', 'console', 1, 9000000000000000 FROM json_each('["i1", "i2", "i3"]')
"""


def test_invitations_that_were_closed_since_stay_closed(folder: Folder, tmp_path: Path) -> None:
    folder.query(INVITE)
    folder.do("backup", tmp_path / "kept.tar")
    folder.query("UPDATE invitations SET withdrawn_at = 5 WHERE id = 'i1'")
    folder.query("UPDATE invitations SET accepted_at = 6, key_id = 'k9' WHERE id = 'i2'")
    assert folder.do("restore", tmp_path / "kept.tar", "--replace")["invitations_closed"] == 2
    kept = folder.query("SELECT id, withdrawn_at, accepted_at, key_id FROM invitations ORDER BY id")
    assert kept == [("i1", 5, None, None), ("i2", None, 6, "k9"), ("i3", None, None, None)]


def test_all_keys_can_be_revoked(folder: Folder, empty: Folder, tmp_path: Path) -> None:
    folder.query(INVITE)
    folder.do("backup", tmp_path / "kept.tar")
    said = empty.do("restore", tmp_path / "kept.tar", "--revoke-keys")
    assert (said["keys_valid"], said["keys_revoked"], said["invitations_closed"]) == (0, 2, 3)
    assert empty.query("SELECT count(*) FROM keys WHERE revoked_at IS NULL") == [(0,)]
    assert empty.query("SELECT count(*) FROM invitations WHERE withdrawn_at IS NULL") == [(0,)]


def test_a_picture_that_was_deleted_since_stays_deleted(folder: Folder, backup: Path) -> None:
    folder.query("INSERT INTO media_uses VALUES (2, 'en', 'a.jpg')")
    folder.do("backup", backup)
    folder.query("UPDATE media SET state = 'deleted', renditions = '[]', changed_at = 7")
    assert folder.do("restore", backup, "--replace")["pictures_deleted"] == 1
    assert folder.query("SELECT state, renditions FROM media") == [("deleted", "[]")]
    jobs = folder.query("SELECT kind, subject FROM jobs")
    assert ("media", SHA256) in jobs
    assert ("settle", "2") in jobs


def test_a_picture_that_was_uploaded_after_it_had_been_deleted_comes_back(folder: Folder, tmp_path: Path) -> None:
    folder.query("UPDATE media SET changed_at = 9")
    folder.do("backup", tmp_path / "kept.tar")
    folder.query("UPDATE media SET state = 'deleted', changed_at = 7")  # as an older database has it
    assert folder.do("restore", tmp_path / "kept.tar", "--replace")["pictures_deleted"] == 0
    assert folder.query("SELECT state FROM media") == [("ready",)]


async def test_what_was_pushed_and_killed_since_stays_killed_when_it_is_pushed_again(
    start: Any, tmp_path: Path
) -> None:
    server = await start(with_worker=False)
    uri = (await server.push("one", by=KHAZAR)).json["uri"]
    config, kept = ("--config", str(ROOT / "config.toml")), str(tmp_path / "kept.tar")
    await run(*config, "--data", str(tmp_path), "backup", kept, "--json")
    await server.push("two", by=KHAZAR, headline="The second article of the ministers comes at night")
    killed = await server.call("DELETE", "/v1/articles/khazar-news/two", by=KHAZAR, json={"reason": "wrong"})
    assert killed.status == 200
    (tmp_path / "later").mkdir()
    with (
        closing(sqlite3.connect(tmp_path / "karvan.db")) as live,
        closing(sqlite3.connect(tmp_path / "later" / "karvan.db")) as copy,
    ):
        live.backup(copy)
    for _ in range(2):  # a kill that waits is not lost by restoring once more
        said = await run(*config, "--data", str(tmp_path / "later"), "restore", kept, "--replace", "--json")
        assert (said["articles_killed"], said["kills_kept"]) == (0, 1)
    server = await start(beside="later", with_worker=False)
    linked = {"associations": [{"rel": "translationOf", "uri": uri}], "language": "az"}
    pushed = await server.push("two", by=KHAZAR, headline=AZERI, text=f"<p>{AZERI}</p>", **linked)
    assert (pushed.status, pushed.json["type"]) == (409, "/problems/article-canceled")
    for number in range(2):
        pushed = await server.push("two", by=KHAZAR, headline="The second article of the ministers comes at night")
        assert (pushed.status, pushed.json["type"]) == (409, "/problems/article-canceled"), number
    assert (await server.call("GET", "/articles/khazar-news/two/en")).status in (404, 410)
    assert (await server.call("GET", ITEMS)).text.count("khazar-news/two") == 0
    async with server.app[DATABASE].read() as conn:
        rows = await conn.exec_driver_sql("SELECT a.cancel_reason FROM articles a JOIN versions ON article_id = a.id")
        assert sorted(reason for (reason,) in rows) == ["", "wrong"]
    assert (
        await server.push("three", by=KHAZAR, headline="The third article of the ministers comes at dawn")
    ).status == 201


async def test_readers_of_what_was_lost_are_told(start: Any, tmp_path: Path) -> None:
    """One who had changes that are not here any more begins anew; who had none of them goes on."""
    server = await start(with_worker=False)
    await server.push("one")
    first = (await server.call("GET", ITEMS)).json["next"]
    config, kept = ("--config", str(ROOT / "config.toml")), str(tmp_path / "kept.tar")
    until = (await run(*config, "--data", str(tmp_path), "backup", kept, "--json"))["manifest"]["last_change"]
    await server.push("two")
    lost = (await server.call("GET", ITEMS)).json["next"]
    assert lost > until >= first
    await run(*config, "--data", str(tmp_path / "later"), "restore", kept, "--json")
    server = await start(beside="later", with_worker=False)
    refused = await server.call("GET", f"{ITEMS}?after={lost}")
    assert refused.status == 400
    assert f"go on after {until}" in refused.json["detail"]
    for after in (first, until):
        assert (await server.call("GET", f"{ITEMS}?after={after}")).json["items"] == []
    async with server.session.get(f"{server.base}/v1/events", headers={"Last-Event-ID": str(lost)}) as stream:
        told = b""
        while b"restored" not in told:
            told += await stream.content.readany()
    await server.push("two", headline="The second article comes once more")
    items = (await server.call("GET", f"{ITEMS}?after={until}")).json
    assert [one["state"] for one in items["items"]] == ["usable"]
    assert items["next"] > lost


async def run(*words: str) -> Any:
    result = await asyncio.to_thread(CliRunner().invoke, main, words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
