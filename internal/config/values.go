package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/period"
	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// UnmarshalNode reads a mapping in the order of the file.
func (m *Map[T]) UnmarshalNode(n *yamlpos.Node) error {
	if n.Kind != yamlpos.Mapping {
		return n.WrongKind("a mapping", "")
	}
	var diags yamlpos.Diagnostics
	var decoder yamlpos.Decoder
	*m = slices.Grow(*m, len(n.Fields))
	for _, f := range n.Fields {
		*m = append(*m, Entry[T]{Key: f.Key.Text})
		diags = append(diags, decoder.Decode(f.Value, &(*m)[len(*m)-1].Value)...)
	}
	if len(diags) > 0 {
		return diags
	}
	return nil
}

// Keys returns the keys in the order of the file.
func (m Map[T]) Keys() []string {
	keys := make([]string, len(m))
	for i, e := range m {
		keys[i] = e.Key
	}
	return keys
}

// UnmarshalNode reads an IANA name.
func (z *Zone) UnmarshalNode(n *yamlpos.Node) error {
	name, err := n.ScalarText("the name of a time zone")
	if err != nil {
		return err
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return n.Diagnostic(yamlpos.Error, "time-zone", "write an IANA name such as Europe/Berlin, America/New_York or UTC", fmt.Sprintf("%q is not a time zone", name))
	}
	z.Location = loc
	return nil
}

// UnmarshalNode reads the English name of a day: monday, or mon.
func (w *Weekday) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a day of the week")
	if err != nil {
		return err
	}
	day, ok := parseWeekday(text)
	if !ok {
		return n.Errorf(yamlpos.DidYouMean(text, weekdayNames(), "write one of"), "%q is not a day of the week", text)
	}
	w.Weekday = day
	return nil
}

func weekdayNames() []string {
	names := make([]string, 7)
	for d := time.Sunday; d <= time.Saturday; d++ {
		names[d] = strings.ToLower(d.String())
	}
	return names
}

func parseWeekday(text string) (time.Weekday, bool) {
	for i, name := range weekdayNames() {
		if t := strings.ToLower(text); t == name || t == name[:3] {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

// ParseDuration reads a duration such as 30s, 5m or 1h30m.
func ParseDuration(text string) (Duration, error) {
	d, err := period.ParseDuration(text)
	return Duration(d), err
}

// UnmarshalNode reads a duration such as 5m.
func (d *Duration) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a duration such as 5m")
	if err != nil {
		return err
	}
	if *d, err = ParseDuration(text); err != nil {
		message, hint, _ := strings.Cut(err.Error(), "; ")
		return n.Errorf(hint, "%s", message)
	}
	return nil
}

// String writes the duration as it is read: 1h30m, 7d, 0s.
func (d Duration) String() string { return period.FormatDuration(time.Duration(d)) }

// UnmarshalNode makes the path absolute against the directory of its file.
func (p *Path) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a path")
	if err != nil {
		return err
	}
	if text == "" {
		return n.Errorf("remove the key, or name a file", "the path is empty")
	}
	n.Resolved = text
	if !strings.Contains(text, "://") && !filepath.IsAbs(text) {
		n.Resolved = filepath.Join(n.Dir(), filepath.FromSlash(text))
	}
	*p = Path(n.Resolved)
	return nil
}

// UnmarshalNode reads the text and marks its node, so that it is never shown.
func (s *Secret) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a text")
	if err != nil {
		return err
	}
	n.Secret = true
	*s = Secret(text)
	return nil
}

// String hides the secret from everything that prints values.
func (s Secret) String() string { return yamlpos.Mask }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return yamlpos.Mask }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(yamlpos.Mask), nil }

// UnmarshalNode keeps the value as YAML. Keys that end in _file hold paths, which
// become absolute; values of keys that hold secrets are marked.
func (r *RawYAML) UnmarshalNode(n *yamlpos.Node) error {
	if n.Kind != yamlpos.Mapping {
		return n.WrongKind("a mapping", "")
	}
	if diags := resolveRaw(n); len(diags) > 0 {
		return diags
	}
	*r = yamlpos.Encode(n, yamlpos.Values)
	return nil
}

func resolveRaw(n *yamlpos.Node) yamlpos.Diagnostics {
	var diags yamlpos.Diagnostics
	for _, item := range n.Items {
		diags = append(diags, resolveRaw(item)...)
	}
	for _, f := range n.Fields {
		switch {
		case f.Value.Kind != yamlpos.Scalar:
			diags = append(diags, resolveRaw(f.Value)...)
		case strings.HasSuffix(f.Key.Text, "_file"):
			diags = append(diags, yamlpos.Decode(f.Value, new(Path))...)
		case isSecretKey(f.Key.Text):
			f.Value.Secret = true
		}
	}
	return diags
}

