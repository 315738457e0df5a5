package oci_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
	"github.com/fargate-operator/fargate-operator/internal/test/ociimage"
	"github.com/fargate-operator/fargate-operator/internal/test/ociregistry"
)

var busybox = sync.OnceValues(ociimage.Busybox)

// env is a Runtime and a registry with some images.
type env struct {
	*testing.T
	runtime  *oci.Runtime
	registry *ociregistry.Registry
}

// start opens a Runtime, or skips the test where containers cannot run.
func start(t *testing.T) *env {
	t.Helper()
	if err := oci.Check(); err != nil {
		t.Skip(err)
	}
	runtime, err := oci.Open()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := ociregistry.Start(ociregistry.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := runtime.Close(); err != nil {
			t.Error(err)
		}
		if err := registry.Close(); err != nil {
			t.Error(err)
		}
	})
	return &env{T: t, runtime: runtime, registry: registry}
}

// push stores busybox with another layer, which has the files, and returns the
// image's whole name.
func (e *env) push(name string, base v1.Image, files map[string]string) (reference string, image v1.Image) {
	e.Helper()
	dir := e.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			e.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			e.Fatal(err)
		}
	}
	image, err := ociimage.Append(base, dir, v1.Config{})
	if err != nil {
		e.Fatal(err)
	}
	if reference, err = e.registry.Push(name, image); err != nil {
		e.Fatal(err)
	}
	return reference, image
}

// base is busybox.
func (e *env) base() v1.Image {
	e.Helper()
	image, err := busybox()
	if err != nil {
		e.Skip(err)
	}
	return image
}

// run runs a shell script in an image and returns what it writes.
func (e *env) run(image *oci.Image, host byte, script string) string {
	e.Helper()
	sandbox, err := e.runtime.NewSandbox(e.Context(), oci.SandboxSpec{
		ID: fmt.Sprint("test", host), Hostname: "test", MAC: fmt.Sprintf("0a:00:00:00:00:%02x", host),
		Addresses: []netip.Addr{testAddress(host)},
	})
	if err != nil {
		e.Fatal(err)
	}
	defer func() {
		if err := sandbox.Close(); err != nil {
			e.Error(err)
		}
	}()
	log := filepath.Join(e.TempDir(), "log")
	output, err := os.Create(log)
	if err != nil {
		e.Fatal(err)
	}
	defer output.Close()
	container, err := sandbox.Start(e.Context(), oci.ContainerSpec{
		Name: "main", Image: image, EntryPoint: []string{"sh", "-c", script}, Output: output,
	})
	if err != nil {
		e.Fatal(err)
	}
	if _, err := container.Wait(); err != nil {
		e.Fatal(err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		e.Fatal(err)
	}
	return string(text)
}

// testAddress is an address that no task of a local ECS has, unless another process
// runs this test.
func testAddress(host byte) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 18, host, 0})
}

