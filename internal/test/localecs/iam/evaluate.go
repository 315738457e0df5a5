package iam

import (
	"regexp"
	"slices"
	"strings"
)

// Request is one action on one resource.
type Request struct {
	// Action is the action with its service's prefix, such as "ecs:RunTask".
	Action string
	// Resource is the resource's ARN, or "*" for an action without resources.
	Resource string
	// Context has the condition keys that apply, such as "ecs:cluster".
	Context map[string]string
}

// Decision is the outcome of an evaluation.
type Decision int

// A request is denied unless a statement allows it and no statement denies it.
const (
	ImplicitlyDenied Decision = iota
	ExplicitlyDenied
	Allowed
)

// Evaluate decides on a request.
func (p *Policy) Evaluate(request Request) Decision {
	decision := ImplicitlyDenied
	for i := range p.Statement {
		statement := &p.Statement[i]
		if !statement.applies(request) {
			continue
		}
		if statement.Effect == Deny {
			return ExplicitlyDenied
		}
		decision = Allowed
	}
	return decision
}

func (s *Statement) applies(request Request) bool {
	sameAction := func(pattern string) bool {
		return matches(strings.ToLower(pattern), strings.ToLower(request.Action))
	}
	sameResource := func(pattern string) bool { return matchesARN(pattern, request.Resource) }
	return slices.ContainsFunc(s.Action, sameAction) &&
		slices.ContainsFunc(s.Resource, sameResource) &&
		s.conditionsHold(request.Context)
}

// conditionsHold is true if every operator holds for each of its keys.
func (s *Statement) conditionsHold(context map[string]string) bool {
	for operator, keys := range s.Condition {
		for key, wanted := range keys {
			value, present := context[key]
			if !operators[operator](value, present, wanted) {
				return false
			}
		}
	}
	return true
}

// operators hold for a key if its value is one of the wanted ones.
var operators = map[string]func(value string, present bool, wanted []string) bool{
	"StringEquals": func(value string, present bool, wanted []string) bool {
		return present && slices.Contains(wanted, value)
	},
	"ArnEquals": func(value string, present bool, wanted []string) bool {
		return present && slices.ContainsFunc(wanted, func(pattern string) bool { return matchesARN(pattern, value) })
	},
	// Null asks whether the key is missing.
	"Null": func(_ string, present bool, wanted []string) bool {
		return slices.Contains(wanted, "false") == present
	},
}

// arnParts is how many parts an ARN has. Colons after the last separator belong
// to the resource.
const arnParts = 6

// matchesARN compares part by part: a wildcard does not extend into the next
// part.
func matchesARN(pattern, arn string) bool {
	if pattern == "*" {
		return true
	}
	patterns, parts := strings.SplitN(pattern, ":", arnParts), strings.SplitN(arn, ":", arnParts)
	return slices.EqualFunc(patterns, parts, matches)
}

// matches compares a text with a pattern in which * is any text and ? any
// character.
func matches(pattern, text string) bool {
	quoted := regexp.QuoteMeta(pattern)
	expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	return regexp.MustCompile(`(?s)^` + expression + `$`).MatchString(text)
}
