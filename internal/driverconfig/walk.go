package driverconfig

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// walk visits every key of a configuration, except those of missing sections.
// Sections themselves are not keys; the tables of a list are visited one by one,
// after the list.
func walk(fields reflect.Value, section []string, visit func(key []string, field reflect.StructField, value reflect.Value)) {
	for field, value := range fields.Fields() {
		key := append(slices.Clone(section), field.Name)
		if value.Kind() == reflect.Pointer && value.Type().Elem().Kind() == reflect.Struct {
			value = value.Elem() // invalid if the section is missing
		}
		switch {
		case value.Kind() == reflect.Struct:
			walk(value, key, visit)
		case value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct:
			visit(key, field, value)
			for i := range value.Len() {
				walk(value.Index(i), element(key, i), visit)
			}
		case value.IsValid():
			visit(key, field, value)
		}
	}
}

// element is the key of the i-th element of a list, counted from 0.
func element(list []string, i int) []string {
	key := slices.Clone(list)
	key[len(key)-1] += fmt.Sprintf("[%d]", i+1)
	return key
}

// setDefaults fills in the keys that the file does not set.
func (c *Config) setDefaults() {
	walk(reflect.ValueOf(c).Elem(), nil, func(_ []string, field reflect.StructField, value reflect.Value) {
		if text, ok := field.Tag.Lookup("default"); ok && value.IsZero() {
			value.Set(defaultOf(value.Type(), text))
		}
	})
}

// defaultOf reads the tag of a field. Errors are ignored: the tags are in this
// package's source, and every test would show a wrong one.
func defaultOf(kind reflect.Type, text string) reflect.Value {
	value := reflect.New(kind)
	if reader, ok := value.Interface().(encoding.TextUnmarshaler); ok {
		_ = reader.UnmarshalText([]byte(text))
		return value.Elem()
	}
	if kind.Kind() == reflect.Pointer {
		n, _ := strconv.Atoi(text)
		return reflect.ValueOf(&n)
	}
	return reflect.ValueOf(text)
}

// Idle lists the keys that the file sets although they have no effect, each with
// the reason.
func (c *Config) Idle() []string {
	var idle []string
	walk(reflect.ValueOf(c).Elem(), nil, func(key []string, field reflect.StructField, value reflect.Value) {
		if reason := c.idle(field); reason != "" && !value.IsZero() {
			idle = append(idle, strings.Join(key, ".")+": "+reason)
		}
	})
	return idle
}

// idle says why a key has no effect; it is empty if the key has one.
func (c *Config) idle(field reflect.StructField) string {
	switch class, ofClass := field.Tag.Lookup("class"); {
	case c.Kubernetes != nil && ofClass:
		return "spec." + class + " of the FargateTaskClass takes its place"
	case c.Kubernetes != nil && field.Tag.Get("mode") == "standalone":
		return "with the section [Kubernetes] the controller marks the tasks (--installation-id)"
	case c.Kubernetes == nil && field.Tag.Get("mode") == "kubernetes":
		return "there are no task classes without the section [Kubernetes]"
	default:
		return ""
	}
}
