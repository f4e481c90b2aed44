package config

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/slactl/slactl/internal/yamlpos"
)

// measures are the amounts that a table of costs can show.
var measures = [...]string{"billed", "effective", "list", "contracted"}

// billingFormats are the formats of bills and meters.
var billingFormats = [...]string{"focus", "aws-cur", "azure", "gcp", "oci", "openai-costs", "openai-usage", "anthropic-cost",
	"anthropic-usage", "litellm-spend", "token-counters", "csv"}

func (c *checker) sources() {
	list := c.cfg.Sources.Metrics
	names := map[string]string{}
	for i, s := range list {
		path := at("sources.metrics", i)
		if !c.has(path) { // one mapping, not a list
			path = "sources.metrics"
		}
		c.exactlyOne(path, "prometheus", "blocks", "openmetrics")
		if len(list) > 1 {
			c.required(path, "name")
		}
		c.unique(names, path+".name", "the name", s.Name)
		if s.Prometheus != nil {
			c.prometheus(path+".prometheus", *s.Prometheus)
		}
	}
	if h := c.cfg.Sources.History; h != nil {
		c.required("sources.history", "path")
	}
	names = map[string]string{}
	for i, s := range c.cfg.Sources.Billing {
		path := at("sources.billing", i)
		c.unique(names, path+".name", "the name", s.Name)
		c.billing(path, s)
	}
}

func (c *checker) prometheus(path string, p Prometheus) {
	c.required(path, "url")
	c.httpURL(path+".url", p.URL)
	c.oneOf(path+".read", "auto", "raw", "promql")
	if p.Concurrency < 0 || (p.Concurrency == 0 && c.has(path+".concurrency")) {
		c.ruleErrorf("range", path+".concurrency", "", "concurrency %d is not above 0", p.Concurrency)
	}
	if c.has(path + ".timeout") {
		c.positiveDuration(path+".timeout", &p.Timeout)
	}
	for i, l := range p.DedupLabels {
		c.label(at(path+".dedup_labels", i), l)
	}
	if n := c.cfg.index[path+".http"]; n != nil {
		c.diags = append(c.diags, yamlpos.Decode(n, new(httpConfig))...)
	}
}

// httpConfig has the keys of Prometheus's http_config; prometheus/common decodes
// the values where they are used.
type httpConfig struct {
	BasicAuth *struct {
		Username     string `yaml:"username"`
		UsernameFile Path   `yaml:"username_file"`
		Password     Secret `yaml:"password"`
		PasswordFile Path   `yaml:"password_file"`
	} `yaml:"basic_auth"`
	Authorization *struct {
		Type            string `yaml:"type"`
		Credentials     Secret `yaml:"credentials"`
		CredentialsFile Path   `yaml:"credentials_file"`
	} `yaml:"authorization"`
	OAuth2 *struct {
		ClientID         string            `yaml:"client_id"`
		ClientSecret     Secret            `yaml:"client_secret"`
		ClientSecretFile Path              `yaml:"client_secret_file"`
		TokenURL         string            `yaml:"token_url"`
		Scopes           []string          `yaml:"scopes"`
		EndpointParams   map[string]string `yaml:"endpoint_params"`
		TLSConfig        *tlsConfig        `yaml:"tls_config"`
		Proxy            proxyConfig       `yaml:",inline"`
	} `yaml:"oauth2"`
	BearerToken     Secret      `yaml:"bearer_token"`
	BearerTokenFile Path        `yaml:"bearer_token_file"`
	TLSConfig       *tlsConfig  `yaml:"tls_config"`
	FollowRedirects *bool       `yaml:"follow_redirects"`
	EnableHTTP2     *bool       `yaml:"enable_http2"`
	Proxy           proxyConfig `yaml:",inline"`
	HTTPHeaders     map[string]struct {
		Values  []string `yaml:"values"`
		Secrets []Secret `yaml:"secrets"`
		Files   []Path   `yaml:"files"`
	} `yaml:"http_headers"`
}

type tlsConfig struct {
	CA                 string `yaml:"ca"`
	CAFile             Path   `yaml:"ca_file"`
	Cert               string `yaml:"cert"`
	CertFile           Path   `yaml:"cert_file"`
	Key                Secret `yaml:"key"`
	KeyFile            Path   `yaml:"key_file"`
	ServerName         string `yaml:"server_name"`
	InsecureSkipVerify *bool  `yaml:"insecure_skip_verify"`
	MinVersion         string `yaml:"min_version"`
	MaxVersion         string `yaml:"max_version"`
}

