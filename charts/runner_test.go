package charts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

// runnerValues are the least values with which the chart runs gitlab-runner.
const runnerValues = `
tenants: [{namespace: ci}]
runner: {enabled: true, namespace: ci, existingSecret: gitlab-runner}
`

// runnerChartValues is what gitlab-runner-values.yaml has of the values of GitLab's chart.
type runnerChartValues struct {
	GitLabURL                     string `json:"gitlabUrl"`
	Concurrent                    int    `json:"concurrent"`
	TerminationGracePeriodSeconds int64  `json:"terminationGracePeriodSeconds"`
	Runners                       struct{ Secret, Executor, Config string }
	RBAC                          struct {
		Create *bool `json:"create"`
	} `json:"rbac"`
	ServiceAccount struct {
		Create *bool  `json:"create"`
		Name   string `json:"name"`
	} `json:"serviceAccount"`
	PreEntrypointScript string                         `json:"preEntrypointScript"`
	ExtraEnvFrom        map[string]corev1.EnvVarSource `json:"extraEnvFrom"`
	Volumes             []corev1.Volume                `json:"volumes"`
	VolumeMounts        []corev1.VolumeMount           `json:"volumeMounts"`
	PodSecurityContext  *corev1.PodSecurityContext     `json:"podSecurityContext"`
	SecurityContext     *corev1.SecurityContext        `json:"securityContext"`
	Resources           corev1.ResourceRequirements    `json:"resources"`
}

func loadRunnerChartValues(t *testing.T) *runnerChartValues {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(operatorChart, "gitlab-runner-values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	values := &runnerChartValues{}
	if err := yaml.UnmarshalStrict(text, values); err != nil {
		t.Fatal(err)
	}
	return values
}

// pod is the pod that GitLab's chart renders from the values. It projects both tokens of the Secret, and neither is
// optional.
func (v *runnerChartValues) pod() *corev1.Pod {
	secrets := corev1.Volume{Name: "projected-secrets", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{{Secret: &corev1.SecretProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: v.Runners.Secret},
			Items: []corev1.KeyToPath{
				{Key: "runner-registration-token", Path: "runner-registration-token"},
				{Key: "runner-token", Path: "runner-token"},
			},
		}}},
	}}}
	container := corev1.Container{
		Name: "gitlab-runner", Image: "gitlab-runner",
		VolumeMounts: v.VolumeMounts, SecurityContext: v.SecurityContext, Resources: v.Resources,
	}
	for name, source := range v.ExtraEnvFrom {
		container.Env = append(container.Env, corev1.EnvVar{Name: name, ValueFrom: &source})
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "gitlab-runner"},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{container}, Volumes: append([]corev1.Volume{secrets}, v.Volumes...), SecurityContext: v.PodSecurityContext,
			ServiceAccountName: v.ServiceAccount.Name, TerminationGracePeriodSeconds: &v.TerminationGracePeriodSeconds,
		},
	}
}

// sweeps is a command that ends what an earlier container of the pod began, and that does not keep this one from
// starting.
var sweeps = regexp.MustCompile(`^/opt/gitlab-runner/fargate --config /etc/gitlab-runner/fargate\.toml sweep --stop .*\|\| true$`)

func TestRunner_ContainerIsRestartedInItsPod_EndsWhatTheFormerOneBegan(t *testing.T) {
	if script := strings.TrimSpace(loadRunnerChartValues(t).PreEntrypointScript); !sweeps.MatchString(script) {
		t.Errorf("GitLab's chart begins with %q", script)
	}
	template, err := os.ReadFile(filepath.Join(operatorChart, "templates", "runner-deployment.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, hook, _ := strings.Cut(string(template), "postStart:")
	command, _, _ := strings.Cut(hook, "|| true")
	if _, script, _ := strings.Cut(command, "- -c\n"); !sweeps.MatchString(strings.TrimLeft(script, " -") + "|| true") {
		t.Errorf("this chart's hook is %q", script)
	}
}

func TestGitLabRunnerValues_AsAPod_AreAdmittedAtLevelRestricted(t *testing.T) {
	c := newClient(t)
	pod := loadRunnerChartValues(t).pod()
	pod.Namespace = restrictedNamespace(t, c)
	pod.Spec.ServiceAccountName = serviceAccount(t, c, pod.Namespace)
	if err := c.Create(t.Context(), pod, client.DryRunAll); err != nil {
		t.Error(err)
	}
}

// wantStages are the stages as the executor's command line takes them.
func wantStages(t *testing.T, config string) {
	t.Helper()
	var got struct {
		Runners []struct {
			Executor string
			Custom   map[string]any
		}
	}
	if err := toml.Unmarshal([]byte(config), &got); err != nil {
		t.Fatalf("%v in:\n%s", err, config)
	}
	if len(got.Runners) != 1 || got.Runners[0].Executor != "custom" {
		t.Fatalf("want one runner, whose executor is custom, in:\n%s", config)
	}
	want := map[string]any{}
	for _, stage := range []string{"config", "prepare", "run", "cleanup"} {
		want[stage+"_exec"] = "/opt/gitlab-runner/fargate"
		want[stage+"_args"] = []any{"--config", "/etc/gitlab-runner/fargate.toml", "custom", stage}
	}
	if diff := cmp.Diff(want, got.Runners[0].Custom); diff != "" {
		t.Errorf("the stages differ (-want +got):\n%s", diff)
	}
}

func TestRunners_WhereverOneIsShown_CallTheSameStages(t *testing.T) {
	wantStages(t, loadRunnerChartValues(t).Runners.Config)
	wantStages(t, configMap(t, render(t, operatorChart, "--values", valuesFile(t, runnerValues)),
		"ci", "fargate-operator-runner")["template.toml"])

	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?ms)^ *```toml\n(.*?)^ *```").FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(block[1], "[runners.custom]") {
				shown++
				wantStages(t, block[1])
			}
		}
	}
	if shown == 0 {
		t.Error("no page shows how the runner calls the executor")
	}
}

