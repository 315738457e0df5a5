package taskrules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// schema is the part of a CRD's schema that rules are written in.
type schema struct {
	Pattern    string
	MaxLength  int
	Enum       []any
	Minimum    int
	Maximum    int
	Items      *schema
	Properties map[string]schema
	Rules      []struct{ Rule string } `json:"x-kubernetes-validations"`
}

// spec returns the schema of a kind's spec.
func spec(t *testing.T, plural string) schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "crd", "ci.fargate-operator.dev_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var definition struct {
		Spec struct {
			Versions []struct {
				Schema struct{ OpenAPIV3Schema schema }
			}
		}
	}
	if err := yaml.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	return definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
}

// at follows a path of properties; [] stands for the items of a list.
func at(t *testing.T, from schema, path string) schema {
	t.Helper()
	for _, name := range strings.Split(path, ".") {
		if name == "[]" {
			from = *from.Items
			continue
		}
		next, ok := from.Properties[name]
		if !ok {
			t.Fatalf("there is no property %s in %s", name, path)
		}
		from = next
	}
	return from
}

func TestText_Rules_AreThoseOfTheCRDs(t *testing.T) {
	class, job := spec(t, "fargatetaskclasses"), spec(t, "fargatejobs")
	for name, test := range map[string]struct {
		rule   Text
		schema schema
	}{
		"region":                    {Region, at(t, class, "region")},
		"cluster":                   {Cluster, at(t, class, "cluster")},
		"task definition":           {TaskDefinition, at(t, class, "taskDefinition")},
		"a job's task definition":   {TaskDefinition, at(t, job, "overrides.taskDefinition")},
		"platform version":          {PlatformVersion, at(t, class, "platformVersion")},
		"allowed platform version":  {PlatformVersion, at(t, class, "allowedOverrides.platformVersions.[]")},
		"a job's platform version":  {PlatformVersion, at(t, job, "overrides.platformVersion")},
		"subnet":                    {Subnet, at(t, class, "network.subnets.[]")},
		"security group":            {SecurityGroup, at(t, class, "network.securityGroups.[]")},
		"task role":                 {RoleARN, at(t, class, "taskRoleARN")},
		"execution role":            {RoleARN, at(t, class, "executionRoleARN")},
		"role to assume":            {RoleARN, at(t, class, "assumeRoleARN")},
		"tag's key":                 {TagKey, at(t, class, "tags.[].key")},
		"tag's value":               {TagValue, at(t, class, "tags.[].value")},
		"name of a job's own class": {TaskClass, at(t, job, "classRef.name")},
	} {
		t.Run(name, func(t *testing.T) {
			if test.rule.pattern != test.schema.Pattern {
				t.Errorf("pattern %s, the CRD has %s", test.rule.pattern, test.schema.Pattern)
			}
			if test.rule.longest != test.schema.MaxLength {
				t.Errorf("at most %d characters, the CRD has %d", test.rule.longest, test.schema.MaxLength)
			}
		})
	}
}

func TestSizes_AreThoseOfTheCRDs(t *testing.T) {
	class, job := spec(t, "fargatetaskclasses"), spec(t, "fargatejobs")
	for _, sizes := range []schema{class, at(t, job, "overrides")} {
		var allowed []any
		for units := range 1 << 15 {
			if CheckCPU(units) == nil {
				allowed = append(allowed, float64(units)) // as JSON has it
			}
		}
		if diff := cmp.Diff(at(t, sizes, "cpu").Enum, allowed); diff != "" {
			t.Errorf("CPU units differ from the CRD's (-CRD +here):\n%s", diff)
		}
		for name, check := range map[string]func(int) error{"memory": CheckMemory, "ephemeralStorageGiB": CheckEphemeralStorage} {
			least, most := at(t, sizes, name).Minimum, at(t, sizes, name).Maximum
			if check(least) != nil || check(most) != nil || check(least-1) == nil || check(most+1) == nil {
				t.Errorf("%s: the bounds are not %d and %d", name, least, most)
			}
		}
	}
	var rows []string
	for _, s := range fargateSizes {
		rows = append(rows, fmt.Sprintf("[%d, %d, %d, %d]", s.cpu, s.least, s.most, s.step))
	}
	if table := "[" + strings.Join(rows, ", ") + "]"; !strings.Contains(class.Rules[0].Rule, table) {
		t.Errorf("the CRD's rule does not have the table %s:\n%s", table, class.Rules[0].Rule)
	}
}

func TestText_Check_SaysWhatToWrite(t *testing.T) {
	for name, test := range map[string]struct {
		rule        Text
		value, want string
	}{
		"right":    {TaskDefinition, "ci:1", ""},
		"wrong":    {TaskDefinition, "ci:latest", `must be a task definition as family, family:revision or ARN, such as ci-build:7, not "ci:latest"`},
		"too long": {PlatformVersion, strings.Repeat("1", 100), `must be a Fargate platform version such as 1.4.0, or LATEST, not "` + strings.Repeat("1", 79) + `…"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := test.rule.Check(test.value); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestCheckFargateSize_NamesWhatIsOffered(t *testing.T) {
	for name, test := range map[string]struct {
		cpu, memory int
		want        string
	}{
		"offered":             {256, 2048, ""},
		"offered with some":   {0, 122880, ""},
		"not with so little":  {256, 4096, "must be what Fargate offers: 512 MiB with 256 CPU units, 1024 to 2048 MiB in steps of 1024 with 256 CPU units, not 4096 MiB"},
		"not a multiple":      {8192, 17408, "must be what Fargate offers: 16384 to 61440 MiB in steps of 4096 with 8192 CPU units, not 17408 MiB"},
		"not with any at all": {0, 700, "not 700 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckFargateSize(test.cpu, test.memory)
			if (err == nil) != (test.want == "") || err != nil && !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
