"""What containers do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import yaml

from in_memory_kubernetes.container_log import ContainerLog
from in_memory_kubernetes.environment import expand
from in_memory_kubernetes.kubelet import Program

ROOT = Path(__file__).resolve().parents[2]


def succeed(pod: dict[str, Any], log: ContainerLog) -> int:
    """End well, at once."""
    return 0


def fail_with(code: int, text: str = "") -> Program:
    """Print a text and end with an exit code."""

    def fail(pod: dict[str, Any], log: ContainerLog) -> int:
        log.write(text)
        return code

    return fail


class InstalledPrograms:
    """Runs what the image runs, as a process of this machine.

    A container's ``command`` replaces the entry point as it does in Kubernetes; ``tini -g --`` is left out, and
    ``python`` is the Python of the tests.
    """

    def __init__(self) -> None:
        declared = yaml.safe_load((ROOT / "images" / "images.yaml").read_text(encoding="utf-8"))["images"]
        self._modules: dict[str, str] = {name: it["module"] for name, it in declared.items() if it.get("module")}

    def __call__(self, pod: dict[str, Any], log: ContainerLog) -> int:
        with tempfile.TemporaryDirectory(prefix="vtb-pod-") as folder:
            places = _write_files(log, Path(folder))
            words = [_moved(word, places) for word in self.command(log)]
            env = {name: _moved(value, places) for name, value in log.env.items()}
            for name in ("cache", "work", "tmp"):
                (Path(folder) / name).mkdir()
            return _run(words, {**_image_env(Path(folder)), **env}, Path(folder) / "work", log)

    def command(self, log: ContainerLog) -> list[str]:
        """The command line of a container."""
        command = list(log.container.get("command") or self._entry_point(log.container["image"]))
        words = [expand(word, log.env) for word in [*command, *(log.container.get("args") or [])]]
        if words[:3] == ["tini", "-g", "--"]:
            words = words[3:]
        return [sys.executable, *words[1:]] if words[0] == "python" else words

    def _entry_point(self, image: str) -> list[str]:
        name = re.sub(r"(@.*|:[^/]*)$", "", image).rpartition("/")[2]
        return ["python", "-m", "vtb.program", f"{self._modules[name]}:main"]


def _run(words: list[str], env: dict[str, str], folder: Path, log: ContainerLog) -> int:
    with subprocess.Popen(
        words, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:  # fmt: skip
        watcher = threading.Thread(target=_stop_with, args=(process, log), daemon=True)
        watcher.start()
        assert process.stdout
        for line in process.stdout:
            log.write(line)
        code = process.wait()
        watcher.join()
    return 128 - code if code < 0 else code


def _stop_with(process: subprocess.Popen[bytes], log: ContainerLog) -> None:
    """Send the whole process group what the pod gets, as tini -g and the container's end do."""
    told = False
    while process.poll() is None:
        if log.killed.is_set():
            _signal(process, 9)
            return
        if log.stopping.is_set() and not told:
            told = True
            _signal(process, 15)
        (log.killed if told else log.stopping).wait(0.05)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _image_env(folder: Path) -> dict[str, str]:
    """What images/base/Dockerfile sets, at places of this machine."""
    sources = [ROOT / "shared", *sorted(it for it in (ROOT / "stages").iterdir() if it.is_dir())]
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "PYTHONPATH": ":".join(map(str, sources)),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "USER": "vtb",
        "HOME": str(folder / "cache"),
        "XDG_CACHE_HOME": str(folder / "cache" / "xdg"),
        "HF_HOME": str(folder / "cache" / "huggingface"),
        "TMPDIR": str(folder / "tmp"),
    }


def _write_files(log: ContainerLog, folder: Path) -> dict[str, str]:
    """Write what is mounted; return where each mount path lies now."""
    places: dict[str, str] = {}
    for number, (path, texts) in enumerate(log.files.items()):
        place = folder / "volumes" / str(number)
        for name, text in texts.items():
            file = place / name if name else place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        place.parent.mkdir(parents=True, exist_ok=True)
        places[path.rstrip("/")] = str(place)
    return places


def _moved(text: str, places: dict[str, str]) -> str:
    for path, place in places.items():
        text = re.sub(rf"(?<![\w/.-]){re.escape(path)}(?=/|$|[\s,:])", lambda _, to=place: to, text)  # type: ignore[misc]
    return text
