package deploy_test

import (
	"fmt"
	"strings"
)

// resolve returns a value with its functions evaluated, as CloudFormation does.
// AWS::NoValue is removed.
func (tmpl *template) resolve(value any) any {
	switch value := value.(type) {
	case []any:
		resolved := []any{}
		for _, item := range value {
			if item = tmpl.resolve(item); item != nil {
				resolved = append(resolved, item)
			}
		}
		return resolved
	case map[string]any:
		for key, argument := range value {
			_, named := argument.(string) // In an IAM policy, Condition is something else.
			if key == "Ref" || key == "Condition" && named || strings.HasPrefix(key, "Fn::") {
				return tmpl.call(key, argument)
			}
		}
		resolved := map[string]any{}
		for key, item := range value {
			if item = tmpl.resolve(item); item != nil {
				resolved[key] = item
			}
		}
		return resolved
	default:
		return value
	}
}

func (tmpl *template) call(function string, argument any) any {
	list := sequence(argument)
	switch function {
	case "Ref", "Fn::GetAtt":
		return tmpl.value(scalar(argument))
	case "Condition":
		return tmpl.holds(scalar(argument))
	case "Fn::Equals":
		return fmt.Sprint(tmpl.resolve(list[0])) == fmt.Sprint(tmpl.resolve(list[1]))
	case "Fn::Not":
		return tmpl.resolve(list[0]) == false
	case "Fn::If":
		if tmpl.holds(scalar(list[0])) {
			return tmpl.resolve(list[1])
		}
		return tmpl.resolve(list[2])
	case "Fn::Join":
		return strings.Join(tmpl.texts(list[1]), tmpl.text(list[0]))
	case "Fn::Split":
		parts := []any{}
		for part := range strings.SplitSeq(tmpl.text(list[1]), tmpl.text(list[0])) {
			parts = append(parts, part)
		}
		return parts
	case "Fn::Select":
		index, _ := list[0].(int)
		return tmpl.texts(list[1])[index]
	case "Fn::Sub":
		return tmpl.substitute(argument)
	}
	tmpl.t.Fatalf("the test does not know the function %s", function)
	return nil
}

func (tmpl *template) value(name string) any {
	value, known := tmpl.values[name]
	if !known {
		tmpl.t.Fatalf("the test has no value for %s", name)
	}
	return value
}

func (tmpl *template) holds(condition string) bool {
	return tmpl.resolve(tmpl.section("Conditions")[condition]) == true
}

func (tmpl *template) substitute(argument any) string {
	text, own := substitution(argument)
	return variable.ReplaceAllStringFunc(text, func(match string) string {
		name := match[len("${") : len(match)-len("}")]
		if value, ok := own[name]; ok {
			return tmpl.text(value)
		}
		return fmt.Sprint(tmpl.value(name))
	})
}

func (tmpl *template) text(value any) string { return fmt.Sprint(tmpl.resolve(value)) }

func (tmpl *template) texts(value any) []string {
	var texts []string
	for _, item := range sequence(tmpl.resolve(value)) {
		texts = append(texts, fmt.Sprint(item))
	}
	return texts
}
