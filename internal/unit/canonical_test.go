package unit_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slactl/slactl/internal/unit"
)

// Every sample, and every sum of two, comes back from its text.
func TestParseCanonicalReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, _ := unit.DecimalOfFloat(rapid.Float64().Draw(t, "a"))
		b, _ := unit.DecimalOfFloat(rapid.Float64().Draw(t, "b"))
		sum := a.Add(b)
		got, err := unit.ParseCanonical(sum.Canonical())
		if err != nil || got.Cmp(sum) != 0 {
			t.Fatalf("%s came back as %s: %v", sum.Canonical(), got.Canonical(), err)
		}
	})
}

func TestParseCanonicalRefuses(t *testing.T) {
	for _, text := range []string{"", "-", ".", "1e400", "NaN", "Inf", "1.2.3", "--1", "1,5", strings.Repeat(".", 3000)} {
		if d, err := unit.ParseCanonical(text); err == nil {
			t.Errorf("%.20q was read as %.20s", text, d.Canonical())
		}
	}
}
