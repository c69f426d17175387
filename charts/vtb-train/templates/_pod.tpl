{{/* The pod of a step, as vtb.cluster.pod makes it: dict of site, stage (its contract), place and arguments. */}}

{{- define "vtb.pod" -}}
{{- $place := .place -}}
restartPolicy: Never
serviceAccountName: {{ .site.serviceAccount | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ int .stage.graceSeconds }}
securityContext:
  {{- include "vtb.podSecurity" . | nindent 2 }}
  {{- if hasKey .site "fsGroup" }}
  fsGroup: {{ int64 .site.fsGroup }}
  {{- end }}
{{- include "vtb.placement" $place }}
{{- include "vtb.pullSecrets" .site }}
containers:
- {{- include "vtb.container" . | nindent 2 }}
volumes:
- name: tmp
  emptyDir: {sizeLimit: {{ toJson .place.disk }}}
- name: cache
  {{- if and .stage.modelCache .site.modelCache.claim }}
  persistentVolumeClaim: {claimName: {{ toJson .site.modelCache.claim }}}
  {{- else }}
  emptyDir: {sizeLimit: {{ toJson .place.disk }}}
  {{- end }}
{{- with .place.sharedMemory }}
- name: shm
  emptyDir: {medium: Memory, sizeLimit: {{ toJson . }}}
{{- end }}
{{- with .place.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where a pod may run, and by what runtime: a place. */}}
{{- define "vtb.placement" -}}
{{- $place := . -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "runtimeClassName" }}
{{- with get $place $key }}
{{ $key }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "vtb.pullSecrets" -}}
{{- with .image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ toJson . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "vtb.container" -}}
name: stage
image: {{ include "vtb.image" (list .site .stage.image) | quote }}
imagePullPolicy: {{ .site.image.pullPolicy }}
args: {{ include "vtb.unexpanded" .arguments }}
env: {{ include "vtb.environment" . }}
resources:
  {{- include "vtb.resources" . | nindent 2 }}
securityContext:
  {{- include "vtb.containerSecurity" . | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
- {name: tmp, mountPath: /tmp}
- {name: cache, mountPath: /cache}
{{- if .place.sharedMemory }}
- {name: shm, mountPath: /dev/shm}
{{- end }}
{{- with .place.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Words that mean themselves, as JSON: Kubernetes would put environment variables, and so secrets, for $(NAME). */}}
{{- define "vtb.unexpanded" -}}
{{- $words := list -}}
{{- range . -}}{{- $words = append $words (toString . | replace "$(" "$$(") -}}{{- end -}}
{{- toJson $words -}}
{{- end -}}

{{/* The store's address and keys, the credentials that the stage may use, and what the site adds, as JSON. */}}
{{- define "vtb.environment" -}}
{{- $found := include "vtb.storeEnvironment" .site | fromJsonArray -}}
{{- range .stage.credentials -}}
{{- $found = concat $found (include "vtb.secret" (list $.site.credentials.existingSecret .) | fromJsonArray) -}}
{{- end -}}
{{- if .stage.gang -}}
{{- $found = append $found (dict "name" "VTB_GRACE_S" "value" (sub .stage.graceSeconds 30 | toString)) -}}
{{- end -}}
{{- toJson (concat $found (.place.extraEnv | default list)) -}}
{{- end -}}

{{/* How the store is reached, as JSON; secrets by reference only. */}}
{{- define "vtb.storeEnvironment" -}}
{{- $found := list -}}
{{- with .store.endpoint -}}{{- $found = append $found (dict "name" "S3_ENDPOINT_URL" "value" .) -}}{{- end -}}
{{- with .store.region -}}{{- $found = append $found (dict "name" "AWS_REGION" "value" .) -}}{{- end -}}
{{- $secret := .store.existingSecret -}}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" -}}
{{- $found = concat $found (include "vtb.secret" (list $secret .) | fromJsonArray) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* A variable from a Secret, as JSON; one that is not in it is not set: list of Secret and name. */}}
{{- define "vtb.secret" -}}
{{- if index . 0 -}}
{{- $key := dict "name" (index . 0) "key" (index . 1) "optional" true -}}
{{- toJson (list (dict "name" (index . 1) "valueFrom" (dict "secretKeyRef" $key))) -}}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* Processor time is asked for and not limited; all else is both. */}}
{{- define "vtb.resources" -}}
{{- $fixed := dict "memory" .place.memory "ephemeral-storage" .place.disk -}}
{{- $gpus := .place.gpuResource | default .site.gpuResource -}}
{{- if .place.gpu -}}{{- $_ := set $fixed $gpus (int .place.gpu | toString) -}}{{- end -}}
{{- range $name, $amount := .place.extraResources -}}
{{- if eq $name $gpus -}}{{- fail (printf "extraResources: %s is what gpu asks for: give gpu" $name) -}}{{- end -}}
{{- $_ := set $fixed $name (kindIs "string" $amount | ternary $amount (int64 $amount | toString)) -}}
{{- end -}}
requests: {{ merge (dict "cpu" .place.cpu) $fixed | toJson }}
limits: {{ toJson $fixed }}
{{- end -}}