// deployedRunner is the pod in which this chart runs gitlab-runner.
func deployedRunner(t *testing.T) *corev1.Pod {
	t.Helper()
	return podsOf(t, render(t, operatorChart, "--values", valuesFile(t, runnerValues), "--show-only", "templates/runner-deployment.yaml"))[0]
}

// The programs and files that the stages name are where the containers have them.
func TestRunners_Pods_HaveTheProgramItsConfigurationAndTheirIdentity(t *testing.T) {
	for name, pod := range map[string]*corev1.Pod{"GitLab's chart": loadRunnerChartValues(t).pod(), "this chart": deployedRunner(t)} {
		t.Run(name, func(t *testing.T) {
			container := pod.Spec.Containers[0]
			mounts, variables := map[string]string{}, map[string]string{}
			for _, mount := range container.VolumeMounts {
				mounts[mount.MountPath] = mount.Name
			}
			if mounts["/opt/gitlab-runner"] == "" || mounts["/etc/gitlab-runner"] != "fargate-executor" || mounts["/tmp"] == "" {
				t.Errorf("mounts: %v", mounts)
			}
			for _, variable := range container.Env {
				if variable.ValueFrom != nil && variable.ValueFrom.FieldRef != nil {
					variables[variable.Name] = variable.ValueFrom.FieldRef.FieldPath
				}
			}
			want := map[string]string{"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace", "POD_UID": "metadata.uid"}
			if diff := cmp.Diff(want, variables); diff != "" {
				t.Errorf("the pod's identity differs (-want +got):\n%s", diff)
			}
			if pod.Spec.ServiceAccountName != "gitlab-runner" {
				t.Errorf("service account %s is not the tenant's", pod.Spec.ServiceAccountName)
			}
		})
	}
}

// The script is the chart's; the program that it starts reports how it was started.
func TestRunner_Registration_KeepsTheTokenOffTheCommandLine(t *testing.T) {
	manifests := render(t, operatorChart, "--values", valuesFile(t, runnerValues))
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("gitlab-runner", "#!/bin/sh\necho \"$0 $*\"\necho \"token=[$CI_SERVER_TOKEN]\"\ncat \"$CONFIG_FILE\"\n")
	write("runner-token", "glrt-secret\n")
	write("config.toml", configMap(t, manifests, "ci", "fargate-operator-runner")["config.toml"])

	var script string
	for _, container := range deployedRunner(t).Spec.InitContainers {
		if container.Name == "register" {
			script = container.Command[len(container.Command)-1]
		}
	}
	script = strings.NewReplacer("/run/secrets/gitlab-runner", dir, "/etc/gitlab-runner-register", dir).Replace(script)
	command := exec.CommandContext(t.Context(), "sh", "-ec", script)
	command.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CONFIG_FILE=" + filepath.Join(dir, "written.toml")}
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	want := filepath.Join(dir, "gitlab-runner") + " register --non-interactive --template-config " + filepath.Join(dir, "template.toml") +
		"\ntoken=[glrt-secret]\nconcurrent = 10\nlog_format = \"json\"\n"
	if diff := cmp.Diff(want, string(output)); diff != "" {
		t.Errorf("gitlab-runner is not started as it should be (-want +got):\n%s", diff)
	}
}

func TestRunner_WhatCannotBe_IsRefusedByName(t *testing.T) {
	for name, test := range map[string]struct{ values, want string }{
		"no tenants":       {"runner: {enabled: true, existingSecret: a}", `runner.namespace: "" is not the namespace of a tenant`},
		"not a tenant's":   {"{tenants: [{namespace: ci}], runner: {enabled: true, namespace: cd, existingSecret: a}}", `runner.namespace: "cd" is not the namespace of a tenant`},
		"no secret":        {"{tenants: [{namespace: ci}], runner: {enabled: true, namespace: ci}}", "runner.existingSecret: name the Secret"},
		"token in the URL": {"runner: {gitlabUrl: 'https://token@example.com'}", "/runner/gitlabUrl"},
		"no jobs":          {"runner: {concurrent: 0}", "/runner/concurrent"},
		"unknown key":      {"runner: {token: glrt-secret}", "/runner"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := helm.Run(t.Context(), "template", release, operatorChart, "--values", valuesFile(t, test.values))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
