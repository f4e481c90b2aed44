package prom

import (
	"time"

	"github.com/slactl/slactl/internal/query"
)

// SetBackoff makes a source wait less before it asks again.
func SetBackoff(src query.Source, d time.Duration) { src.(*source).client.backoff = d }

// SetPerAnswer makes a source ask for fewer samples at once.
func SetPerAnswer(src query.Source, n int) { src.(*source).perAnswer = float64(n) }
