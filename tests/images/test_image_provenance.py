"""What a plain `docker run` knows of the image that it runs, for the manifest."""

from __future__ import annotations

import pytest

from images import build, context, declaration

STAGES = {name: image for name, image in declaration.load_images().items() if image.module}


@pytest.mark.parametrize("image", STAGES.values(), ids=list(STAGES))
def test_image_and_revision_are_in_the_environment(image: declaration.Image) -> None:
    """The last lines of its own stage, so that another revision spoils no layer that took time."""
    text = (declaration.IMAGES / image.folder / "Dockerfile").read_text(encoding="utf-8")
    own = text.partition(f" AS {image.target}\n")[2] if image.target else text.rpartition("\nFROM ")[2]
    words = [line for line in own.partition("\nFROM ")[0].splitlines() if line and not line.startswith("#")]
    env = words.index("ENV VTB_IMAGE=${IMAGE} VTB_REVISION=${REVISION}")
    assert {"ARG IMAGE", "ARG REVISION"} <= set(words[:env])
    assert not [line for line in words[env:] if line.startswith(("COPY", "RUN", "ADD"))]


def test_the_build_is_told_both() -> None:
    image = STAGES["gen-maze"]
    command = build.build_command(image, "reg/vtb", None, "")
    assert f"--build-arg=IMAGE=reg/vtb/gen-maze:{declaration.version()}" in command
    assert f"--build-arg=REVISION={context.revision(image)}" in command


def test_without_git_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "revision", lambda _image: "unknown")
    assert not [word for word in build.build_command(STAGES["curate"], "vtb", None, "") if "REVISION" in word]


def test_the_hint_of_a_failed_build_is_for_who_called_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build.base_option({}) == "--base-image"
    assert build.base_option({"MAKELEVEL": "1"}) == "BASE_IMAGE=..."
