package deploy_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// template is a CloudFormation template whose intrinsic functions are written in
// full: !Ref x is a map with the key Ref.
type template struct {
	t    *testing.T
	tree map[string]any
	// values are the values of parameters and pseudo parameters, and those of Ref
	// and GetAtt ("Cluster.Arn") for resources.
	values map[string]any
}

// readTemplate reads a template and gives its parameters their default values.
func readTemplate(t *testing.T, file string) *template {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(readFile(t, file)), &document); err != nil {
		t.Fatal(err)
	}
	tmpl := &template{t: t, values: map[string]any{
		"AWS::NoValue": nil, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
		"AWS::Region": "eu-west-1", "AWS::AccountId": "111122223333",
	}}
	tmpl.tree = mapping(tmpl.convert(document.Content[0]))
	for name, parameter := range tmpl.section("Parameters") {
		value := mapping(parameter)["Default"]
		if mapping(parameter)["Type"] == "CommaDelimitedList" {
			value = []any{value}
		}
		tmpl.values[name] = value
	}
	return tmpl
}

func (tmpl *template) section(name string) map[string]any { return mapping(tmpl.tree[name]) }

// mapping returns a value that is a map, otherwise an empty one. sequence and
// scalar do the same.
func mapping(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func sequence(value any) []any {
	s, _ := value.([]any)
	return s
}

func scalar(value any) string {
	s, _ := value.(string)
	return s
}

// convert turns YAML into maps, lists and scalars.
func (tmpl *template) convert(node *yaml.Node) any {
	tmpl.t.Helper()
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		tmpl.t.Fatalf("line %d: CloudFormation knows no anchors and aliases", node.Line)
	}
	if name, ok := strings.CutPrefix(node.Tag, "!"); ok && !strings.HasPrefix(name, "!") {
		plain := *node
		plain.Tag = ""
		if name != "Ref" && name != "Condition" {
			name = "Fn::" + name
		}
		return map[string]any{name: tmpl.convert(&plain)}
	}
	switch node.Kind {
	case yaml.MappingNode:
		converted := map[string]any{}
		for i := 0; i < len(node.Content); i += 2 {
			converted[node.Content[i].Value] = tmpl.convert(node.Content[i+1])
		}
		return converted
	case yaml.SequenceNode:
		converted := []any{}
		for _, item := range node.Content {
			converted = append(converted, tmpl.convert(item))
		}
		return converted
	default:
		var value any
		if err := node.Decode(&value); err != nil {
			tmpl.t.Fatalf("line %d: %v", node.Line, err)
		}
		return value
	}
}

// variable is a name in a text of Fn::Sub.
var variable = regexp.MustCompile(`\$\{([A-Za-z0-9:.]+)\}`)

// references calls use with every name that a value refers to, and how.
func references(value any, use func(function, name string)) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			references(item, use)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			referencesOf(key, value[key], use)
		}
	}
}

func referencesOf(key string, value any, use func(function, name string)) {
	switch text, isText := value.(string); {
	case isText && (key == "Ref" || key == "Condition" || key == "Fn::GetAtt" || key == "DependsOn"):
		use(key, text)
	case key == "Fn::If":
		use("Condition", scalar(sequence(value)[0]))
	case key == "Fn::Sub":
		text, own := substitution(value)
		for _, match := range variable.FindAllStringSubmatch(text, -1) {
			if _, isOwn := own[match[1]]; !isOwn {
				use(key, match[1])
			}
		}
	}
	references(value, use)
}

// substitution returns the text of Fn::Sub, and the variables that it defines.
func substitution(argument any) (text string, own map[string]any) {
	if list := sequence(argument); list != nil {
		return scalar(list[0]), mapping(list[1])
	}
	return scalar(argument), nil
}
