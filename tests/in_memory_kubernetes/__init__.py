"""An in-memory stand-in for a Kubernetes cluster: API server, Job controller, garbage collector and kubelet, for tests.

It is no Kubernetes. It does what a launcher of Jobs sees of one, with the words and codes of Kubernetes 1.33 and later,
over HTTP on a free port of this machine, and breaks on order. A test that passes here and fails on a real cluster
shows a fault here.

    def test_demo(kubernetes):                      # fixture in tests/conftest.py: a running `Kubernetes`
        kubernetes.run = succeed                    # what every container does from now on
        kubernetes.kubeconfig                       # path of a kubeconfig file; context, user and namespace "test"
        kubernetes.client()                         # a kubernetes.client.ApiClient for it, for the test's own questions

What is in the cluster (constructor, for tests that want another one)::

    Kubernetes(
        groups=CORE_GROUPS,      # API groups there are besides core; ALL_GROUPS adds JobSet, TrainJob, LWS and Argo
        run=succeed,             # (pod, log) -> exit code: what each container does
        backoff=0.05,            # seconds before the first retry of a failed pod, doubled each time (real: 10)
        speed=1.0,               # how many times faster ttlSecondsAfterFinished and activeDeadlineSeconds pass
        history=10_000,          # changes kept for watches; older resource versions answer 410
        tls=False,               # https; then .pretend_inside(monkeypatch) makes load_incluster_config() find it
    )                            # context manager; or .start() and .stop()

What containers do: `run`, a callable ``(pod, log) -> exit code`` called in a thread for each container::

    log.write("text\\n")          what the container prints
    log.env, log.container       its environment as resolved (valueFrom, envFrom, $(NAME)), its entry in the pod
    log.sleep(seconds)           raises `Stopped` once the pod is to end (exit code 143 unless caught)
    log.stopping                 threading.Event, set when SIGTERM would come; after the grace period it is 137
    log.message = "..."          the termination message (/dev/termination-log)

    succeed, fail_with(code, text="")              ready-made
    InstalledPrograms()                            runs what the image of that name in images/images.yaml runs, from
                                                   these sources: ``.../gen-maze:TAG`` is ``python -m vtb.program
                                                   vtb_generate.maze:main ARGS`` with nothing but the container's
                                                   environment; SIGTERM, then SIGKILL. ConfigMaps and Secrets that are
                                                   mounted lie in a folder, and paths in arguments and environment that
                                                   begin with their mount path are rewritten to it.

    kubernetes.pod_runs    Counter: how often containers were started, by pod name
    kubernetes.log(pod)    what it has printed so far

Looking and waiting (dicts, copies)::

    kubernetes.objects("jobs"), .objects("pods", labels={...})     all objects of a resource in namespace "test"
    kubernetes.get("jobs", name)                                   one, or None
    kubernetes.create("secrets", {...}), .delete("pods", name)     as another client would
    kubernetes.wait(lambda: ..., seconds=10)                       until it holds; AssertionError when it does not

Pods that do not start (each returns a hold; ``hold.release()`` lets them go, and it is a context manager)::

    kubernetes.hold_unschedulable(message="0/3 nodes are available: 3 Insufficient memory.", match=every_pod)
    kubernetes.hold_image_pull(message="...", match=every_pod)      ErrImagePull, then ImagePullBackOff
    kubernetes.hold_config_error(message="...", match=every_pod)    CreateContainerConfigError
    kubernetes.hold_quota(message="exceeded quota: ...", match=every_pod)   pods are refused (403); Event FailedCreate
    kubernetes.hold_creating(reason, message, match=every_pod)      ContainerCreating, with Events of this reason
    A Secret or ConfigMap that env names and that is missing gives CreateContainerConfigError by itself, one that a
    volume names ContainerCreating with FailedMount.

Things that go wrong::

    kubernetes.fail(verb, resource, with_, times=1, retry_after=1)
        verb      get list watch create update patch delete deletecollection, "*"
        resource  "jobs", "pods", "pods/log", "*"; "version" is /version
        with_     403, 409, 429 (Retry-After), 500, 503 ...; "reset" (nothing done, connection broken);
                  "lost" (done, but the connection breaks before the answer)
        times     None: until the returned fault is .release()d
    kubernetes.forbid(verb, resource)      403 for good, as a missing RBAC rule; SelfSubjectAccessReview says the same
    kubernetes.restart(seconds=0.5)        the listener, every connection and watch end; the same port, objects and
                                           pods come back; earlier resource versions are gone (410)
    kubernetes.expire_watches()            open watches end with ERROR 410, earlier resource versions answer 410
    kubernetes.kill_pod(name)              evicted: condition DisruptionTarget, SIGTERM, pod deleted
    kubernetes.kill_pod(name, exit_code=137, reason="OOMKilled")   the container ends so, the pod stays as Failed

What was asked: ``kubernetes.requests`` is a Counter of (verb, resource), ``kubernetes.user_agents`` a Counter of
User-Agent headers. Requests that a fault answered are counted too.

Patches: merge-patch, and strategic-merge-patch for built-in kinds, both merged as RFC 7386 says. A deleted batch/v1 Job
leaves its pods unless the request says propagationPolicy Background or Foreground, as the real API does; items of lists
of built-in kinds have no kind and apiVersion; zeros are left out of a Job's status. So it is with the real one.

What the API serves: namespaced objects (create, dryRun too, get, list, watch, patch, put, delete, deletecollection,
status), pods' logs, /version, /healthz, /readyz, discovery, SelfSubjectAccessReview. Not served: other namespaces than
test, default and kube-system, server-side apply, exec, authentication beyond one bearer token, validation by schema
(names, labels, owner references and the rules of Jobs are checked), and what controllers of JobSet, TrainJob,
LeaderWorkerSet and Argo do: these objects only lie there.
"""

from in_memory_kubernetes.cluster import Kubernetes
from in_memory_kubernetes.container_log import ContainerLog, Stopped
from in_memory_kubernetes.holds import every_pod
from in_memory_kubernetes.programs import InstalledPrograms, fail_with, succeed
from in_memory_kubernetes.resources import ALL_GROUPS, CORE_GROUPS

__all__ = [
    "ALL_GROUPS",
    "CORE_GROUPS",
    "ContainerLog",
    "InstalledPrograms",
    "Kubernetes",
    "Stopped",
    "every_pod",
    "fail_with",
    "succeed",
]
