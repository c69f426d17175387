"""The chart and the Python launcher make the same objects of the same values."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart.helm import CHART, CI, LOADER, ROOT, Object, as_yaml, ci_values, one, render
from vtb.cluster.argo import stage_template, workflow_template
from vtb.cluster.as_yaml import text
from vtb.cluster.launcher_job import launcher_spec
from vtb.cluster.names import PIPELINE, RELEASE
from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from
from vtb.pipeline.reading import read_pipeline
from vtb.render.cluster import steps
from vtb.stage.registry import installed

pytestmark = pytest.mark.chart
# Every kind of step at once: in parts, with engine arguments, from elsewhere, and with words that shells and YAML know.
ODD = """
name: odd
steps:
  - {name: mazes, stage: gen-maze, options: {size: [5], count: [40], num-shards: 4, seed: 7}}
  - {name: a-step-with-a-name-of-fifty-two-letters-all-in-all-o, stage: curate, inputs: [mazes], options: {val: 0.1}}
  - {name: dataset, stage: prepare vlm, inputs: [a-step-with-a-name-of-fifty-two-letters-all-in-all-o]}
  - name: adapter
    stage: train-vlm sft
    inputs: {input: dataset, model: "s3://models/a $(HOME) 'b' \\"c\\" #d: e"}
    options: {tuner: lora, engine-args: ["--report_to", "none", "yes", "0x10", "null"]}
"""


def the_site(objects: list[Object]) -> Site:
    """The site file that the chart makes."""
    return site_from(yaml.safe_load(one(objects, "ConfigMap", "-site")["data"]["site.yaml"]))


def normal(spec: Any) -> Any:
    """What Argo is told, with its manifests read."""
    if isinstance(spec, dict):
        return {
            key: yaml.load(as_yaml(value), LOADER) if key == "manifest" else normal(value)
            for key, value in spec.items()
        }
    return [normal(entry) for entry in spec] if isinstance(spec, list) else spec


def with_argo(name: str, by: str) -> dict[str, Any]:
    values = ci_values(name)
    return {**values, "argo": {"enabled": True}, "gang": {**values.get("gang", {}), "by": by}}


def check_same(ours: Object, theirs: Object) -> None:
    assert normal(theirs["spec"]) == normal(ours["spec"])
    assert theirs["metadata"]["name"] == ours["metadata"]["name"]
    for label in (RELEASE, PIPELINE):
        assert theirs["metadata"]["labels"][label] == ours["metadata"]["labels"][label]


@pytest.mark.parametrize("by", ["job", "jobset"])
@pytest.mark.parametrize("name", CI)
def test_templates_of_stages_and_pipelines(name: str, by: str) -> None:
    objects = render(with_argo(name, by))
    site = the_site(objects)
    expected = [stage_template(entry.stage, site) for entry in installed().values()]
    expected += [workflow_template(read_pipeline(path), site) for path in (ROOT / "k8s" / "pipelines").glob("*.yaml")]
    found = {made["metadata"]["name"]: made for made in objects if made["kind"] == "WorkflowTemplate"}
    assert found.keys() == {made["metadata"]["name"] for made in expected}
    for made in expected:
        check_same(made, found[made["metadata"]["name"]])


@pytest.mark.parametrize("by", ["job", "jobset"])
@pytest.mark.parametrize("name", ["everything", "gpu-multinode", "laptop"])
def test_a_pipeline_with_everything(name: str, by: str, tmp_path: Path) -> None:
    file, folder = tmp_path / "odd.yaml", tmp_path / "chart"
    file.write_text(ODD, encoding="utf-8")
    shutil.copytree(CHART, folder)
    pipeline = read_pipeline(file)
    (folder / "files" / "steps" / "odd.yaml").write_text(text(steps(pipeline)), encoding="utf-8")
    objects = render(with_argo(name, by), folder=folder)
    check_same(workflow_template(pipeline, the_site(objects)), one(objects, "WorkflowTemplate", "vtb-odd"))


def test_trainjobs_are_refused_for_argo() -> None:
    with pytest.raises(Exception, match=r"gang\.by trainjob: Argo cannot tell how the TrainJob of step adapter ends"):
        render(with_argo("gpu-multinode", "trainjob"))


@pytest.mark.parametrize("name", [name for name in CI if ci_values(name).get("launcher", {}).get("enabled", True)])
def test_the_launcher(name: str) -> None:
    values = ci_values(name)
    objects = render(values)
    job, site = one(objects, "Job", "-launcher"), the_site(objects)
    chosen = values.get("pipeline", {})
    words = ["--store", values["store"]["uri"]]
    words += [word for setting in chosen.get("settings", []) for word in ("--set", setting)]
    words += [word for step in chosen.get("only", []) for word in ("--only", step)]
    marks = job["spec"]["template"]["metadata"]["labels"]
    ours = launcher_spec(site, "vtb-train-launcher", words, marks)
    container = ours["template"]["spec"]["containers"][0]
    for kind, amounts in values.get("launcher", {}).get("resources", {}).items():
        container["resources"][kind] = container["resources"][kind] | amounts
    assert job["spec"] == ours
    assert marks.items() >= {
        "app.kubernetes.io/name": "vtb-train", "app.kubernetes.io/managed-by": "vtb-train",
        RELEASE: "vtb-train", PIPELINE: "mine" if chosen.get("file") else "demo",
        "app.kubernetes.io/component": "launcher",
    }.items()  # fmt: skip
    files = one(objects, "ConfigMap", "-launcher")["data"]
    assert site_from(yaml.safe_load(files["site.yaml"])) == site
    demo = (ROOT / "k8s" / "pipelines" / "demo.yaml").read_text(encoding="utf-8")
    assert files["pipeline.yaml"] == chosen.get("file", demo)


def test_the_site_has_what_the_values_say() -> None:
    site = the_site(render(ci_values("everything")))
    assert (site.namespace, site.release, site.service_account) == ("research", "vtb-train", "of-steps")
    assert site.image.named("vtb/eval") == "registry.example.org:5000/team/vtb/eval:1.2.3"
    assert (site.store.endpoint, site.store.existing_secret) == ("http://vtb-train-dev-store:9000", "vtb-train-store")
    assert (site.defaults.cpu, site.stages["gen-maze"].cpu, site.stages["gen-maze"].node_selector) == ("1.5", "2", {})
    assert (site.model_cache.claim, site.fs_group, site.gang.port) == ("vtb-train-models", 2000, 12345)


def test_a_null_is_as_if_it_were_left_out() -> None:
    values = {"store": {"uri": "s3://b/p"}, "fsGroup": None, "stages": {"gen-maze": {"cpu": None, "gpu": 1}}}
    place = the_site(render(values)).stages["gen-maze"]
    assert (place.cpu, place.gpu) == (None, 1)
