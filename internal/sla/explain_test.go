package sla

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"text/scanner"

	"github.com/slactl/slactl/internal/unit"
)

// Whoever disputes a figure can recompute it: every equation of every case gives
// its value by schoolbook arithmetic, and everything else that is laid open
// agrees with the result.
func TestExplainCases(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	equations := 0
	for _, file := range files {
		cases, err := readCases(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			t.Run(filepath.Base(file)+"/"+c.name, func(t *testing.T) {
				d := Explain(c.input())
				if want := Evaluate(c.input()); !reflect.DeepEqual(d.Result, want) {
					t.Errorf("%s: explained %+v, evaluated %+v", c.at, d.Result, want)
				}
				equations += checkArithmetic(t, d)
				checkWindows(t, d)
				checkCourse(t, d)
				checkSteps(t, d)
			})
		}
	}
	if equations < 200 {
		t.Errorf("only %d equations were checked", equations)
	}
}

func checkArithmetic(t *testing.T, d Detail) int {
	t.Helper()
	n := 0
	for _, e := range d.Arithmetic {
		if e.Formula == "" || e.Value == "" {
			t.Errorf("equation %+v is incomplete", e)
		}
		if e.Numbers == "" || strings.Contains(e.Numbers, "rank") {
			continue
		}
		got, err := calculate(e.Numbers)
		if err != nil {
			t.Errorf("%s: %v", e.Numbers, err)
			continue
		}
		want := unit.MustDecimal(e.Value).Rat()
		slack := big.NewRat(1, 1_000_000_000) // parts that have no end are cut after twelve digits
		if want.Cmp(big.NewRat(1, 1)) > 0 {
			slack.Mul(slack, want)
		}
		if diff := new(big.Rat).Sub(got, want); diff.Abs(diff).Cmp(slack) > 0 {
			t.Errorf("%s: %s = %s, not %s", e.Name, e.Numbers, got.FloatString(15), e.Value)
		}
		n++
	}
	if d.Result.Attained != nil && len(d.Arithmetic) == 0 {
		t.Error("a value without arithmetic")
	}
	return n
}

func checkWindows(t *testing.T, d Detail) {
	t.Helper()
	var n WindowCounts
	for i, w := range d.Windows {
		n.Total++
		switch w.State {
		case WindowMeasured:
			n.Measured++
		case WindowIdle:
			n.Idle++
		case WindowNoData:
			n.NoData++
		case WindowUnreachable:
			n.Unreachable++
		case WindowExcluded:
			n.Excluded++
		}
		if w.Worse {
			n.Bad++
		}
		if i > 0 && !w.Start.Equal(d.Windows[i-1].End) {
			t.Errorf("window %d begins at %s, the one before ends at %s", i, w.Start, d.Windows[i-1].End)
		}
	}
	if n != d.Result.Windows {
		t.Errorf("windows %+v, want %+v", n, d.Result.Windows)
	}
}

func checkCourse(t *testing.T, d Detail) {
	t.Helper()
	if d.Result.Budget == nil || d.Result.Method == Mean {
		if len(d.Course) > 0 {
			t.Errorf("a course of no budget: %+v", d.Course)
		}
		return
	}
	last := d.Course[len(d.Course)-1]
	if last.Remaining.Cmp(d.Result.Budget.Remaining) != 0 || last.Consumed.Cmp(d.Result.Budget.Consumed) != 0 {
		t.Errorf("the course ends with %+v, the budget is %+v", last, d.Result.Budget)
	}
}

func checkSteps(t *testing.T, d Detail) {
	t.Helper()
	last := d.Steps[len(d.Steps)-1]
	if want := "so the state is " + strings.ReplaceAll(string(d.Result.State), "_", " "); last.Text != want {
		t.Errorf("the steps end with %q, want %q", last.Text, want)
	}
	against := false
	for _, s := range d.Steps[:len(d.Steps)-1] {
		against = against || s.Against
	}
	proven := !strings.Contains(strings.Join(d.Result.Notes, " "), "not proven")
	if proven && against != (d.Result.State != Met) && !(d.Result.Budget != nil && d.Result.Budget.Projected) {
		t.Errorf("state %s by %+v", d.Result.State, d.Steps)
	}
}

