{{/* The site file, made from the values, and what follows from it as in vtb.cluster.site. */}}

{{- define "vtb.storeSecret" -}}
{{- $store := .Values.store -}}
{{- if and $store.existingSecret (or $store.accessKeyId $store.secretAccessKey) -}}
{{- fail "store.existingSecret and store.accessKeyId: give one of the two" -}}
{{- end -}}
{{- if ne (empty $store.accessKeyId) (empty $store.secretAccessKey) -}}
{{- fail "store.accessKeyId and store.secretAccessKey: give both or none" -}}
{{- end -}}
{{- if $store.existingSecret -}}
{{- $store.existingSecret -}}
{{- else if or $store.accessKeyId .Values.devStore.enabled -}}
{{- include "vtb.named" (list . "store") -}}
{{- end -}}
{{- end -}}

{{- define "vtb.storeEndpoint" -}}
{{- if .Values.store.endpoint -}}
{{- .Values.store.endpoint -}}
{{- else if .Values.devStore.enabled -}}
http://{{ include "vtb.named" (list . "dev-store") }}:9000
{{- end -}}
{{- end -}}

{{- define "vtb.claim" -}}
{{- $cache := .Values.modelCache -}}
{{- if and $cache.claim $cache.create -}}
{{- fail "modelCache.claim and modelCache.create: give one of the two" -}}
{{- end -}}
{{- if $cache.create -}}{{- include "vtb.named" (list . "models") -}}{{- else -}}{{- $cache.claim -}}{{- end -}}
{{- end -}}

{{/* A place of the values with its processors as text. */}}
{{- define "vtb.placeOfValues" -}}
{{- $place := deepCopy . -}}
{{- range $key, $value := $place -}}
{{- if kindIs "invalid" $value -}}{{- $_ := unset $place $key -}}{{- end -}}
{{- end -}}
{{- if hasKey $place "cpu" -}}{{- $_ := set $place "cpu" (toString $place.cpu) -}}{{- end -}}
{{- toYaml $place -}}
{{- end -}}

{{/* The keys of the values of the launcher that the site file has, too, as JSON. */}}
{{- define "vtb.launcherOfValues" -}}
{{- $found := dict -}}
{{- range $key := include "vtb.launcherKeys" . | fromJsonArray -}}
{{- $value := index $.Values.launcher $key -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $found $key $value -}}{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "vtb.launcherKeys" -}}
["nodeSelector", "tolerations", "affinity", "priorityClassName", "extraEnv", "extraVolumes", "extraVolumeMounts"]
{{- end -}}

{{/* What the pod of the launcher gets, as JSON: its own keys before those of the defaults. */}}
{{- define "vtb.launcherPlace" -}}
{{- $chosen := dict -}}
{{- range $key := include "vtb.launcherKeys" . | fromJsonArray -}}
{{- range list ($.defaults | default dict) ($.launcher | default dict) -}}
{{- if hasKey . $key -}}{{- $_ := set $chosen $key (get . $key) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $chosen -}}
{{- end -}}

{{/* The whole site file. */}}
{{- define "vtb.site" -}}
{{- $values := .Values -}}
namespace: {{ .Release.Namespace | quote }}
release: {{ include "vtb.release" . | quote }}
serviceAccount: {{ include "vtb.account" (list . .Values.serviceAccount "steps") | quote }}
launcherServiceAccount: {{ include "vtb.account" (list . .Values.launcher.serviceAccount "launcher") | quote }}
owner: {{ include "vtb.named" (list . "site") | quote }}
image:
  registry: {{ .Values.image.registry | quote }}
  tag: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
  pullPolicy: {{ .Values.image.pullPolicy }}
  pullSecrets: {{ toJson .Values.image.pullSecrets }}
store:
  endpoint: {{ include "vtb.storeEndpoint" . | quote }}
  region: {{ .Values.store.region | quote }}
  existingSecret: {{ include "vtb.storeSecret" . | quote }}
credentials: {{ toJson .Values.credentials }}
gang: {{ toJson .Values.gang }}
modelCache:
  claim: {{ include "vtb.claim" . | quote }}
gpuResource: {{ .Values.gpuResource | quote }}
{{- if not (kindIs "invalid" .Values.fsGroup) }}
fsGroup: {{ int64 .Values.fsGroup }}
{{- end }}
ttlSecondsAfterFinished: {{ int64 .Values.ttlSecondsAfterFinished }}
launcher: {{ include "vtb.launcherOfValues" . }}
defaults:
  {{- include "vtb.placeOfValues" .Values.defaults | nindent 2 }}
{{- if .Values.stages }}
stages:
  {{- range $name, $place := .Values.stages }}
  {{ $name }}:
    {{- include "vtb.placeOfValues" $place | nindent 4 }}
  {{- end }}
{{- else }}
stages: {}
{{- end }}
{{- end -}}

{{/* What pods of a stage get: dict of site, stage (its contract) and slug. */}}
{{- define "vtb.place" -}}
{{- $chosen := deepCopy .stage.place -}}
{{- range list (.site.defaults | default dict) (dig "stages" .slug dict .site) -}}
{{- range $key, $value := . -}}
{{- $_ := set $chosen $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $chosen -}}
{{- end -}}

{{/* The whole name of an image of ours: list of site and image. */}}
{{- define "vtb.image" -}}
{{- $image := (index . 0).image -}}
{{- if $image.registry -}}{{ $image.registry | trimSuffix "/" }}/{{- end -}}
{{ index . 1 }}:{{ $image.tag }}
{{- end -}}
