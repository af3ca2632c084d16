{{- /* Names are those of config/, so that one installation can take the other's place. */ -}}
{{- define "operator.selector" -}}
app.kubernetes.io/name: opentelemetry-operator
app.kubernetes.io/component: manager
{{- end }}
{{- define "operator.labels" -}}
app.kubernetes.io/name: opentelemetry-operator
app.kubernetes.io/component: {{ . }}
app.kubernetes.io/part-of: opentelemetry-operator
{{- end }}
{{- define "operator.account" -}}
{{ .Values.serviceAccount.name | default "opentelemetry-operator-controller-manager" }}
{{- end }}
{{- define "operator.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- define "operator.webhookClient" -}}
service:
  name: opentelemetry-operator-webhook-service
  namespace: {{ .root.Release.Namespace }}
  path: {{ .path }}
{{- end }}
{{- define "operator.webhookAnnotations" -}}
{{- if .Values.webhooks.certManager.enabled -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/opentelemetry-operator-serving-cert
{{- end }}
{{- end }}
{{- /* They stand for the whole cluster, as their configuration does. */ -}}
{{- define "operator.webhooks" -}}
{{- if and .Values.webhooks.enabled (not .Values.namespaced) }}true{{ end }}
{{- end }}