// calculate is a pocket calculator for + − × / and parentheses, in fractions.
func calculate(text string) (*big.Rat, error) {
	var s scanner.Scanner
	s.Init(strings.NewReader(strings.NewReplacer("−", "-", "×", "*").Replace(text)))
	s.Mode = scanner.ScanInts | scanner.ScanFloats
	c := calculator{&s, s.Scan()}
	v := c.sum()
	if c.next != scanner.EOF || v == nil {
		return nil, fmt.Errorf("unexpected %q", s.TokenText())
	}
	return v, nil
}

type calculator struct {
	s    *scanner.Scanner
	next rune
}

func (c *calculator) take() { c.next = c.s.Scan() }

func (c *calculator) sum() *big.Rat {
	v := c.product()
	for v != nil && (c.next == '+' || c.next == '-') {
		op := c.next
		c.take()
		w := c.product()
		switch {
		case w == nil:
			return nil
		case op == '+':
			v.Add(v, w)
		default:
			v.Sub(v, w)
		}
	}
	return v
}

func (c *calculator) product() *big.Rat {
	v := c.factor()
	for v != nil && (c.next == '*' || c.next == '/') {
		op := c.next
		c.take()
		w := c.factor()
		switch {
		case w == nil || op == '/' && w.Sign() == 0:
			return nil
		case op == '*':
			v.Mul(v, w)
		default:
			v.Quo(v, w)
		}
	}
	return v
}

func (c *calculator) factor() *big.Rat {
	switch c.next {
	case '(':
		c.take()
		v := c.sum()
		if c.next != ')' {
			return nil
		}
		c.take()
		return v
	case '-':
		c.take()
		if v := c.factor(); v != nil {
			return v.Neg(v)
		}
		return nil
	case scanner.Int, scanner.Float:
		v, ok := new(big.Rat).SetString(c.s.TokenText())
		c.take()
		if !ok {
			return nil
		}
		return v
	}
	return nil
}

// An explanation as it reads, of a closed hour and of the same hour while it runs.
func TestExplainText(t *testing.T) {
	tests := []struct{ now, want string }{
		{"", `attained: 100 × (1 − bad events / events) = 100 × (1 − 13 / 12000) = 99.891666666666
budget allowed: (100 − target) % of the events = 0.1 / 100 × 12000 = 12
budget consumed: bad events = 13 = 13
budget remaining: allowed − consumed = 12 − 13 = -1
budget used: 100 × consumed / allowed = 100 × 13 / 12 = 108.3333333334
- 12 of 12 windows have data, and a verdict needs 90 % of them
! 99.891666666666 < 99.9: worse than at least 99.9
- the period is over, so the target decides
! so the state is breached
`},
		{"now 30m", `attained: 100 × (1 − bad events / events) = 100 × (1 − 4 / 6000) = 99.933333333333
budget allowed: (100 − target) % of the events so far and expected until the end = 0.1 / 100 × (6000 + 6000) = 12
budget consumed: bad events = 4 = 4
budget remaining: allowed − consumed = 12 − 4 = 8
budget used: 100 × consumed / allowed = 100 × 4 / 12 = 33.3333333334
- 6 of 6 windows have data, and a verdict needs 90 % of them
- 99.933333333333 > 99.9: within at least 99.9
- the period is to date, and 0.333333333334 of its projected budget is used: less than 0.8
- at the rate of the last 6 hours the budget ends 2026-10-01T12:30:00Z, not before the end
- so the state is met
`},
	}
	for _, tt := range tests {
		file := filepath.Join(t.TempDir(), "case.txt")
		text := "case one\nobjective at_least 99.9\ntotal: 1000x12\nbad: 0x4 4 0x6 9\n" + tt.now + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cases, err := readCases(file)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		d := Explain(cases[0].input())
		for _, e := range d.Arithmetic {
			fmt.Fprintf(&b, "%s: %s = %s = %s\n", e.Name, e.Formula, e.Numbers, e.Value)
		}
		for _, s := range d.Steps {
			fmt.Fprintf(&b, "%s %s\n", map[bool]string{true: "!", false: "-"}[s.Against], s.Text)
		}
		if b.String() != tt.want {
			t.Errorf("explained as\n%swant\n%s", b.String(), tt.want)
		}
	}
}
