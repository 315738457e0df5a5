package driverconfig

import (
	"encoding"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/pelletier/go-toml/v2"
)

// checkTable compares a decoded document with Config: every key must be one of
// its fields, every value of that field's type.
func checkTable(r *report, tree map[string]any) {
	checkFields(r, nil, tree, reflect.TypeFor[Config]())
}

func checkFields(r *report, parent []string, table map[string]any, fields reflect.Type) {
	for _, name := range slices.Sorted(maps.Keys(table)) {
		key := append(slices.Clone(parent), name)
		field, ok := fields.FieldByNameFunc(func(candidate string) bool {
			return strings.EqualFold(candidate, name)
		})
		if !ok {
			reportUnknown(r, key)
			continue
		}
		checkValue(r, key, table[name], field.Type)
	}
}

func checkValue(r *report, key []string, value any, want reflect.Type) {
	if want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	if section, ok := value.(map[string]any); ok && want.Kind() == reflect.Struct {
		checkFields(r, key, section, want)
		return
	}
	got := describeValue(value)
	if got.kind != wantedKind(want) {
		r.add(key, "must be %s, not %s", describeType(want), got.text)
		return
	}
	if text, ok := value.(string); ok && isText(want) {
		parsed, ok := reflect.New(want).Interface().(encoding.TextUnmarshaler)
		if ok && parsed.UnmarshalText([]byte(text)) != nil {
			r.add(key, "must be %s, not %q", describeType(want), text)
		}
	}
}

// isText reports whether a type is written as a string that it reads itself.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// wantedKind returns the kind of value that a field is written as.
func wantedKind(t reflect.Type) reflect.Kind {
	if isText(t) {
		return reflect.String
	}
	return t.Kind()
}

func describeType(t reflect.Type) string {
	switch {
	case isText(t):
		return `a time span in quotes such as "90s" or "2m"`
	case t.Kind() == reflect.Bool:
		return "true or false, without quotes"
	case t.Kind() == reflect.Int:
		return "a whole number, without quotes"
	case t.Kind() == reflect.Struct:
		return "a section in brackets with keys below it"
	default:
		return "a text in quotes"
	}
}

// written is a value as TOML knows it.
type written struct {
	kind reflect.Kind
	text string
}

func describeValue(value any) written {
	switch value.(type) {
	case string:
		return written{reflect.String, "a text"}
	case bool:
		return written{reflect.Bool, "true or false"}
	case int64:
		return written{reflect.Int, "a number"}
	case float64:
		return written{reflect.Float64, "a number with a fraction"}
	case []any:
		return written{reflect.Slice, "a list"}
	case map[string]any:
		return written{reflect.Map, "a section"}
	case time.Time, toml.LocalDate, toml.LocalTime, toml.LocalDateTime:
		return written{reflect.Invalid, "a date or time"}
	default:
		return written{reflect.Invalid, "something else"}
	}
}

// reportUnknown names the valid key that was probably meant.
func reportUnknown(r *report, key []string) {
	if nearest := nearestKey(key); nearest != "" {
		r.add(key, "there is no such key, did you mean %s?", nearest)
		return
	}
	siblings := knownKeys(key[:len(key)-1])
	r.add(key, "there is no such key, remove it or use one of: %s", strings.Join(siblings, ", "))
}

// nearestKey returns the known key that differs least from key, empty if none
// is near. A key in another section counts as one letter off.
func nearestKey(key []string) string {
	parent, name := strings.Join(key[:len(key)-1], "."), strings.ToLower(key[len(key)-1])
	nearest, least := "", max(2, len(name)/3)+1
	for _, candidate := range knownKeys(nil) {
		section, last := splitKey(candidate)
		distance := levenshtein.ComputeDistance(name, strings.ToLower(last))
		if !strings.EqualFold(section, parent) {
			distance++
		}
		if distance < least {
			nearest, least = candidate, distance
		}
	}
	return nearest
}

func splitKey(key string) (section, name string) {
	if dot := strings.LastIndexByte(key, '.'); dot >= 0 {
		return key[:dot], key[dot+1:]
	}
	return "", key
}

// knownKeys lists the keys of a section, all keys and sections for the top.
func knownKeys(section []string) []string {
	var keys []string
	var collect func(prefix string, fields reflect.Type)
	collect = func(prefix string, fields reflect.Type) {
		for field := range fields.Fields() {
			name := prefix + field.Name
			within := len(section) == 0 || strings.HasPrefix(strings.ToLower(name), strings.ToLower(strings.Join(section, ".")+"."))
			if within {
				keys = append(keys, name)
			}
			kind := field.Type
			if kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			if kind.Kind() == reflect.Struct {
				collect(name+".", kind)
			}
		}
	}
	collect("", reflect.TypeFor[Config]())
	return keys
}
