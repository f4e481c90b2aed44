package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slactl/slactl/internal/query"
)

func TestParseIncrease(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`errors_total{job="api"}`, `errors_total{job="api"} by []`},
		{`rate(errors_total[5m])`, `errors_total by []`},
		{`sum(rate(errors_total{code=~"5.."}[5m]))`, `errors_total{code=~"5.."} by []`},
		{`sum by (org, route) ((increase(errors_total[1h])))`, `errors_total by [org route]`},
		{`sum(rate(a_total[5m])) - sum(rate(b_total[5m]))`, `a_total by [] less b_total`},
		{`avg(rate(a_total[5m]))`, `error: avg() does not add up`},
		{`sum without (pod) (rate(a_total[5m]))`, `error: without() keeps`},
		{`count_over_time(up[5m])`, `error: count_over_time() is no growth`},
		{`sum(rate(a_total[5m] offset 1h))`, `error: it looks at another time`},
		{`sum(rate(a_total[5m])) * 2`, `error: it is not the growth`},
		{`sum(rate(a_total[5m])`, `error: `},
	} {
		g, err := query.ParseIncrease(tt.text)
		got := fmt.Sprintf("%s by %v", g.Selector, g.By)
		if !g.Subtracted.IsZero() {
			got += " less " + g.Subtracted.String()
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestParseRatio(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`sum(rate(e_total[5m])) / sum(rate(t_total[5m]))`, "e_total of t_total good false"},
		{`1 - (sum(rate(g_total[5m])) / sum(rate(t_total[5m])))`, "g_total of t_total good true"},
		{`sum(rate(e_total[5m]))`, "error: it is not one growth"},
		{`avg(rate(e_total[5m])) / sum(rate(t_total[5m]))`, "error: avg()"},
	} {
		part, total, good, err := query.ParseRatio(tt.text)
		got := fmt.Sprintf("%s of %s good %v", part.Selector, total.Selector, good)
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.text, got, tt.want)
		}
	}
}