// isSecretKey tells the keys of Prometheus's and Alertmanager's configurations
// that hold secrets.
func isSecretKey(key string) bool {
	switch key {
	case "password", "credentials", "bearer_token", "client_secret", "secret", "secret_key", "access_key", "token",
		"api_key", "api_url", "webhook_url", "routing_key", "service_key", "auth_password", "auth_secret", "key", "certificate_key":
		return true
	}
	return false
}

// UnmarshalNode reads 10 or "10%".
func (p *Percent) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a percentage")
	if err != nil {
		return err
	}
	if p.Decimal, err = unit.ParseDecimal(strings.TrimSpace(strings.TrimSuffix(text, "%"))); err != nil {
		return n.Errorf("write 10 or 10%", "%q is not a percentage", text)
	}
	return nil
}

// UnmarshalNode reads one text or a list of them.
func (l *StringList) UnmarshalNode(n *yamlpos.Node) error {
	if n.Kind == yamlpos.Scalar {
		*l = StringList{n.Text}
		return nil
	}
	if diags := yamlpos.Decode(n, (*[]string)(l)); len(diags) > 0 {
		return diags
	}
	return nil
}

// UnmarshalNode reads a bare duration, or a mapping.
func (l *Level) UnmarshalNode(n *yamlpos.Node) error {
	type mapping Level // without this method
	into := any((*mapping)(l))
	if n.Kind == yamlpos.Scalar {
		into = &l.After
	}
	if diags := yamlpos.Decode(n, into); len(diags) > 0 {
		return diags
	}
	return nil
}

// UnmarshalNode reads the bare name of a metric, or a mapping.
func (u *UnitCost) UnmarshalNode(n *yamlpos.Node) error {
	type mapping UnitCost // without this method
	into := any((*mapping)(u))
	if n.Kind == yamlpos.Scalar {
		into = &u.Metric
	}
	if diags := yamlpos.Decode(n, into); len(diags) > 0 {
		return diags
	}
	return nil
}

// ParseDate reads 2026-10-31.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a day of the calendar", text)
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

// UnmarshalNode reads a day such as 2026-10-31.
func (d *Date) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a date such as 2026-10-31")
	if err != nil {
		return err
	}
	if *d, err = ParseDate(text); err != nil {
		return n.Errorf("write year-month-day, such as 2026-10-31", "%v", err)
	}
	return nil
}

// String writes the day as 2026-10-31.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Start returns the instant at which the day begins in a zone.
func (d Date) Start(zone *time.Location) time.Time {
	return period.StartOfDay(d.Year, d.Month, d.Day, zone)
}

// localLayouts are the ways to write an instant without a zone.
var localLayouts = [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}

// ParseInstant reads RFC 3339, or a local date and time.
func ParseInstant(text string) (Instant, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return Instant{Time: t}, nil
	}
	for _, layout := range localLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return Instant{Time: t, Local: true}, nil
		}
	}
	return Instant{}, fmt.Errorf("%q is not an instant", text)
}

// UnmarshalNode reads an instant.
func (i *Instant) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("an instant such as 2026-10-11T02:00:00Z")
	if err != nil {
		return err
	}
	if *i, err = ParseInstant(text); err != nil {
		return n.Errorf("write RFC 3339, such as 2026-10-11T02:00:00Z, or 2026-10-11T02:00:00 with a `timezone`", "%v", err)
	}
	return nil
}

// In returns the moment; a local one is what clocks in the zone show.
func (i Instant) In(zone *time.Location) time.Time {
	if !i.Local {
		return i.Time
	}
	return period.WallOf(i.Time, time.UTC).In(zone)
}

// UnmarshalNode reads a date or an instant.
func (a *Announced) UnmarshalNode(n *yamlpos.Node) error {
	text, err := n.ScalarText("a date or an instant")
	if err != nil {
		return err
	}
	if d, err := ParseDate(text); err == nil {
		a.Date = &d
		return nil
	}
	i, err := ParseInstant(text)
	if err != nil {
		return n.Errorf("write 2026-10-05 or 2026-10-05T14:00:00Z", "%q is neither a date nor an instant", text)
	}
	a.Instant = &i
	return nil
}
