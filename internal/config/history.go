package config

import (
	"cmp"
	"time"
)

// defaultRetention is how long samples are kept where nothing else is said.
const defaultRetention = 90 * 24 * time.Hour

// Keep is how long samples are kept, 90 days by default.
func (h *History) Keep() time.Duration {
	return cmp.Or(time.Duration(h.Retention), defaultRetention)
}
