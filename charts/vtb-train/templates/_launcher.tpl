{{/* The launcher, as vtb.cluster.launcher_job makes it. */}}

{{/* The text of the pipeline file: your own, or one of the chart's. */}}
{{- define "vtb.pipelineFile" -}}
{{- with .Values.pipeline -}}
{{- if .file -}}
{{- .file -}}
{{- else -}}
{{- $known := list -}}
{{- range $path, $_ := $.Files.Glob "files/pipelines/*.yaml" -}}{{- $known = append $known (base $path | trimSuffix ".yaml") -}}{{- end -}}
{{- if not (has .name $known) -}}
{{- fail (printf "pipeline.name: %s is no pipeline of the chart; it has %s, and takes others by --set-file pipeline.file=FILE" .name (join ", " $known)) -}}
{{- end -}}
{{- $.Files.Get (printf "files/pipelines/%s.yaml" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The name that stands in the pipeline file, else that of the file in the pod, as for `vtb run`. */}}
{{- define "vtb.pipelineName" -}}
{{- $file := include "vtb.pipelineFile" . | fromYaml -}}
{{- if hasKey $file "Error" -}}{{- fail (printf "pipeline.file: cannot be read as YAML: %s" $file.Error) -}}{{- end -}}
{{- $file.name | default "pipeline" | toString -}}
{{- end -}}

{{/* Labels of the launcher's pods. */}}
{{- define "vtb.launcherLabels" -}}
{{ include "vtb.selector" . }}
app.kubernetes.io/managed-by: vtb-train
app.kubernetes.io/component: launcher
vtb-train/pipeline: {{ include "vtb.pipelineName" . | include "vtb.labelValue" | quote }}
{{- end -}}

{{/* What the Job does: dict of root and the name of the ConfigMap with the files. */}}
{{- define "vtb.launcherSpec" -}}
{{- $values := .root.Values -}}
{{- $site := include "vtb.site" .root | fromYaml -}}
{{- $place := include "vtb.launcherPlace" $site | fromJson -}}
{{- if not $values.store.uri -}}
{{- fail "store.uri is missing: say where the steps write: --set store.uri=s3://bucket/prefix" -}}
{{- end -}}
{{- $words := list "run" "/etc/vtb/pipeline.yaml" "--on" "kubernetes" "--site" "/etc/vtb/site.yaml" "--store" $values.store.uri -}}
{{- range $values.pipeline.settings -}}{{- $words = concat $words (list "--set" .) -}}{{- end -}}
{{- range $values.pipeline.only -}}{{- $words = concat $words (list "--only" .) -}}{{- end -}}
backoffLimit: 10
podFailurePolicy:
  {{- include "vtb.failures" . | nindent 2 }}
ttlSecondsAfterFinished: {{ int64 $values.ttlSecondsAfterFinished }}
template:
  metadata:
    labels:
      {{- include "vtb.launcherLabels" .root | nindent 6 }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ $site.launcherServiceAccount | quote }}
    enableServiceLinks: false
    terminationGracePeriodSeconds: 30
    securityContext:
      {{- include "vtb.podSecurity" . | nindent 6 }}
    {{- include "vtb.placement" $place | nindent 4 }}
    {{- include "vtb.pullSecrets" $site | nindent 4 }}
    containers:
    - name: stage
      image: {{ include "vtb.image" (list $site "vtb/launcher") | quote }}
      imagePullPolicy: {{ $site.image.pullPolicy }}
      args: {{ include "vtb.unexpanded" $words }}
      env: {{ concat (include "vtb.storeEnvironment" $site | fromJsonArray) ($place.extraEnv | default list) | toJson }}
      resources: {{ toJson $values.launcher.resources }}
      securityContext:
        {{- include "vtb.containerSecurity" . | nindent 8 }}
      terminationMessagePolicy: FallbackToLogsOnError
      volumeMounts:
      - {name: tmp, mountPath: /tmp}
      - {name: cache, mountPath: /cache}
      - {name: files, mountPath: /etc/vtb, readOnly: true}
      {{- with $place.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    volumes:
    - name: tmp
      emptyDir: {sizeLimit: 1Gi}
    - name: cache
      emptyDir: {sizeLimit: 1Gi}
    - name: files
      configMap: {name: {{ .config }}}
    {{- with $place.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* A hash of all that the launcher runs. */}}
{{- define "vtb.run" -}}
{{- printf "%s\n%s\n%s" (include "vtb.launcherSpec" (dict "root" . "config" "files")) (include "vtb.pipelineFile" .) (include "vtb.site" .) | sha256sum | trunc 10 -}}
{{- end -}}

{{/* The launcher's name. The first one has a name that everybody knows; a Job cannot be changed, so that another run
needs another name. While the first one's files are what they would be now, it keeps its name. */}}
{{- define "vtb.launcherName" -}}
{{- $first := include "vtb.named" (list . "launcher") -}}
{{- $run := include "vtb.run" . -}}
{{- $there := lookup "v1" "ConfigMap" .Release.Namespace $first -}}
{{- if or .Release.IsInstall (eq $run (dig "metadata" "annotations" "vtb-train/run" "" $there)) -}}
{{- $first -}}
{{- else -}}
{{- include "vtb.named" (list . (printf "launcher-%s" $run)) -}}
{{- end -}}
{{- end -}}
