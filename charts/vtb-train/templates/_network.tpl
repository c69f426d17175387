{{/* Where traffic may go, for addresses of NetworkPolicy; without any everywhere, pods of the cluster too. */}}
{{- define "vtb.to" -}}
{{- if . -}}
to: {{ include "vtb.cidrs" . }}
{{ end -}}
{{- end -}}

{{- define "vtb.cidrs" -}}
{{- $found := list -}}
{{- range . -}}{{- $found = append $found (dict "ipBlock" (dict "cidr" .)) -}}{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* The port of the store's endpoint. */}}
{{- define "vtb.storePort" -}}
{{- $url := include "vtb.storeEndpoint" . | default "https://s3" | urlParse -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end -}}
