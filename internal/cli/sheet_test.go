package cli

import (
	"bytes"
	"testing"
)

func TestSheetIsInert(t *testing.T) {
	tests := map[string]string{
		"=1+2": "'=1+2", "+49 30": "'+49 30", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "-cmd|calc": "'-cmd|calc",
		"-1.50": "-1.50", "-1e3": "-1e3", "1.5": "1.5", "": "", "a=b": "a=b", "-": "'-", "+1": "'+1",
	}
	for text, want := range tests {
		if got := inert(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var out bytes.Buffer
	s := newSheet(&out, true, "team", "amount")
	s.row("=HYPERLINK(1)", "-2")
	if err := s.end(); err != nil || out.String() != "team,amount\n=HYPERLINK(1),-2\n" {
		t.Errorf("raw: %q, %v", out.String(), err)
	}
}