type proxyConfig struct {
	ProxyURL             string              `yaml:"proxy_url"`
	NoProxy              string              `yaml:"no_proxy"`
	ProxyFromEnvironment *bool               `yaml:"proxy_from_environment"`
	ProxyConnectHeader   map[string][]Secret `yaml:"proxy_connect_header"`
}

func (c *checker) billing(path string, s BillingSource) {
	c.required(path, "name")
	c.oneOf(path+".format", billingFormats[:]...)
	c.oneOf(path+".measure", measures[:]...)
	c.oneOf(path+".snapshots", "none")
	c.oneOf(path+".on_bad_row", "skip")
	c.oneOf(path+".role", "bill", "meter")
	c.currency(path+".currency", s.Currency)
	if c.has(path+".api_key") && c.has(path+".api_key_file") {
		c.ruleErrorf("conflicting-keys", path+".api_key_file", "keep one of them", "api_key_file cannot stand beside api_key")
	}
	if s.Format != "" && !slices.Contains(billingFormats[:], s.Format) {
		return
	}
	if s.Format == "token-counters" {
		c.tokenCounters(path, s)
		return
	}
	for _, key := range []string{"tokens", "preset", "labels", "kinds", "cached", "source"} {
		if c.has(path + "." + key) {
			c.ruleKeyErrorf("no-effect", path+"."+key, "it belongs to format: token-counters", "%s has no meaning for the format %s", key, cmp.Or(s.Format, "of exports"))
		}
	}
	places := []string{"path", "postgres"}
	fetched := strings.HasPrefix(s.Format, "openai") || strings.HasPrefix(s.Format, "anthropic")
	for _, key := range []string{"api_key", "api_key_file", "api_url"} {
		if !fetched && c.has(path+"."+key) {
			c.ruleKeyErrorf("no-effect", path+"."+key, "it belongs to the formats of OpenAI and Anthropic", "%s has no meaning for the format %s", key, cmp.Or(s.Format, "of exports"))
		}
	}
	c.httpURL(path+".api_url", s.APIURL)
	if fetched && (c.has(path+".api_key") || c.has(path+".api_key_file")) {
		c.exclusive(path, "path", "has no meaning beside a key, with which the pages are fetched")
		return
	}
	c.exactlyOne(path, places...)
	c.bucket(path, s)
	if s.Postgres != nil {
		c.required(path+".postgres", "dsn", "table")
		if s.Format != "" && s.Format != "focus" && s.Format != "litellm-spend" {
			c.ruleErrorf("unknown-word", path+".format", "write focus or litellm-spend", "only tables with FOCUS columns and those of LiteLLM's spend are read from PostgreSQL")
		}
	}
	c.columns(path+".columns", s)
}

// columnFields are the fields of a line item that a column can be named for: those
// of FOCUS, then what it has no name for. Tags/KEY is one tag.
var columnFields = [...]string{
	"ChargePeriodStart", "BillingPeriodStart", "BillingCurrency", "ConsumedQuantity", "Tags", "BilledCost", "EffectiveCost", "ListCost",
	"ContractedCost", "ChargeCategory", "ChargeClass", "ChargeDescription", "InvoiceId", "InvoiceIssuerName", "BillingAccountId",
	"SubAccountId", "SubAccountName", "ServiceCategory", "ServiceName", "RegionId", "ResourceId", "SkuId", "CommitmentDiscountId",
	"CommitmentDiscountStatus", "ConsumedUnit", "ServiceProviderName", "Model", "Organization", "Team",
}

// ColumnFields are the keys that columns of the format csv can have, beside Tags/KEY.
func ColumnFields() []string { return columnFields[:] }

// columns checks which fields of a line item the columns of a table are.
func (c *checker) columns(path string, s BillingSource) {
	switch {
	case s.Format == "csv":
		c.required(strings.TrimSuffix(path, ".columns"), "columns")
	case c.has(path):
		c.ruleKeyErrorf("no-effect", path, "it belongs to format: csv", "columns has no meaning for the format %s", cmp.Or(s.Format, "of exports"))
		return
	}
	for field := range s.Columns {
		if tag, ok := strings.CutPrefix(field, "Tags/"); !slices.Contains(columnFields[:], field) && (!ok || tag == "") {
			c.unknown("unknown-word", c.cfg.Key(path+"."+field), field, columnFields[:], "write a FOCUS name such as", "%s is no field of a line item", field)
		}
	}
	if _, dated := s.Columns["ChargePeriodStart"]; len(s.Columns) > 0 && !dated {
		c.errorf(path, "add ChargePeriodStart: NAME, the column with the date", "no column is the date of a charge")
	}
}

