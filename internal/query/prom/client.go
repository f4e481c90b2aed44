package prom

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	"github.com/prometheus/common/config"
)

// client is an api.Client that bounds how many requests are under way, gives
// each its own time, asks again where that may help, and explains what went
// wrong. Reading the body belongs to an attempt, so that half a body is asked for
// again too.
type client struct {
	api.Client
	http    *http.Client
	server  string // the URL as it may be shown
	timeout time.Duration
	slots   chan struct{}
	backoff time.Duration // before the first repetition; doubles
}

// Bounds of repetition: with them the last of five attempts starts within 8
// seconds unless the server asks for more.
const (
	retries    = 4
	firstWait  = 250 * time.Millisecond
	longestAsk = 30 * time.Second
)

func newClient(opt Options) (*client, error) {
	base, err := parseURL(opt.URL)
	if err != nil {
		return nil, err
	}
	cfg := &config.DefaultHTTPClientConfig
	if len(opt.HTTPConfigYAML) > 0 {
		if cfg, err = config.LoadHTTPConfig(string(opt.HTTPConfigYAML)); err != nil {
			return nil, fmt.Errorf("opening prometheus: reading its `http`: %w", err)
		}
	}
	settings := *cfg
	if u := base.User; u != nil {
		if settings.BasicAuth != nil || settings.Authorization != nil || settings.OAuth2 != nil {
			return nil, fmt.Errorf("opening prometheus %s: there are credentials in the URL and in `http`; remove one", shown(base))
		}
		password, _ := u.Password()
		settings.BasicAuth = &config.BasicAuth{Username: u.Username(), Password: config.Secret(password)}
		base.User = nil
	}
	hc, err := config.NewClientFromConfig(settings, "slactl", config.WithUserAgent(opt.UserAgent))
	if err != nil {
		return nil, fmt.Errorf("opening prometheus %s: %w", shown(base), err)
	}
	if len(opt.Headers) > 0 {
		hc.Transport = headers{opt.Headers, hc.Transport}
	}
	if isLoopback(base.Hostname()) {
		// Raw samples as text would take three times as long to come, compressed.
		hc.Transport = headers{map[string]string{"Accept-Encoding": "identity"}, hc.Transport}
	}
	if opt.Log != nil && opt.Now != nil {
		hc.Transport = logged{opt.Log, opt.Now, hc.Transport}
	}
	inner, err := api.NewClient(api.Config{Address: base.String(), Client: hc})
	if err != nil {
		return nil, fmt.Errorf("opening prometheus %s: %w", shown(base), err)
	}
	return &client{Client: inner, http: hc, server: shown(base), timeout: opt.Timeout, slots: make(chan struct{}, opt.Concurrency), backoff: firstWait}, nil
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// parseURL reads a base URL, with or without a scheme. Its errors show nothing
// that could be a password: a slash in one makes net/url take it for a port.
func parseURL(text string) (*url.URL, error) {
	full := text
	if !strings.Contains(full, "://") {
		full = "http://" + full
	}
	u, err := url.Parse(full)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		u.Fragment = ""
		return u, nil
	}
	if i := strings.LastIndex(text, "@"); i >= 0 {
		text = "***" + text[i:]
	}
	return nil, fmt.Errorf("opening prometheus: %q is not the URL of a server; write one such as http://prometheus:9090", text)
}

// shown is a URL without what may be secret in it.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}).String()
}

// headers adds header fields to every request.
type headers struct {
	fields map[string]string
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (h headers) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	for name, value := range h.fields {
		if strings.EqualFold(name, "Host") {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	return h.next.RoundTrip(req)
}

// CloseIdleConnections lets the connections below be closed.
func (h headers) CloseIdleConnections() {
	if c, ok := h.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// logged tells of every request at the level debug: where it went, how it ended
// and how long its head took. Parameters and header fields stay out of the log:
// there may be secrets in them.
type logged struct {
	log  *slog.Logger
	now  func() time.Time
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (l logged) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := l.now()
	resp, err := l.next.RoundTrip(req)
	attrs := []any{"method", req.Method, "host", req.URL.Host, "path", req.URL.Path, "took", l.now().Sub(begun).Round(time.Millisecond)}
	if err != nil {
		l.log.Debug("asked a server", append(attrs, "error", err)...)
	} else {
		l.log.Debug("asked a server", append(attrs, "status", resp.StatusCode)...)
	}
	return resp, err
}

// CloseIdleConnections lets the connections below be closed.
func (l logged) CloseIdleConnections() {
	if c, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Do implements api.Client. Errors are *Error, or the context's.
func (c *client) Do(ctx context.Context, req *http.Request) (*http.Response, []byte, error) {
	for attempt := 0; ; attempt++ {
		resp, body, e := c.attempt(ctx, req)
		switch {
		case ctx.Err() != nil:
			return resp, nil, context.Cause(ctx)
		case e == nil:
			return resp, body, nil
		case !e.transient:
			return resp, body, e
		case attempt == retries:
			e.Message += asked(attempt + 1)
			return resp, body, e
		}
		if err := c.pause(ctx, attempt, e.after); err != nil {
			return resp, nil, err
		}
	}
}

// asked says how often it was tried.
func asked(times int) string { return fmt.Sprintf(" (asked %d times)", times) }

// attempt asks once.
func (c *client) attempt(ctx context.Context, req *http.Request) (*http.Response, []byte, *Error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, nil, nil // Do looks at the context first
	}
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, nil, c.connectionError(err)
		}
		req.Body = body
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, body, err := c.Client.Do(timed, req)
	if err != nil {
		return resp, body, c.connectionError(err)
	}
	return resp, body, c.statusError(resp, body)
}

// pause waits before the next attempt: exponentially longer, with jitter so that
// many clients do not come back together, or as long as the server asks for.
func (c *client) pause(ctx context.Context, attempt int, asked time.Duration) error {
	wait := c.backoff << attempt
	wait = max(wait/2+rand.N(wait/2+1), min(asked, longestAsk))
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// retryAfter reads how long a server wants one to wait: seconds, or a date, which
// counts from the date of the answer.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	until, err1 := http.ParseTime(text)
	sent, err2 := http.ParseTime(h.Get("Date"))
	if err1 != nil || err2 != nil {
		return 0
	}
	return max(until.Sub(sent), 0)
}
