{{/* The Job of a step, as vtb.cluster.job and vtb.cluster.gang make it.

A step is a dict of site, stage (its contract), slug, place, pipeline, name, parts and arguments. */}}

{{/* What our exit codes mean to Kubernetes. */}}
{{- define "vtb.failures" -}}
rules:
- action: FailJob
  onExitCodes: {containerName: stage, operator: In, values: [2, 3, 4, 5]}
- action: Ignore
  onPodConditions:
  - {type: DisruptionTarget, status: "True"}
{{- end -}}

{{/* Labels of the objects and pods of a step. */}}
{{- define "vtb.stepLabels" -}}
app.kubernetes.io/name: vtb-train
app.kubernetes.io/managed-by: vtb-train
app.kubernetes.io/instance: {{ .site.release | quote }}
app.kubernetes.io/component: {{ .slug | quote }}
vtb-train/pipeline: {{ include "vtb.labelValue" .pipeline | quote }}
vtb-train/step: {{ .name | quote }}
{{- end -}}

{{- define "vtb.jobSpec" -}}
{{- if gt (int .parts) 1 }}
completionMode: Indexed
completions: {{ int .parts }}
parallelism: {{ min (int .parts) (int .place.parallelism) }}
backoffLimitPerIndex: {{ int .place.retries }}
maxFailedIndexes: 0
{{- else }}
backoffLimit: {{ int .place.retries }}
{{- end }}
podFailurePolicy:
  {{- include "vtb.failures" . | nindent 2 }}
ttlSecondsAfterFinished: {{ int64 .site.ttlSecondsAfterFinished }}
{{- with .place.activeDeadlineSeconds }}
activeDeadlineSeconds: {{ int64 . }}
{{- end }}
{{- if .place.queue }}
suspend: true
{{- end }}
template:
  metadata:
    labels:
      {{- include "vtb.stepLabels" . | nindent 6 }}
  spec:
    {{- include "vtb.pod" . | nindent 4 }}
{{- end -}}

{{/* The kind of a step's object: Job, or what runs a gang. */}}
{{- define "vtb.kind" -}}
{{- if and .stage.gang (gt (int .place.nodes) 1) -}}
{{- get (dict "job" "GangJob" "jobset" "JobSet" "trainjob" "TrainJob") .site.gang.by -}}
{{- else -}}
Job
{{- end -}}
{{- end -}}

{{/* Kind and specification of a step's object, as a dict in YAML; a gang's nodes know each other by the object's name. */}}
{{- define "vtb.stepObject" -}}
{{- $kind := include "vtb.kind" . -}}
{{- $spec := include "vtb.jobSpec" . | fromYaml -}}
{{- $nodes := int .place.nodes -}}
{{- if eq $kind "GangJob" -}}
{{- $_ := set $spec "completionMode" "Indexed" -}}
{{- $_ := set $spec "completions" $nodes -}}
{{- $_ := set $spec "parallelism" $nodes -}}
{{- $_ := set $spec "backoffLimit" (mul $spec.backoffLimit $nodes) -}}
{{- $_ := set $spec.template.spec "subdomain" .objectName -}}
{{- $_ := include "vtb.meet" (dict "step" . "template" $spec.template "first" (printf "%s-0.%s" .objectName .objectName)) -}}
{{- toYaml (dict "apiVersion" "batch/v1" "kind" "Job" "spec" $spec) -}}
{{- else if eq $kind "JobSet" -}}
{{- $_ := include "vtb.meet" (dict "step" . "template" $spec.template "first" (printf "%s-node-0-0.%s" .objectName .objectName)) -}}
{{- toYaml (dict "apiVersion" "jobset.x-k8s.io/v1alpha2" "kind" "JobSet" "spec" (include "vtb.jobSet" (dict "spec" $spec "nodes" $nodes) | fromYaml)) -}}
{{- else -}}
{{- toYaml (dict "apiVersion" "batch/v1" "kind" "Job" "spec" $spec) -}}
{{- end -}}
{{- end -}}

{{/* Tell every node how many there are and where the first one is: dict of step, template (changed in place), first. */}}
{{- define "vtb.meet" -}}
{{- $container := index .template.spec.containers 0 -}}
{{- $port := int .step.site.gang.port -}}
{{- $told := list (dict "name" "PET_NNODES" "value" (int .step.place.nodes | toString)) (dict "name" "PET_MASTER_ADDR" "value" .first) (dict "name" "PET_MASTER_PORT" "value" (toString $port)) -}}
{{- $_ := set $container "env" (concat ($container.env | default list) $told) -}}
{{- $_ := set $container "ports" (list (dict "name" "torchrun" "containerPort" $port)) -}}
{{- end -}}

{{- define "vtb.jobSet" -}}
network: {enableDNSHostnames: true, publishNotReadyAddresses: true}
failurePolicy:
  maxRestarts: {{ int .spec.backoffLimit }}
  rules:
  - {name: final, action: FailJobSet, onJobFailureReasons: [PodFailurePolicy]}
ttlSecondsAfterFinished: {{ int64 .spec.ttlSecondsAfterFinished }}
{{- if .spec.suspend }}
suspend: true
{{- end }}
replicatedJobs:
- name: node
  replicas: 1
  template:
    spec:
      completionMode: Indexed
      completions: {{ .nodes }}
      parallelism: {{ .nodes }}
      backoffLimit: 0
      {{- with .spec.activeDeadlineSeconds }}
      activeDeadlineSeconds: {{ int64 . }}
      {{- end }}
      podFailurePolicy: {{ toJson .spec.podFailurePolicy }}
      template: {{ toJson .spec.template }}
{{- end -}}

{{/* The headless Service of a gang that is an Indexed Job. */}}
{{- define "vtb.gangService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .objectName | quote }}
  namespace: {{ .site.namespace | quote }}
  labels:
    {{- include "vtb.stepLabels" . | nindent 4 }}
    {{- include "vtb.queueLabel" . | nindent 4 }}
  annotations:
    vtb-train/output: {{ printf "%s/%s" .store .name | quote }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    batch.kubernetes.io/job-name: {{ .objectName | quote }}
  ports:
  - {name: torchrun, port: {{ int .site.gang.port }}}
{{- end -}}

{{- define "vtb.queueLabel" -}}
{{- with .place.queue -}}
kueue.x-k8s.io/queue-name: {{ . | quote }}
{{- end -}}
{{- end -}}
