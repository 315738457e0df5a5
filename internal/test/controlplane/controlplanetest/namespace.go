package controlplanetest

import (
	"context"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// maxTestName keeps namespaces within 63 characters, including the random suffix that the server adds.
const maxTestName = 50

// NewNamespace creates a namespace for the test, named after it, and returns its name. It is deleted after the test, in
// the background: the namespace controller takes at least 5 s to empty it.
func (e *Env) NewNamespace(t testing.TB) string {
	t.Helper()
	namespace, err := e.client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: namePrefix(t.Name())},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("create a namespace: %v", err)
	}
	t.Cleanup(func() {
		// t.Context() has ended by now.
		err := e.client.CoreV1().Namespaces().Delete(context.Background(), namespace.Name, metav1.DeleteOptions{})
		if err != nil {
			t.Errorf("deleting namespace %s: %v", namespace.Name, err)
		}
	})
	return namespace.Name
}

func namePrefix(testName string) string {
	name := notInName.ReplaceAllString(strings.ToLower(testName), "-")
	return strings.Trim(name[:min(len(name), maxTestName)], "-") + "-"
}
