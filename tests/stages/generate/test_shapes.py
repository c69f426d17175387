"""``vtb-gen-maze --shape``: every shape from the command line to a folder, and options that only some shapes have."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call, files, without_run
from stages.generate.dataset_files import example_of, samples
from vtb.artifact import read_manifest
from vtb.formats.vlmpuzzle import read_records
from vtb.media.image import decode_image
from vtb.media.video import decode_ends
from vtb.puzzles.registry import families
from vtb.stage.fields import options_of
from vtb.tasks.registry import task_of
from vtb_generate.maze_shapes import PRESETS, SHAPES, Levels, ShapeOptions

MAZE = "vtb-gen-maze"
TINY: dict[str, tuple[str, ...]] = {
    "square": ("--size", "7", "--size", "9", "--cell-px", "17"),
    "hexagon": ("--shape", "hexagon", "--radius", "1", "--radius", "2", "--cell-radius", "14"),
    "circle": ("--shape", "circle", "--rings", "2", "--rings", "3", "--segments", "5", "--ring-width", "20"),
}
MORE = ("--count", "3", "--count", "2", "--video", "--frames", "5", "--clip-size", "160x128", "--show-cell-ids",
        "--samples-per-shard", "2")  # fmt: skip
every_shape = pytest.mark.parametrize("shape", sorted(SHAPES))


def refusal(*arguments: object) -> str:
    """The one line by which a command line is refused."""
    result = call(MAZE, *arguments, "--dry-run", "--output", "/nowhere")
    assert (result.code, len(result.error_lines)) == (2, 1), result.err
    return result.error_lines[0]


@every_shape
def test_every_shape_makes_sound_samples(shape: str, tmp_path: Path) -> None:
    assert call(MAZE, *TINY[shape], *MORE, "--workers", "1", "--output", tmp_path).code == 0
    found = samples(tmp_path)
    levels = [int(word) for word in TINY[shape] if word.isdigit()][:2]
    assert [sample.key for sample in found] == [
        f"maze_{shape}-{level:02d}-{n:07d}" for level, count in zip(levels, (3, 2), strict=True) for n in range(count)
    ]
    for sample in found:
        example = example_of(sample)
        family, record = task_of(example), example.payload
        family.validate(record)
        assert example.figures[SHAPES[shape].level] in levels
        ends = decode_ends(sample.parts["solution.mp4"])
        assert (ends.count, ends.last.shape) == (5, (128, 160, 3))
        assert family.score_frame(record, ends.last).strict
        assert not family.score_frame(record, ends.first).tolerant
        assert family.score_image(record, decode_image(sample.parts["solution.png"])).strict
        assert decode_image(sample.parts["reasoning.png"]).shape == decode_image(sample.parts["puzzle.png"]).shape
    assert (tmp_path / "preview.html").read_text().count(
        "data:image/png;base64,"
    ) == 5 * 7  # with four frames and printed numbers


@every_shape
def test_workers_and_parts_do_not_change_a_byte(shape: str, tmp_path: Path) -> None:
    assert call(MAZE, *TINY[shape], *MORE, "--workers", "1", "--output", tmp_path / "a").code == 0
    for index in (2, 1, 0):
        part = ("--workers", "2", "--num-shards", "3", "--shard-index", str(index))
        assert call(MAZE, *TINY[shape], *MORE, *part, "--output", tmp_path / "b").code == 0
    assert without_run(files(tmp_path / "a")) == without_run(files(tmp_path / "b"))


@every_shape
def test_curate_accepts_every_sample(shape: str, tmp_path: Path) -> None:
    call(MAZE, *TINY[shape], *MORE, "--workers", "1", "--output", tmp_path / "made")
    result = call("vtb-curate", "--input", tmp_path / "made", "--output", tmp_path / "curated", "--workers", "1")
    assert result.code == 0, result.err
    assert read_manifest(str(tmp_path / "curated")).rows == 5


@every_shape
def test_the_folder_layout_names_its_files(shape: str, tmp_path: Path) -> None:
    call(MAZE, *TINY[shape], *MORE, "--layout", "folder", "--workers", "1", "--output", tmp_path)
    records = list(read_records(tmp_path / f"maze_{shape}" / "data.json"))
    assert len(records) == 5
    assert all((tmp_path / f"maze_{shape}" / record["solution_video_path"]).is_file() for record in records)


@every_shape
def test_the_manifest_names_only_options_of_the_shape(shape: str, tmp_path: Path) -> None:
    call(MAZE, *TINY[shape], *MORE, "--workers", "1", "--output", tmp_path)
    config = read_manifest(str(tmp_path)).plan.config
    others = {field for other in SHAPES.values() for field in other.fields} - set(SHAPES[shape].fields)
    assert not others & set(config)
    assert set(SHAPES[shape].fields) < set(config)
    assert config["shape"] == shape


def test_there_is_a_shape_for_every_maze_family() -> None:
    assert {f"maze_{shape}" for shape in SHAPES} == {
        name for name, family in families().items() if family.group == "maze"
    }
    for shape, its in SHAPES.items():
        assert families()[f"maze_{shape}"].config_class is its.config_class


def test_options_of_one_name_agree() -> None:
    """They are one option on the command line."""
    merged = {option.name: option for option in [*options_of(Levels), *options_of(ShapeOptions)]}
    for shape in SHAPES.values():
        fields = {field.name: field for field in dataclasses.fields(shape.config_class)}
        assert set(shape.fields) <= set(merged)
        for option in options_of(shape.config_class):
            if option.name != shape.level:
                mine = merged[option.name]
                assert (mine.type.to_info_dict(), mine.default) == (option.type.to_info_dict(), option.default)
        level = merged[shape.level]
        assert (level.multiple, level.default) == (True, (fields[shape.level].default,))


def test_help_says_whose_an_option_is() -> None:
    text = " ".join(call(MAZE, "--help").out.split())
    assert "Cells from the centre to the perimeter: 1 to 20. May be repeated. Only for hexagon mazes." in text
    assert "follows the size of a cell when left out. Only for hexagon and circle mazes." in text
    assert "Side of a cell in pixels. Only for square mazes." in text
    assert "--algorithm [wilson|dfs] wilson draws every maze" in text


FOREIGN = [
    (("--shape", "hexagon", "--size", "9"), "--size belongs to --shape square"),
    (("--shape", "circle", "--cell-px", "32"), "--cell-px belongs to --shape square"),
    (("--shape", "hexagon", "--rings", "3"), "--rings belongs to --shape circle"),
    (("--radius", "4"), "--radius belongs to --shape hexagon"),
    (("--wall-thickness", "6"), "--wall-thickness belongs to --shape hexagon or --shape circle"),
    (("--shape", "circle", "--endpoints", "corners"), "--endpoints belongs to --shape square"),
]


@pytest.mark.parametrize(("line", "says"), FOREIGN)
def test_an_option_of_another_shape_is_refused(line: tuple[str, ...], says: str) -> None:
    assert f"{says}: leave it out, or choose that shape" in refusal(*line)


def test_it_is_refused_wherever_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.yaml").write_text("size: 9\n")
    assert "--size belongs to --shape square" in refusal("--shape", "hexagon", "--config", tmp_path / "c.yaml")
    monkeypatch.setenv("VTB_GEN_MAZE_RINGS", "3")
    assert "--rings belongs to --shape circle" in refusal("--shape", "hexagon")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("--shape", "hexagon", "--radius", "4", "--radius", "4"), "--radius 4 4: give each radius once"),
        (
            ("--shape", "circle", "--rings", "2", "--count", "1", "--count", "2"),
            "given 2 times for 1 numbers of rings",
        ),
        (("--shape", "hexagon", "--radius", "0"), "--radius 0"),
        (("--shape", "circle", "--video", "--clip-size", "96x96"), "--clip-size 96x96: the narrowest passage"),
        (("--shape", "triangle"), "'triangle' is not one of"),
        (("--preset", "circle", "--shape", "hexagon"), "--preset circle is for --shape circle, not hexagon"),
        (("--preset", "distinct", "--shape", "circle"), "--preset distinct is for --shape square, not circle"),
        (("--preset", "hexagon", "--size", "9"), "--size belongs to --shape square"),
    ],
)
def test_what_cannot_be_is_refused(line: tuple[str, ...], says: str) -> None:
    assert says in refusal(*line)


@pytest.mark.parametrize("preset", ["hexagon", "circle"])
def test_presets_of_other_shapes(preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dry = call(MAZE, "--preset", preset, "--dry-run", "--output", tmp_path)
    assert ("30000 samples in 118 shards" in dry.out, dry.err) == (True, "")
    wanted: dict[str, Any] = {name: list(v) if isinstance(v, tuple) else v for name, v in PRESETS[preset].items()}
    monkeypatch.setenv("VTB_GEN_MAZE_PRESET", preset)  # must set the shape although that comes from nowhere else
    assert call(MAZE, "--count", "1", "--workers", "1", "--output", tmp_path / "o").code == 0
    config = read_manifest(str(tmp_path / "o")).plan.config
    assert all(config[name] == value for name, value in wanted.items() if name != "count")
    # A flag wins over the preset.
    assert call(MAZE, "--algorithm", "wilson", "--count", "1", "--workers", "1", "--output", tmp_path / "p").code == 0
    assert read_manifest(str(tmp_path / "p")).plan.config["algorithm"] == "wilson"


def test_few_different_mazes_are_said_aloud(tmp_path: Path) -> None:
    line = ("--shape", "circle", "--rings", "1", "--segments", "3", "--count", "30", "--output", tmp_path, "--dry-run")
    said = call(MAZE, *line).err
    assert "maze_circle-01: only 48 different mazes exist with these options" in said
    assert "take more --rings or more --segments; curate" in said
    assert call(MAZE, "--shape", "hexagon", "--count", "1000", "--output", tmp_path, "--dry-run").err == ""


def test_numbers_that_nobody_could_read_are_refused(tmp_path: Path) -> None:
    words = ("--cell-px", "12", "--size", "9", "--count", "1", "--output", tmp_path / "o")
    refused = call("vtb-gen-maze", "--show-cell-ids", *words)
    assert (refused.code, "--show-cell-ids: the cells of maze_square-09 are too small" in refused.err) == (2, True)
    assert call("vtb-gen-maze", *words).code == 0
