{{/* Templates of Argo Workflows, as vtb.cluster.argo makes them: each creates an object and waits for its end. */}}

{{- define "vtb.argoWaits" -}}
{{- if eq . "JobSet" -}}
successCondition: status.terminalState == Completed
failureCondition: status.terminalState == Failed
{{- else -}}
successCondition: status.completionTime
failureCondition: "status.conditions.0.type in (FailureTarget, Failed),status.conditions.1.type in (FailureTarget, Failed),status.conditions.2.type in (FailureTarget, Failed),status.conditions.3.type in (FailureTarget, Failed)"
{{- end -}}
{{- end -}}

{{/* Who the workflow's own pods are, and how long it is kept. */}}
{{- define "vtb.argoCommon" -}}
serviceAccountName: {{ .launcherServiceAccount | quote }}
securityContext:
  {{- include "vtb.podSecurity" . | nindent 2 }}
ttlStrategy:
  secondsAfterCompletion: {{ int64 .ttlSecondsAfterFinished }}
{{- end -}}

{{/* A step of a pipeline file of the chart, as JSON: dict of site, contracts, pipeline and step. */}}
{{- define "vtb.argoStep" -}}
{{- $store := "{{workflow.parameters.store}}" -}}
{{- $step := deepCopy .step -}}
{{- $arguments := list -}}
{{- range $step.arguments -}}{{- $arguments = append $arguments (replace "{store}" $store .) -}}{{- end -}}
{{- $stage := index .contracts $step.stage -}}
{{- $place := include "vtb.place" (dict "site" .site "stage" $stage "slug" $step.stage) | fromYaml -}}
{{- $name := printf "%s-%s-{{workflow.uid}}" (include "vtb.short" (list $step.name 7)) (sha256sum $step.name | trunc 4) -}}
{{- toJson (dict "site" .site "stage" $stage "slug" $step.stage "place" $place "pipeline" .pipeline "name" $step.name "parts" $step.parts "arguments" $arguments "after" ($step.after | default list) "objectName" $name "store" $store) -}}
{{- end -}}

{{/* The templates of a step. */}}
{{- define "vtb.argoTemplates" -}}
{{- $kind := include "vtb.kind" . -}}
{{- if eq $kind "TrainJob" -}}
{{- fail (printf "argo.enabled and gang.by trainjob: Argo cannot tell how the TrainJob of step %s ends: take job or jobset" .name) -}}
{{- end -}}
{{- $made := include "vtb.stepObject" . | fromYaml -}}
{{- $template := $made.spec.template -}}
{{- if eq $kind "JobSet" -}}{{- $template = (index $made.spec.replicatedJobs 0).template.spec.template -}}{{- end -}}
{{- $_ := set $template.metadata.labels "workflows.argoproj.io/workflow" "{{workflow.name}}" -}}
{{- $meta := dict "labels" (printf "%s\n%s" (include "vtb.stepLabels" .) (include "vtb.queueLabel" .) | fromYaml) "annotations" (dict "vtb-train/output" (printf "%s/%s" .store .name)) "namespace" .site.namespace -}}
{{- if eq $kind "Job" -}}
{{- $_ := set $meta "generateName" (printf "%s-" (include "vtb.short" (list (printf "%s-%s" .site.release .name) 40))) -}}
{{- else -}}
{{- $_ := set $meta "name" .objectName -}}
{{- end -}}
{{- $_ := set $made "metadata" $meta -}}
{{- if eq $kind "GangJob" }}
- name: {{ printf "%s-service" .name | quote }}
  resource:
    action: create
    setOwnerReference: true
    manifest: |
      {{- include "vtb.gangService" . | fromYaml | toYaml | nindent 6 }}
{{- end }}
- name: {{ .name | quote }}
  resource:
    action: create
    setOwnerReference: true
    manifest: |
      {{- toYaml $made | nindent 6 }}
    {{- include "vtb.argoWaits" $kind | nindent 4 }}
{{- end -}}

{{/* The tasks of a step: its Service where it has one, then its Job, which has the name of the step. */}}
{{- define "vtb.argoTasks" -}}
{{- $after := .after -}}
{{- if eq (include "vtb.kind" .) "GangJob" }}
{{- $service := printf "%s-service" .name }}
- name: {{ $service | quote }}
  template: {{ $service | quote }}
  {{- with $after }}
  depends: {{ join " && " . | quote }}
  {{- end }}
{{- $after = list $service }}
{{- end }}
- name: {{ .name | quote }}
  template: {{ .name | quote }}
  {{- with $after }}
  depends: {{ join " && " . | quote }}
  {{- end }}
{{- end -}}

{{/* The object that a template of one stage creates, as text: parameters stand in it where YAML has no place for them. */}}
{{- define "vtb.argoStageManifest" -}}
{{- $parts := ternary 2 1 .stage.parts -}}
{{- $place := include "vtb.place" . | fromYaml -}}
{{- $_ := set $place "nodes" 1 -}}
{{- $step := dict "site" .site "stage" .stage "slug" .slug "place" $place "pipeline" .slug "name" .slug "parts" $parts "arguments" list -}}
{{- $made := include "vtb.stepObject" $step | fromYaml -}}
{{- $_ := set $made "metadata" (dict "generateName" (printf "%s-" (include "vtb.short" (list (printf "%s-%s" .site.release .slug) 40))) "labels" (printf "%s\n%s" (include "vtb.stepLabels" $step) (include "vtb.queueLabel" $step) | fromYaml)) -}}
{{- $_ := set $made.spec.template.metadata.labels "workflows.argoproj.io/workflow" "{{workflow.name}}" -}}
{{- $words := concat .stage.words (list "--output" "{{inputs.parameters.output}}") -}}
{{- if .stage.parts -}}
{{- $words = concat $words (list "--num-shards" "{{inputs.parameters.parts}}") -}}
{{- $_ := set $made.spec "completions" "PARTS-AS-TEXT" -}}
{{- $_ := set $made.spec "parallelism" (int $place.parallelism) -}}
{{- end -}}
{{- $_ := set (index $made.spec.template.spec.containers 0) "args" "WORDS-AS-TEXT" -}}
{{- $listed := list -}}
{{- range $words -}}{{- $listed = append $listed (toJson .) -}}{{- end -}}
{{- $listed = append $listed "{{inputs.parameters.arguments}}" -}}
{{- toYaml $made | replace "WORDS-AS-TEXT" (printf "[%s]" (join ", " $listed)) | replace "PARTS-AS-TEXT" "{{inputs.parameters.parts}}" -}}
{{- end -}}
