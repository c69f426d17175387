{{/* Names, labels and accounts. */}}

{{/* A text cut to a length that still ends in a letter or digit: list of text and length. */}}
{{- define "vtb.short" -}}
{{- index . 0 | trunc (int (index . 1)) | trimAll "-" -}}
{{- end -}}

{{/* The release as the names of objects begin: without dots, which labels of DNS names cannot have. */}}
{{- define "vtb.release" -}}
{{- $name := .Release.Name | replace "." "-" -}}
{{- if not (regexMatch "^[a-z]" $name) -}}
{{- fail (printf "release %s: Services need names that begin with a letter: choose such a name for the release" .Release.Name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* The name of an object of the release: list of root and what it is; within 63 characters. */}}
{{- define "vtb.named" -}}
{{- $what := index . 1 -}}
{{- printf "%s-%s" (include "vtb.short" (list (include "vtb.release" (index . 0)) (sub 62 (len $what)))) $what -}}
{{- end -}}

{{/* A text as the value of a label. */}}
{{- define "vtb.labelValue" -}}
{{- regexReplaceAll "[^A-Za-z0-9._-]+" . "-" | trunc 63 | trimAll "-._" -}}
{{- end -}}

{{/* What the pods of the release have in common. */}}
{{- define "vtb.selector" -}}
app.kubernetes.io/name: vtb-train
app.kubernetes.io/instance: {{ include "vtb.release" . | quote }}
{{- end -}}

{{/* Labels of the chart's own objects: list of root and component. */}}
{{- define "vtb.labels" -}}
{{ include "vtb.selector" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 | quote }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: Helm
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/* The service account of the steps or the launcher: list of root, its values, and what it is for. */}}
{{- define "vtb.account" -}}
{{- $account := index . 1 -}}
{{- if $account.name -}}
{{- $account.name -}}
{{- else if $account.create -}}
{{- include "vtb.named" (list (index . 0) (index . 2)) -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{/* What every container may do: nothing. The same as in vtb.cluster.pod. */}}
{{- define "vtb.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
readOnlyRootFilesystem: true
runAsNonRoot: true
{{- end -}}

{{- define "vtb.podSecurity" -}}
runAsNonRoot: true
seccompProfile: {type: RuntimeDefault}
{{- end -}}
