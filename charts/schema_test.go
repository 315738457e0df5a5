package charts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// refusals are values that are refused, and what the message names.
var refusals = map[string]struct{ chart, values, want string }{
	"unknown key":                 {operatorChart, "replicaCount: 2", "replicaCount"},
	"long name":                   {operatorChart, "fullnameOverride: " + strings.Repeat("a", 51), "/fullnameOverride"},
	"name with a capital":         {operatorChart, "fullnameOverride: Fargate", "/fullnameOverride"},
	"name of a Service's":         {operatorChart, "fullnameOverride: 1st", "/fullnameOverride"},
	"name that ends in a hyphen":  {operatorChart, "nameOverride: fargate-", "/nameOverride"},
	"account with a space":        {operatorChart, "serviceAccount: {name: the controller}", "/serviceAccount/name"},
	"account with two dots":       {operatorChart, "serviceAccount: {name: a..b}", "/serviceAccount/name"},
	"priority class of capitals":  {operatorChart, "priorityClassName: HIGH", "/priorityClassName"},
	"runner's namespace":          {operatorChart, "runner: {namespace: team.a}", "/runner/namespace"},
	"runner's secret":             {operatorChart, "runner: {existingSecret: gitlab_runner}", "/runner/existingSecret"},
	"label that selects: name":    {operatorChart, "podLabels: {app.kubernetes.io/name: a}", "/podLabels/app.kubernetes.io~1name"},
	"label that selects: release": {operatorChart, "podLabels: {app.kubernetes.io/instance: a}", "/podLabels/app.kubernetes.io~1instance"},
	"label that selects: part":    {operatorChart, "podLabels: {app.kubernetes.io/component: a}", "/podLabels/app.kubernetes.io~1component"},
	"label with a space":          {operatorChart, "podLabels: {team: the platform}", "/podLabels/team"},
	"unknown nested key":          {operatorChart, "image: {name: x}", "/image"},
	"unknown key of a class":      {operatorChart, "taskClasses: [{name: a, specification: {}}]", "/taskClasses/0"},
	"unknown key of the CRDs":     {crdsChart, "keepCRDs: true", "keepCRDs"},
	"text for a number":           {operatorChart, `replicas: "2"`, "/replicas"},
	"negative replicas":           {operatorChart, "replicas: -1", "/replicas"},
	"unknown level":               {operatorChart, "logLevel: verbose", "/logLevel"},
	"unknown format":              {operatorChart, "logFormat: text", "/logFormat"},
	"unknown pull policy":         {operatorChart, "image: {pullPolicy: Sometimes}", "/image/pullPolicy"},
	"tag with a colon":            {operatorChart, `image: {tag: ":v1"}`, "/image/tag"},
	"short digest":                {operatorChart, "image: {digest: sha256:0123}", "/image/digest"},
	"repository with a digest":    {operatorChart, "image: {repository: a@sha256:0}", "/image/repository"},
	"empty repository":            {operatorChart, `image: {repository: ""}`, "/image/repository"},
	"number as a tag":             {operatorChart, "image: {tag: 1.5}", "/image/tag"},
	"namespaces as text":          {operatorChart, `watchNamespaces: "a,b"`, "/watchNamespaces"},
	"a namespace twice":           {operatorChart, "watchNamespaces: [a, a]", "/watchNamespaces"},
	"upper case namespace":        {operatorChart, "watchNamespaces: [CI]", "/watchNamespaces/0"},
	"annotation that is not text": {operatorChart, "serviceAccount: {annotations: {a: true}}", "/serviceAccount/annotations/a"},
	"secret without a name":       {operatorChart, "imagePullSecrets: [registry]", "/imagePullSecrets/0"},
	"proxy with a password":       {operatorChart, `proxy: {httpsProxy: "http://user:secret@proxy:3128"}`, "/proxy/httpsProxy"},
	"proxy without a scheme":      {operatorChart, `proxy: {httpProxy: "proxy:3128"}`, "/proxy/httpProxy"},
	"hosts in one text":           {operatorChart, `proxy: {noProxy: ["a,b"]}`, "/proxy/noProxy/0"},
	"variable without a name":     {operatorChart, "extraEnv: [{value: x}]", "/extraEnv/0"},
	"variable that is not text":   {operatorChart, "extraEnv: [{name: A, value: 1}]", "/extraEnv/0/value"},
	"unknown resource list":       {operatorChart, "resources: {request: {cpu: 1}}", "/resources"},
	"unknown affinity":            {operatorChart, "affinity: {nodes: {}}", "/affinity"},
	"interval without a unit":     {operatorChart, `metrics: {serviceMonitor: {interval: "30"}}`, "/metrics/serviceMonitor/interval"},
	"text for a switch":           {operatorChart, `networkPolicy: {enabled: "yes"}`, "/networkPolicy/enabled"},
	"unknown failure policy":      {operatorChart, "webhook: {failurePolicy: Warn}", "/webhook/failurePolicy"},
	"unknown key of the webhook":  {operatorChart, "webhook: {certManager: {enable: true}}", "/webhook/certManager"},
	"class without a spec":        {operatorChart, "taskClasses: [{name: default}]", "/taskClasses/0"},
	"class with a bad name":       {operatorChart, "taskClasses: [{name: Default, spec: {}}]", "/taskClasses/0/name"},
	"argument without a dash":     {operatorChart, "extraArgs: [leader-elect]", "/extraArgs/0"},
	"volume of the chart's":       {operatorChart, "extraVolumes: [{name: webhook-certificate}]", "/extraVolumes/0"},
	"volume of the runner's":      {operatorChart, "runner: {extraVolumes: [{name: home}]}", "/runner/extraVolumes/0"},
	"variable of the runner's":    {operatorChart, "runner: {extraEnv: [{name: CONFIG_FILE, value: x}]}", "/runner/extraEnv/0"},
	"mount without a path":        {operatorChart, "extraVolumeMounts: [{name: ca}]", "/extraVolumeMounts/0"},
	"label that selects: runner":  {operatorChart, "runner: {podLabels: {app.kubernetes.io/component: a}}", "/runner/podLabels/app.kubernetes.io~1component"},
	"text for a security context": {operatorChart, "podSecurityContext: restricted", "/podSecurityContext"},
	"no jobs":                     {operatorChart, "tenants: [{namespace: a, maxJobs: 0}]", "/tenants/0/maxJobs"},
	"negative deadline":           {operatorChart, "policy: {maxActiveDeadlineSeconds: -1}", "/policy/maxActiveDeadlineSeconds"},
	"installation with a slash":   {operatorChart, "installationID: a/b", "/installationID"},
	"role with a comma":           {operatorChart, "assumeRoles: {allowed: ['a,b']}", "/assumeRoles/allowed/0"},
	"text to keep":                {crdsChart, `keep: "false"`, "/keep"},
}

func TestSchema_WrongValue_IsRefusedByName(t *testing.T) {
	for name, test := range refusals {
		t.Run(name, func(t *testing.T) {
			_, err := helm.Run(t.Context(), "template", release, test.chart, "--values", valuesFile(t, test.values))
			if err == nil || !strings.Contains(err.Error(), "don't meet the specifications of the schema") {
				t.Fatalf("got %v, want the schema to refuse it", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q is not named in: %v", test.want, err)
			}
		})
	}
}

func TestSchema_ValuesThatHelmAddsToSubcharts_AreAccepted(t *testing.T) {
	for _, chart := range []string{operatorChart, crdsChart} {
		render(t, chart, "--values", valuesFile(t, "{global: {registry: example.com}, enabled: true}"))
	}
}

func valuesFile(t *testing.T, values string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
