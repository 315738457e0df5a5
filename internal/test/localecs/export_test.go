package localecs

import "time"

// WithClock replaces the clock for everything that takes hours.
func WithClock(config Config, now func() time.Time) Config {
	config.now = now
	return config
}