// bucket checks where files are, and how a bucket is reached.
func (c *checker) bucket(path string, s BillingSource) {
	scheme, rest, remote := strings.Cut(string(s.Path), "://")
	if _, keys, _ := strings.Cut(rest, "/"); remote && (scheme != "s3" || keys == "") {
		c.errorf(path+".path", "write a path on this machine, or s3://bucket/prefix/**", "%q is no place of files", string(s.Path))
	}
	if s.S3 == nil {
		return
	}
	at := path + ".s3"
	if scheme != "s3" || !remote {
		c.ruleKeyErrorf("no-effect", at, "it says how the bucket of an s3:// path is reached", "s3 has no meaning for this source")
	}
	if u, err := url.Parse(s.S3.Endpoint); c.has(at+".endpoint") && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		c.ruleErrorf("url", at+".endpoint", "write https://host:port", "%q is not the URL of a server", s.S3.Endpoint)
	}
	switch secret := c.has(at+".secret_access_key") || c.has(at+".secret_access_key_file"); {
	case c.has(at+".secret_access_key") && c.has(at+".secret_access_key_file"):
		c.ruleKeyErrorf("conflicting-keys", at+".secret_access_key_file", "keep one of them", "secret_access_key_file cannot stand beside secret_access_key")
	case c.has(at+".access_key_id") && !secret:
		c.ruleErrorf("missing-key", at, "add secret_access_key: or secret_access_key_file:", "the secret of access_key_id is missing")
	case secret && !c.has(at+".access_key_id"):
		c.ruleErrorf("missing-key", at, "add access_key_id:", "access_key_id is missing")
	case s.S3.Anonymous && secret:
		c.ruleKeyErrorf("conflicting-keys", at+".anonymous", "keep one of them", "anonymous requests are not signed by a key")
	}
}

// tokenKinds are the kinds of tokens that have prices.
var tokenKinds = [...]string{"input", "output", "cache_read", "cache_write_5m", "cache_write_1h"}

func (c *checker) tokenCounters(path string, s BillingSource) {
	c.exactlyOne(path, "preset", "tokens")
	c.oneOf(path+".preset", "litellm", "otel-genai")
	c.oneOf(path+".cached", "included", "separate")
	for key, label := range s.Labels {
		p := path + ".labels." + key
		allowed := []string{"model", "kind", "provider", "service_tier", "organization", "team"}
		if !slices.Contains(allowed, key) {
			c.unknown("unknown-word", c.cfg.Key(p), key, allowed, "write one of", "%s is no part of a token counter", key)
		}
		c.label(p, label)
	}
	for key, kind := range s.Kinds {
		if !slices.Contains(tokenKinds[:], kind) {
			c.unknown("unknown-word", c.cfg.node(path+".kinds."+key), kind, tokenKinds[:], "write one of", "%q is no kind of token", kind)
		}
	}
	for _, what := range []string{"model", "kind"} {
		if c.has(path+".tokens") && s.Labels[what] == "" {
			c.ruleErrorf("missing-key", path, "add labels: {model: ..., kind: ...}", "the label that holds the %s is missing", what)
		}
	}
	c.sourceNames(path+".source", s.Source)
}

// sourceNames checks that the sources that a block picks exist.
func (c *checker) sourceNames(path string, names StringList) {
	var known []string
	for _, s := range c.cfg.Sources.Metrics {
		if s.Name != "" {
			known = append(known, s.Name)
		}
	}
	for i, name := range names {
		p := at(path, i)
		if !c.has(p) {
			p = path
		}
		c.known(p, "the metrics source", name, known)
	}
}

// exclusive reports a key that has no meaning beside the value of another.
func (c *checker) exclusive(path, key, reason string) {
	if c.has(path + "." + key) {
		c.ruleKeyErrorf("no-effect", path+"."+key, "remove it", "%s %s", key, reason)
	}
}
