package iam

import (
	"strings"
	"testing"
)

func TestParse_WhatIsNotEvaluatedHere_IsAnError(t *testing.T) {
	for document, want := range map[string]string{
		`{`: "unexpected EOF",
		`{"Version":"2008-10-17","Statement":[]}`:                                                                                                       `Version is "2008-10-17"`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Permit","Action":["a:B"],"Resource":["*"]}]}`:                                                  `Statement[0]: the Effect is "Permit"`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":["*"]}]}`:                                                                    "Action is empty",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B"]}]}`:                                                                    "Resource is empty",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["a:B"],"Resource":["*"]}]}`:                                                `unknown field "NotAction"`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:Time":["now"]}}}]}`: `the operator "DateLessThan"`,
	} {
		_, err := Parse([]byte(document))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", document, err, want)
		}
	}
}
