{{/* The name of the objects: the release's and the chart's, but not both if one contains the other. At most 50 characters,
because some objects add a word and a Service's name can have 63. */}}
{{- define "fargate-operator.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The labels that select the controller's pods. A Deployment's selector never changes. */}}
{{- define "fargate-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{/* Labels of every object. */}}
{{- define "fargate-operator.labels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "fargate-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "fargate-operator.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the webhook's certificate. Helm's and cert-manager's have different names, so that neither takes over the other's. */}}
{{- define "fargate-operator.webhookSecret" -}}
{{ include "fargate-operator.fullname" . }}-webhook{{ if .Values.webhook.certManager.enabled }}-certificate{{ end }}
{{- end -}}

{{/* The reference of the image with both programs. */}}
{{- define "fargate-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The controller's rights in the namespaces that it serves. `make generate` writes the same rules into config/rbac/role.yaml
from the markers in the code; a test compares them. */}}
{{- define "fargate-operator.rules" -}}
- apiGroups: [ci.fargate-operator.dev]
  resources: [fargatejobs]
  verbs: [delete, list, patch, watch]
- apiGroups: [ci.fargate-operator.dev]
  resources: [fargatejobs/status, fargatetaskclasses/status]
  verbs: [patch]
- apiGroups: [ci.fargate-operator.dev]
  resources: [fargatetaskclasses]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- /* The environment of programs behind a proxy, which must not be on the way to the API server, to names within the
cluster, and to the addresses of the node's metadata service, of ECS and of EKS Pod Identity. */}}
{{- define "fargate-operator.proxyEnv" -}}
{{- with .Values.proxy }}
{{- with .httpsProxy }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .httpProxy }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
- name: NO_PROXY
  value: {{ concat (list "$(KUBERNETES_SERVICE_HOST)" ".svc" ".cluster.local" "169.254.169.254" "169.254.170.2" "169.254.170.23" "fd00:ec2::254" "fd00:ec2::23") .noProxy | join "," | quote }}
{{- end }}
{{- end }}
