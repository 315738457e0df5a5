package doctor_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"github.com/fargate-operator/fargate-operator/internal/doctor"
)

// The YAML reader takes byte-order marks itself.
func TestReadClass_WithAMark_IsRead(t *testing.T) {
	const yaml = "apiVersion: ci.fargate-operator.dev/v1alpha1\nkind: FargateTaskClass\nspec: {region: us-east-2, cluster: ci}\n"
	const json = `{"kind": "FargateTaskClass", "spec": {"region": "us-east-2", "cluster": "ci"}}`
	for name, text := range map[string]string{"YAML": yaml, "JSON": json} {
		t.Run(name, func(t *testing.T) {
			wide := []byte{0xFF, 0xFE}
			for _, unit := range utf16.Encode([]rune(text)) {
				wide = binary.LittleEndian.AppendUint16(wide, unit)
			}
			for _, content := range [][]byte{[]byte("\ufeff" + text), wide} {
				path := filepath.Join(t.TempDir(), "class")
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
				class, err := doctor.ReadClass(path)
				if err != nil || class.Spec.Cluster != "ci" {
					t.Errorf("got %v, %v", class, err)
				}
			}
		})
	}
}
