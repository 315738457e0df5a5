package driverconfig

import (
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// String returns the effective configuration as TOML: every key that has an
// effect and is set, by the file or by default.
func (c *Config) String() string {
	var text strings.Builder
	encoder := toml.NewEncoder(&text).SetTablesInline(true)
	section := ""
	walk(reflect.ValueOf(c).Elem(), nil, func(key []string, field reflect.StructField, value reflect.Value) {
		parent, name := splitKey(strings.Join(key, "."))
		if value.IsZero() || c.idle(field) != "" || strings.Contains(parent, "[") {
			return
		}
		if parent != section {
			section = parent
			text.WriteString("\n[" + section + "]\n")
		}
		_ = encoder.Encode(map[string]any{name: value.Interface()}) // a strings.Builder takes everything
	})
	return text.String()
}
