{{/* The tenants with their defaults filled in, as JSON. */}}
{{- define "fargate-operator.tenants" -}}
{{- $tenants := list -}}
{{- $namespaces := list -}}
{{- range .Values.tenants -}}
{{- if has .namespace $namespaces -}}
{{- fail (printf "tenants: namespace %s is listed twice: give each tenant its own namespace" .namespace) -}}
{{- end -}}
{{- if and $.Values.watchNamespaces (not (has .namespace $.Values.watchNamespaces)) -}}
{{- fail (printf "tenants: the controller does not serve namespace %s: add it to watchNamespaces" .namespace) -}}
{{- end -}}
{{- $namespaces = append $namespaces .namespace -}}
{{- $toml := .fargateToml | default "" -}}
{{- /* A section, or a key before the first section: TOML allows a table only once, and the executor would refuse the file. */ -}}
{{- $keys := regexReplaceAll "(?ms)^[ \\t]*\\[.*" $toml "" -}}
{{- if or (regexMatch "(?mi)^[ \\t]*\\[+[ \\t]*[\"']?kubernetes[\"']?[ \\t]*[.\\]]" $toml) (regexMatch "(?mi)^[ \\t]*[\"']?kubernetes[\"']?[ \\t]*[.=]" $keys) -}}
{{- fail (printf "tenants: fargateToml of namespace %s has a section [Kubernetes], which the chart writes itself: leave it out, and name the tenant's class in taskClass" .namespace) -}}
{{- end -}}
{{- $class := .taskClass | default "default" -}}
{{- $tenants = append $tenants (dict
      "namespace" .namespace
      "account" (dig "serviceAccount" "name" "gitlab-runner" .)
      "createAccount" (dig "serviceAccount" "create" true .)
      "class" $class
      "classes" (prepend (.allowedClasses | default list) $class | uniq)
      "maxJobs" (.maxJobs | default 0)
      "toml" $toml) -}}
{{- end -}}
{{- toJson $tenants -}}
{{- end -}}

{{/* The tenant in whose namespace the chart runs gitlab-runner, as JSON. */}}
{{- define "fargate-operator.runnerTenant" -}}
{{- $found := dict -}}
{{- range include "fargate-operator.tenants" . | fromJsonArray -}}
{{- if eq .namespace $.Values.runner.namespace -}}
{{- $found = . -}}
{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- fail (printf "runner.namespace: %q is not the namespace of a tenant: name one of tenants, whose service account the runner uses" .Values.runner.namespace) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* The labels that select the pod of gitlab-runner. */}}
{{- define "fargate-operator.runnerSelectorLabels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: runner
{{- end -}}
