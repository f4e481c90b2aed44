package query

import "testing"

func TestSelectorOnly(t *testing.T) {
	tests := []struct {
		values []string
		want   string
	}{
		{nil, `up{job="api"}`},
		{[]string{"acme"}, `up{job="api",org="acme"}`},
		{[]string{""}, `up{job="api",org=""}`},
		{[]string{"a.b", "acme"}, `up{job="api",org=~"a\\.b|acme"}`},
	}
	for _, tt := range tests {
		sel, err := ParseSelector(`up{job="api"}`)
		if err != nil {
			t.Fatal(err)
		}
		got := sel.Only("org", tt.values...).Text
		if got != tt.want {
			t.Errorf("only %q is %s, want %s", tt.values, got, tt.want)
		}
		if _, err := ParseSelector(got); err != nil {
			t.Errorf("%s cannot be pasted: %v", got, err)
		}
	}
}
