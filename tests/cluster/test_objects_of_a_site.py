"""What a site file says of resources and places is in the objects."""

from __future__ import annotations

from typing import Any

import pytest

from cluster.sites import EVERYTHING, STORE
from vtb.cluster.launcher_job import launcher_objects
from vtb.cluster.pod import pod_spec
from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from
from vtb.errors import BadInput
from vtb.stage.registry import installed


def test_a_stage_has_what_the_site_gives_it() -> None:
    site = site_from(EVERYTHING)
    place = site.place(installed()["train-vlm sft"].stage)
    assert (place.memory, place.cpu, place.nodes, place.gpu) == ("128Gi", "500m", 2, 2)
    assert Site().place(installed()["gen-maze"].stage).memory == "2Gi"


def resources_of(stage: str, site: Site) -> dict[str, Any]:
    (entry,) = [entry.stage for entry in installed().values() if entry.stage.slug == stage]
    found: dict[str, Any] = pod_spec(entry, [], site)["containers"][0]["resources"]
    return found


def test_a_stage_gets_other_resources_and_other_gpus() -> None:
    site = site_from(EVERYTHING)
    trained = resources_of("train-vlm-sft", site)
    assert trained["limits"] == {
        "memory": "128Gi", "ephemeral-storage": "5Gi", "amd.com/gpu": "2", "vpc.amazonaws.com/efa": "4",
    }  # fmt: skip
    assert trained["requests"] == {"cpu": "500m", **trained["limits"]}
    assert resources_of("eval-predict", site)["limits"].items() >= {
        "nvidia.com/mig-3g.40gb": "2", "hugepages-2Mi": "64Mi",
    }.items()  # fmt: skip
    assert "rdma/hca" in resources_of("curate", site_from({"defaults": {"extraResources": {"rdma/hca": 1}}}))["limits"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("extraResources", {"memory": "4Gi"}, "defaults.extraResources"),
        ("extraResources", {"rdma/hca": 0}, "defaults.extraResources"),
        ("extraResources", {"nvidia.com/gpu": 1}, "defaults.extraResources: nvidia.com/gpu is what gpu asks for"),
    ],
)
def test_resources_that_cannot_be_are_refused(key: str, value: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        site_from({"defaults": {key: value}})


def test_a_launcher_in_the_cluster_is_where_the_site_says() -> None:
    """Its own keys before those of the defaults; nothing of what makes a stage large."""
    pod = launcher_objects("steps: []", "p", STORE, site_from(EVERYTHING))[1]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["nodeSelector"] == {"pool": "small"}
    assert pod["tolerations"] == EVERYTHING["defaults"]["tolerations"]
    assert pod["affinity"] == EVERYTHING["defaults"]["affinity"]
    assert pod["priorityClassName"] == "high"
    assert pod["imagePullSecrets"] == [{"name": "pull"}]
    assert "runtimeClassName" not in pod
    assert [entry["value"] for entry in container["env"] if "value" in entry][-1] == "/ca/ca.crt"
    assert "HTTPS_PROXY" not in [entry["name"] for entry in container["env"]]
    assert EVERYTHING["defaults"]["extraVolumes"][0] in pod["volumes"]
    assert EVERYTHING["defaults"]["extraVolumeMounts"][0] in container["volumeMounts"]
    assert "amd.com/gpu" not in container["resources"]["limits"]
