package driverconfig

import (
	"encoding"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/pelletier/go-toml/v2"
)

// checkTable compares a decoded document with Config: every key must be one of
// its fields, and every value must have that field's type.
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
	if got := describeValue(value); got.kind != wantedKind(want) {
		r.add(key, "must be %s, not %s", describeType(want), got.text)
		return
	}
	switch value := value.(type) {
	case string:
		checkText(r, key, value, want)
	case map[string]any:
		checkSection(r, key, value, want)
	case []any:
		for i, item := range value {
			checkValue(r, element(key, i), item, want.Elem())
		}
	}
}

// checkSection checks a section: its keys are known, or any key is allowed.
func checkSection(r *report, key []string, section map[string]any, want reflect.Type) {
	if want.Kind() == reflect.Struct {
		checkFields(r, key, section, want)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(section)) {
		checkValue(r, append(slices.Clone(key), name), section[name], want.Elem())
	}
}

// checkText checks a text that its type has to parse.
func checkText(r *report, key []string, text string, want reflect.Type) {
	if reader, ok := reflect.New(want).Interface().(encoding.TextUnmarshaler); ok && reader.UnmarshalText([]byte(text)) != nil {
		r.add(key, "must be %s, not %q", describeType(want), text)
	}
}

// isText reports whether a type is written as a string that it parses itself.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// wantedKind returns the kind of TOML value that a field takes.
func wantedKind(t reflect.Type) reflect.Kind {
	switch {
	case isText(t):
		return reflect.String
	case t.Kind() == reflect.Struct:
		return reflect.Map
	default:
		return t.Kind()
	}
}

func describeType(t reflect.Type) string {
	switch {
	case isText(t):
		return `a time span in quotes such as "90s" or "2m"`
	case t.Kind() == reflect.Bool:
		return "true or false, without quotes"
	case t.Kind() == reflect.Int:
		return "a whole number, without quotes"
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		return "a section in brackets with keys below it"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return "a list of sections in double brackets with keys below each"
	case t.Kind() == reflect.Slice:
		return `a list of texts in quotes such as ["a", "b"]`
	default:
		return "a text in quotes"
	}
}

// written is a value as it was written in TOML.
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
	parent, name := sectionName(key[:len(key)-1]), strings.ToLower(key[len(key)-1])
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

// elementNumber matches what element adds to a key.
var elementNumber = regexp.MustCompile(`\[\d+\]`)

// sectionName is the dotted name of a section, the same for all elements of a
// list.
func sectionName(key []string) string {
	return elementNumber.ReplaceAllString(strings.Join(key, "."), "")
}

// knownKeys lists the keys of a section; for the top, all keys and sections.
func knownKeys(section []string) []string {
	within := sectionName(section) + "."
	var keys []string
	var collect func(prefix string, fields reflect.Type)
	collect = func(prefix string, fields reflect.Type) {
		for field := range fields.Fields() {
			name := prefix + field.Name
			if len(section) == 0 || len(name) > len(within) && strings.EqualFold(name[:len(within)], within) {
				keys = append(keys, name)
			}
			if inner := sectionType(field.Type); inner != nil {
				collect(name+".", inner)
			}
		}
	}
	collect("", reflect.TypeFor[Config]())
	return keys
}

// sectionType is the type of a section, of one of a list of sections, or nil.
func sectionType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}