func TestPull_LaterLayersHideFilesOfEarlierOnes(t *testing.T) {
	t.Parallel()
	e := start(t)
	_, lower := e.push("lower:1", e.base(), map[string]string{"data/one": "1", "data/two": "2", "cache/old": "3"})
	reference, _ := e.push("upper:1", lower, map[string]string{"data/.wh.one": "", "cache/.wh..wh..opq": "", "cache/new": "4"})
	image, err := e.runtime.Pull(t.Context(), reference, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("/data/two\n/cache/new\n", e.run(image, 1, "find data cache -type f | sed s,^,/,")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestPull_GetsEachLayerOnce(t *testing.T) {
	t.Parallel()
	e := start(t)
	first, image := e.push("first:1", e.base(), map[string]string{"a": "1"})
	second, _ := e.push("second:1", image, map[string]string{"b": "2"})
	var pulls sync.WaitGroup
	for _, reference := range []string{first, second, first, second} {
		pulls.Go(func() {
			if _, err := e.runtime.Pull(t.Context(), reference, nil); err != nil {
				t.Error(err)
			}
		})
	}
	pulls.Wait()
	// Busybox, the two layers, and the image's configuration at each pull.
	if got := e.registry.Sent(ociregistry.Blob); got != 3+4 {
		t.Errorf("%d downloads of layers and configurations, want 7", got)
	}
}

func TestPull_Faults(t *testing.T) {
	t.Parallel()
	e := start(t)
	reference, _ := e.push("image:1", e.base(), nil)
	name := strings.TrimSuffix(reference, ":1")
	registry := strings.TrimSuffix(name, "/image")
	for _, tc := range []struct {
		part   ociregistry.Part
		status int
		want   string
	}{
		{ociregistry.Manifest, 403, "pull image manifest has been retried 1 time(s): failed to resolve ref " + reference +
			": unexpected status from HEAD request to http://" + registry + "/v2/image/manifests/1: 403 Forbidden"},
		{ociregistry.Manifest, 429, "pull image manifest has been retried 1 time(s): failed to resolve ref " + reference +
			": unexpected status from HEAD request to http://" + registry + "/v2/image/manifests/1: 429 Too Many Requests"},
		{ociregistry.Manifest, 404, "pull image manifest has been retried 1 time(s): failed to resolve ref " + reference +
			": " + reference + ": not found"},
		{ociregistry.Blob, 500, "ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: " +
			"unexpected status code http://" + registry + "/v2/image/blobs/"},
	} {
		e.registry.FailNext(tc.part, 1, tc.status)
		if _, err := e.runtime.Pull(t.Context(), reference, nil); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s answered with %d: error %v, want %s", tc.part, tc.status, err, tc.want)
		}
	}
	if _, err := e.runtime.Pull(t.Context(), reference, nil); err != nil {
		t.Errorf("pull after the faults: %v", err)
	}
}

func TestNewSandbox_AddressInUse(t *testing.T) {
	t.Parallel()
	e := start(t)
	spec := oci.SandboxSpec{ID: "first", Hostname: "test", MAC: "0a:00:00:00:00:02", Addresses: []netip.Addr{testAddress(2)}}
	first, err := e.runtime.NewSandbox(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := first.Close(); err != nil {
			t.Error(err)
		}
	}()
	spec.ID = "second"
	if _, err := e.runtime.NewSandbox(t.Context(), spec); !errors.Is(err, oci.ErrAddressInUse) {
		t.Errorf("error %v, want %v", err, oci.ErrAddressInUse)
	}
	if output, err := exec.Command("ip", "route", "show", testAddress(2).String()).Output(); err != nil || len(output) == 0 {
		t.Errorf("the first sandbox has lost its network: %s, %v", output, err)
	}
}

// leaveVariable makes the test's program leave a container behind.
const leaveVariable = "OCI_TEST_LEAVE"

// leaveContainer starts a container, says so and waits to be killed.
func leaveContainer(reference string) error {
	ctx := context.Background()
	runtime, err := oci.Open()
	if err != nil {
		return err
	}
	image, err := runtime.Pull(ctx, reference, nil)
	if err != nil {
		return err
	}
	sandbox, err := runtime.NewSandbox(ctx, oci.SandboxSpec{
		ID: "left", Hostname: "left", MAC: "0a:00:00:00:00:03", Addresses: []netip.Addr{testAddress(3)},
	})
	if err != nil {
		return err
	}
	if _, err := sandbox.Start(ctx, oci.ContainerSpec{Name: "main", Image: image, EntryPoint: []string{"sleep", "654"}}); err != nil {
		return err
	}
	fmt.Println("started")
	select {}
}

func TestMain(m *testing.M) {
	if reference := os.Getenv(leaveVariable); reference != "" {
		fmt.Println(leaveContainer(reference))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestOpen_RemovesWhatAKilledProcessLeft(t *testing.T) {
	e := start(t)
	reference, _ := e.push("image:1", e.base(), nil)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), leaveVariable+"="+reference)
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 1000)
	n, err := output.Read(line)
	killErr := victim.Process.Kill()
	_ = victim.Wait()
	if string(line[:n]) != "started\n" || killErr != nil {
		t.Fatalf("the process that is to be killed: %s, %v, %v", line[:n], err, killErr)
	}
	eventually.Holds(t, "the container, its init process and its network are gone", func() bool {
		route, err := exec.Command("ip", "route", "show", testAddress(3).String()).Output()
		return err == nil && len(route) == 0 && len(processesIn(t, dir)) == 0
	})
	runtime, err := oci.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := runtime.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// processesIn lists the processes whose command line or mounts name a directory.
func processesIn(t *testing.T, dir string) (found []string) {
	t.Helper()
	for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/mountinfo"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			// Processes end meanwhile.
			if content, _ := os.ReadFile(file); strings.Contains(string(content), dir) {
				found = append(found, file)
			}
		}
	}
	return found
}
