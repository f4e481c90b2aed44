package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/unit"
	"github.com/slactl/slactl/internal/yamlpos"
)

// checker looks for values that decode but cannot be meant. It names values by
// their paths, and says nothing more about a value that did not decode.
type checker struct {
	cfg    *Config
	broken map[yamlpos.Position]bool
	diags  yamlpos.Diagnostics
}

func (c *checker) check() {
	if v, ok := c.text("version"); ok && v != "1" {
		c.errorf("version", "write version: 1, or use a newer slactl", "version %s of the configuration is not known", v)
	}
	c.sources()
	for _, e := range c.cfg.SLADefinitions {
		c.sla("sla_definitions."+e.Key, e.Key, e.Value)
	}
	for _, e := range c.cfg.ServiceTiers {
		c.tier("service_tiers."+e.Key, e.Value)
	}
	c.organizations()
	for i, m := range c.cfg.Maintenance {
		c.maintenance(at("maintenance", i), m)
	}
	for _, e := range c.cfg.ServiceHours {
		c.serviceHours("service_hours."+e.Key, e)
	}
	for _, e := range c.cfg.BusinessMetrics {
		c.businessMetric("business_metrics."+e.Key, e.Key, e.Value)
	}
	c.cost()
	c.alerting()
	c.reports()
}

// at is the path of an item of a list.
func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// errorf reports an error about the value at a path, unless there is one already.
func (c *checker) errorf(path, hint, format string, args ...any) {
	c.report("value", c.cfg.node(path), hint, format, args...).Key = path
}

// ruleErrorf is [checker.errorf] for an error that has a rule of its own.
func (c *checker) ruleErrorf(rule, path, hint, format string, args ...any) {
	c.report(rule, c.cfg.node(path), hint, format, args...).Key = path
}

// ruleKeyErrorf reports an error, with a rule of its own, about the key of the
// value at a path.
func (c *checker) ruleKeyErrorf(rule, path, hint, format string, args ...any) {
	c.report(rule, c.cfg.Key(path), hint, format, args...).Key = path
}

// report adds an error about a node and returns it, or nothing of use where there
// is one already.
func (c *checker) report(rule string, n *yamlpos.Node, hint, format string, args ...any) *yamlpos.Diagnostic {
	if c.broken[n.Position] {
		return new(yamlpos.Diagnostic)
	}
	c.broken[n.Position] = true
	c.diags = append(c.diags, n.Diagnostic(yamlpos.Error, rule, hint, fmt.Sprintf(format, args...)))
	return &c.diags[len(c.diags)-1]
}

// unknown reports a word that is none of the allowed ones, and offers the nearest.
func (c *checker) unknown(rule string, n *yamlpos.Node, word string, allowed []string, otherwise, format string, args ...any) {
	d := c.report(rule, n, yamlpos.DidYouMean(word, allowed, otherwise), format, args...)
	if meant, ok := yamlpos.Nearest(word, allowed); ok && n.Text == word {
		d.Fix = n.Replacement(meant)
	}
}

// has reports whether the files say something at a path.
func (c *checker) has(path string) bool { return c.cfg.Has(path) }

// text returns the scalar at a path as it is written.
func (c *checker) text(path string) (string, bool) {
	n := c.cfg.index[path]
	if n == nil || n.Kind != yamlpos.Scalar {
		return "", false
	}
	return n.Text, true
}

// oneOf checks a word against the allowed ones; an absent value is fine.
func (c *checker) oneOf(path string, allowed ...string) {
	if text, ok := c.text(path); ok && !slices.Contains(allowed, text) {
		otherwise := "write one of"
		if len(allowed) == 1 {
			otherwise = "leave it out, or write"
		}
		c.unknown("unknown-word", c.cfg.node(path), text, allowed, otherwise, "%s %q is not known", lastKey(path), text)
	}
}

// known checks that a name was defined; what says what it would be.
func (c *checker) known(path, what, name string, defined []string) {
	if !slices.Contains(defined, name) {
		c.unknown("unknown-name", c.cfg.node(path), name, defined, "known are", "%s %q is not defined", what, name)
	}
}

