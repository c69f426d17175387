"""What the chart takes as values: everything it says, nothing else, and a message that names the key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import pytest
import yaml

import vtb
from chart.helm import CHART, CI, ci_values, loaded, render
from vtb.errors import BadInput
from vtb.render.chart import check, described

pytestmark = pytest.mark.chart
GOOD: dict[str, Any] = {"store": {"uri": "s3://bucket/run1", "existingSecret": "s3"}}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown key", {"imge": {}}, "imge"),
    ("a key of another chart", {"replicaCount": 2}, "replicaCount"),
    ("an unknown key of the image", {"image": {"repository": "x"}}, "repository"),
    ("a registry as an address", {"image": {"registry": "https://registry.example.org"}}, "/image/registry"),
    ("a pull policy that there is not", {"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
    ("one pull secret that is no list", {"image": {"pullSecrets": "registry"}}, "/image/pullSecrets"),
    ("a pull secret in the words of Kubernetes", {"image": {"pullSecrets": [{"name": "a"}]}}, "/image/pullSecrets/0"),
    ("a tag that is a number", {"image": {"tag": 1.2}}, "/image/tag"),
    ("a store that is a folder", {"store": {"uri": "/data/run1"}}, "/store/uri"),
    ("a store with a space", {"store": {"uri": "s3://bucket/my run"}}, "/store/uri"),
    ("an endpoint without http", {"store": {"endpoint": "minio:9000"}}, "/store/endpoint"),
    ("a secret by another name", {"store": {"secretName": "s3"}}, "secretName"),
    ("a misspelt secret", {"credentials": {"existingsecret": "s3"}}, "existingsecret"),
    ("a pipeline with a path", {"pipeline": {"name": "../demo"}}, "/pipeline/name"),
    ("a pipeline that there is not", {"pipeline": {"name": "demmo"}}, "pipeline.name: demmo"),
    ("a pipeline file that is no text", {"pipeline": {"file": {"name": "x"}}}, "/pipeline/file"),
    ("a pipeline file that is no YAML", {"pipeline": {"file": "steps: [a"}}, "pipeline.file: cannot be read as YAML"),
    ("settings as a map", {"pipeline": {"settings": {"count": 5}}}, "/pipeline/settings"),
    ("a setting without a value", {"pipeline": {"settings": ["count"]}}, "/pipeline/settings/0"),
    ("a gang by somebody else", {"gang": {"by": "ray"}}, "/gang/by"),
    ("a port out of range", {"gang": {"port": 70000}}, "/gang/port"),
    ("a port as text", {"gang": {"port": "29500"}}, "/gang/port"),
    ("a size without a unit that there is", {"modelCache": {"size": "200GB"}}, "/modelCache/size"),
    ("an access mode", {"modelCache": {"accessModes": ["RWX"]}}, "/modelCache/accessModes/0"),
    ("two model caches", {"modelCache": {"claim": "mine", "create": True}}, "modelCache.claim and modelCache.create"),
    ("a stage that there is not", {"stages": {"gen-mazes": {"cpu": "1"}}}, "gen-mazes"),
    ("a stage by its name with a space", {"stages": {"eval predict": {"gpu": 1}}}, "eval predict"),
    ("resources in the words of Kubernetes", {"stages": {"curate": {"resources": {}}}}, "resources"),
    ("several nodes for what runs on one", {"stages": {"curate": {"nodes": 2}}}, "/stages/curate/nodes"),
    ("half a GPU", {"stages": {"eval-predict": {"gpu": 0.5}}}, "/stages/eval-predict/gpu"),
    ("memory as another resource", {"stages": {"curate": {"extraResources": {"memory": "4Gi"}}}}, "memory"),
    ("none of a resource", {"defaults": {"extraResources": {"rdma/hca": 0}}}, "/defaults/extraResources"),
    ("GPUs that are asked for twice", {"stages": {"eval-predict": {"extraResources": {"nvidia.com/gpu": 1}}},
     "argo": {"enabled": True}}, "nvidia.com/gpu is what gpu asks for"),
    ("less than no processor", {"defaults": {"cpu": -1}}, "/defaults/cpu"),
    ("a variable whose name is a number", {"defaults": {"extraEnv": [{"name": 1}]}}, "/defaults/extraEnv/0/name"),
    ("a bucket that the store has not", {"devStore": {"enabled": True}}, "store.uri: bucket bucket is none"),
    ("memory as a number", {"defaults": {"memory": 4}}, "/defaults/memory"),
    ("a queue with a slash", {"defaults": {"queue": "team/a"}}, "/defaults/queue"),
    ("a variable without a name", {"defaults": {"extraEnv": [{"value": "x"}]}}, "/defaults/extraEnv/0"),
    ("variables as a map", {"launcher": {"extraEnv": {"A": "b"}}}, "/launcher/extraEnv"),
    ("a label that is no text", {"launcher": {"nodeSelector": {"gpu": True}}}, "/launcher/nodeSelector/gpu"),
    ("an account that is a name only", {"serviceAccount": "steps"}, "/serviceAccount"),
    ("a bucket that S3 does not take", {"devStore": {"buckets": ["My_Bucket"]}}, "/devStore/buckets/0"),
    ("an address without length", {"networkPolicy": {"dns": {"cidrs": ["10.1.2.3"]}}}, "/networkPolicy/dns/cidrs/0"),
    ("a flag as text", {"argo": {"enabled": "yes"}}, "/argo/enabled"),
    ("a negative age", {"ttlSecondsAfterFinished": -1}, "/ttlSecondsAfterFinished"),
    ("a key and a secret", {"store": {"accessKeyId": "a", "secretAccessKey": "b"}}, "store.existingSecret and store"),
    ("half a key", {"store": {"existingSecret": "", "accessKeyId": "a"}}, "store.accessKeyId and store.secret"),
    ("no store", {"store": {"uri": ""}}, "store.uri is missing"),
]  # fmt: skip


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return first | {
        key: merged(first[key], value) if isinstance(value, dict) and isinstance(first.get(key), dict) else value
        for key, value in second.items()
    }


@pytest.mark.parametrize(("values", "named"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong_values_are_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(merged(GOOD, values))
    assert named in str(refused.value)


def test_a_release_needs_a_name_that_services_can_have() -> None:
    with pytest.raises(helm_python.HelmError, match="release 1st: Services need names that begin with a letter"):
        render(GOOD, name="1st")


def test_a_package_of_it_holds_all_it_needs(tmp_path: Path) -> None:
    archive = helm_python.package(CHART, destination=tmp_path)
    assert Path(archive).name == f"vtb-train-{vtb.__version__}.tgz"
    with helm_python.Chart.load(archive) as packed:
        made = packed.render(ci_values("argo") | GOOD, name="vtb-train", namespace="research")
        assert made == loaded().render(ci_values("argo") | GOOD, name="vtb-train", namespace="research")
        assert not any("ci/" in file["name"] for file in packed.files)


@pytest.mark.parametrize("name", ["defaults", *CI])
def test_lint(name: str) -> None:
    values = GOOD if name == "defaults" else ci_values(name)
    report = helm_python.lint(CHART, values, strict=True)
    assert [message for message in report["messages"] if message["severity"] > 1] == []


def test_the_schema_is_one_and_takes_what_the_chart_brings() -> None:
    schema = loaded().schema
    assert schema is not None
    assert schema == json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    parts = [part for part in schema["$defs"].values() if "properties" in part]
    assert len(parts) > 15
    assert all(part["additionalProperties"] is False for part in parts)


def test_the_chart_has_the_version_of_the_package() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert about["version"] == about["appVersion"] == vtb.__version__


def leaves(schema: dict[str, Any], part: dict[str, Any], at: str = "") -> list[str]:
    """The keys of the values that are no part themselves."""
    found = []
    for key, entry in part["properties"].items():
        target = schema["$defs"][entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
        whole = target.get("title") or key in ("defaults", "resources", "stages", "global")
        found += [f"{at}{key}"] if whole or "properties" not in target else leaves(schema, target, f"{at}{key}.")
    return found


def test_every_value_is_explained() -> None:
    schema = loaded().schema
    assert schema is not None
    told = {key for key, _, words in described((CHART / "values.yaml").read_text(encoding="utf-8")) if words}
    assert told == set(leaves(schema, schema["$defs"]["Values"])) - {"global"}


def test_the_readme_tells_every_key_of_a_stage() -> None:
    schema, page = loaded().schema, (CHART / "README.md").read_text(encoding="utf-8")
    assert schema is not None
    assert [key for key in schema["$defs"]["StagePlace"]["properties"] if f"`{key}`" not in page] == []


def test_a_new_key_of_the_site_must_get_a_place_in_the_values() -> None:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    with pytest.raises(BadInput, match="gpuResource"):
        check(text.replace("gpuResource: nvidia.com/gpu\n", ""))
    with pytest.raises(BadInput, match=r"gang\.port"):
        check(text.replace("port: 29500", "port: none"))