// knownKey checks the key at a path like [checker.known] checks a value.
func (c *checker) knownKey(path, what, name string, defined []string) {
	if !slices.Contains(defined, name) {
		c.unknown("unknown-name", c.cfg.Key(path), name, defined, "known are", "%s %q is not defined", what, name)
	}
}

// exactlyOne checks that one of the keys below a path is there.
func (c *checker) exactlyOne(path string, keys ...string) {
	var found []string
	for _, k := range keys {
		if c.has(path + "." + k) {
			found = append(found, k)
		}
	}
	switch {
	case len(found) == 0:
		c.ruleErrorf("missing-key", path, "write one of "+strings.Join(keys, ", "), "one of %s is missing", orList(keys))
	case len(found) > 1:
		c.ruleKeyErrorf("conflicting-keys", path+"."+found[1], "keep one of them", "%s cannot stand beside %s", found[1], found[0])
	}
}

// required checks that a key below a path is there.
func (c *checker) required(path string, keys ...string) {
	for _, k := range keys {
		if !c.has(path + "." + k) {
			c.ruleErrorf("missing-key", path, "add "+k+":", "%s is missing", k)
		}
	}
}

// percent checks that a value lies between 0 and 100.
func (c *checker) percent(path string, v *unit.Decimal) {
	if v != nil && !isPercent(*v) {
		c.ruleErrorf("range", path, "a percentage lies between 0 and 100; write 99.9", "%s %s is not a percentage", lastKey(path), v)
	}
}

func isPercent(v unit.Decimal) bool { return v.Sign() >= 0 && v.Cmp(unit.DecimalOfInt(100)) <= 0 }

// positive checks that a value, if given, is above 0.
func (c *checker) positive(path string, v *unit.Decimal) {
	if v != nil && v.Sign() <= 0 {
		c.ruleErrorf("range", path, "", "%s %s is not above 0", lastKey(path), v)
	}
}

// positiveDuration checks that a duration, if given, is above 0.
func (c *checker) positiveDuration(path string, d *Duration) {
	if d != nil && *d <= 0 {
		c.ruleErrorf("range", path, "write a length such as 5m", "%s %s is not above 0", lastKey(path), d)
	}
}

// unique reports the second use of a name.
func (c *checker) unique(seen map[string]string, path, what, name string) {
	if first, twice := seen[name]; twice && name != "" {
		c.ruleErrorf("not-unique", path, "give each its own", "%s %q stands twice; first at %s", what, name, c.cfg.Pos(first))
		return
	}
	seen[name] = path
}

// lastKey returns the key that a path ends with, without an index.
func lastKey(path string) string {
	key, _, _ := strings.Cut(path[strings.LastIndexByte(path, '.')+1:], "[")
	return key
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// label checks the name of a label.
func (c *checker) label(path, name string) {
	if name != "" && !labelName.MatchString(name) {
		c.ruleErrorf("label-name", path, "letters, digits and underscores, beginning with a letter", "%q is not the name of a label", name)
	}
}

// currency checks an ISO 4217 code.
func (c *checker) currency(path, code string) {
	if code == "" {
		return
	}
	if !strings.Contains(currencies, " "+code+" ") {
		n := c.cfg.node(path)
		d := c.report("currency", n, "write an ISO 4217 code such as USD or EUR", "%q is not a currency", code)
		if up := strings.ToUpper(code); strings.Contains(currencies, " "+up+" ") {
			d.Hint, d.Fix = "write "+up, n.Replacement(up)
		}
	}
}

// currencies are the active codes of ISO 4217.
const currencies = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XDR XOF XPF YER ZAR ZMW ZWG "

// httpURL checks an address of a server.
func (c *checker) httpURL(path, text string) {
	u, err := url.Parse(text)
	if written := c.cfg.node(path).Written; written != "" {
		text = written // what the environment says may be secret
	}
	switch {
	case text == "":
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		c.ruleErrorf("url", path, "write http://host:port", "%q is not the URL of a server", text)
	case u.User != nil:
		if _, secret := u.User.Password(); secret && c.cfg.node(path).Written == "" {
			c.cfg.node(path).Secret = true // not to be shown with the line
			c.ruleErrorf("url", path, "use http: {basic_auth: {username: ..., password_file: ...}}", "a password stands in the URL")
		}
	}
}
