package billing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slactl/slactl/internal/cost"
	"github.com/slactl/slactl/internal/period"
)

// API asks a provider for the pages that its exports consist of. Only the asked
// period is fetched, page by page, and an answer that could not be had whole
// rejects the source: its total would be short.
type API struct {
	// Key is the key, or KeyFile the file that holds it. Neither is ever shown.
	Key, KeyFile string
	// URL is the address that stands for the provider's own, for proxies and tests.
	URL string
	// Now is the time: what lies ahead is not asked for.
	Now time.Time
	// Client sends the requests; nil is one that waits a minute for an answer.
	Client *http.Client
	// Wait waits between two attempts; nil sleeps.
	Wait func(ctx context.Context, d time.Duration) error
}

const (
	apiAttempts = 5               // how often a request is sent at most
	apiTimeout  = time.Minute     // for one answer
	apiMaxWait  = 2 * time.Minute // that a server may ask for between two attempts
	apiMaxBody  = 256 << 20       // bytes of a page
	apiMaxPages = 10_000          // of one endpoint
	apiBackoff  = 1 * time.Second // before the second attempt; it doubles
)

// provider is how a provider's API is asked.
type provider struct {
	base      string
	authorize func(h http.Header, key string)
	// span writes the span into the parameters.
	span      func(q url.Values, s period.Span)
	endpoints []endpoint
}

// endpoint is one address of an API, and what it is asked besides the span.
type endpoint struct {
	path   string
	kind   string // of its results, as [format.kindOf] names them
	params url.Values
}

// page returns the address of a page; the token is "" for the first.
func (p *provider) page(base string, e endpoint, s period.Span, token string) string {
	q := url.Values{}
	for k, v := range e.params {
		q[k] = v
	}
	p.span(q, s)
	if token != "" {
		q.Set("page", token)
	}
	return base + e.path + "?" + q.Encode()
}

// openAPI makes a book of a source that is fetched: a file for each endpoint.
func openAPI(s *Source) *book {
	b := &book{source: s}
	kind, _ := formatNamed(s.Format)
	if kind.api == nil {
		b.err = fmt.Errorf("source %s: the format %s is not fetched from an API; set path", s.Name, cmp.Or(s.Format, "of exports"))
		return b
	}
	pages := &pageBook{}
	for i := range kind.api.endpoints {
		e := &kind.api.endpoints[i]
		b.files = append(b.files, &file{source: s, path: s.API.base(kind.api) + e.path, parts: map[string]*part{}, pages: pages, endpoint: e, version: e.kind})
	}
	return b
}

func (a *API) base(p *provider) string { return strings.TrimSuffix(cmp.Or(a.URL, p.base), "/") }

// fetch reads all pages of an endpoint.
func (f *file) fetch(ctx context.Context, qs *questions) error {
	kind, _ := formatNamed(f.source.Format)
	f.format = kind.name
	key, err := f.source.API.key()
	if err != nil {
		return err
	}
	c := client{api: f.source.API, provider: kind.api, key: key}
	for _, span := range qs.spans(f.source.zone()) {
		if span = f.source.API.until(span); span.Empty() {
			continue
		}
		if err := f.fetchSpan(ctx, &c, span, qs); err != nil {
			return err
		}
	}
	return nil
}

// until cuts what lies ahead off a span, up to the end of the day.
func (a *API) until(s period.Span) period.Span {
	if tomorrow := a.Now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1); !a.Now.IsZero() && s.End.After(tomorrow) {
		s.End = tomorrow
	}
	return s
}

// fetchSpan follows the pages of a span to the last one.
func (f *file) fetchSpan(ctx context.Context, c *client, span period.Span, qs *questions) error {
	token, seen := "", map[string]bool{}
	for page := 1; ; page++ {
		body, err := c.get(ctx, c.provider.page(c.api.base(c.provider), *f.endpoint, span, token))
		if err != nil {
			return fmt.Errorf("page %d: %w", page, err)
		}
		f.marks, err = f.readJSON(ctx, bytes.NewReader(body), qs)
		if none, ok := errors.AsType[*noBillError](err); ok {
			return fmt.Errorf("page %d is no page of %s: %s", page, f.format, none.why)
		}
		if err != nil {
			return fmt.Errorf("page %d: %w", page, err)
		}
		token = f.marks.next
		switch {
		case !f.marks.more || token == "":
			return nil
		case seen[token]:
			return fmt.Errorf("page %d names a next page that was read before: the pages go in circles", page)
		case page >= apiMaxPages:
			return fmt.Errorf("there are more than %d pages; ask for a shorter period", apiMaxPages)
		}
		seen[token] = true
	}
}

// spans are the parts of time that the queries look at, as the zone cuts them. By
// billing periods it is the whole months: a charge counts for its month's.
func (q *questions) spans(zone *time.Location) []period.Span {
	var all []period.Span
	for _, b := range q.breakdowns {
		s := b.Period.In(zone, b.Period.End).Span
		if b.Basis == cost.ByBilling {
			s.Start = monthStart(s.Start)
			if first := monthStart(s.End); first.Before(s.End) {
				s.End = first.AddDate(0, 1, 0)
			}
		}
		all = append(all, s)
	}
	if q.usage != nil {
		all = append(all, q.usage.period.In(zone, q.usage.period.End).Span)
	}
	slices.SortFunc(all, func(a, b period.Span) int { return a.Start.Compare(b.Start) })
	var out []period.Span
	for _, s := range all {
		switch last := len(out) - 1; {
		case s.Empty():
		case last >= 0 && !s.Start.After(out[last].End):
			if s.End.After(out[last].End) {
				out[last].End = s.End
			}
		default:
			out = append(out, s)
		}
	}
	return out
}

// key returns the key.
func (a *API) key() (string, error) {
	if a.Key != "" {
		return a.Key, nil
	}
	text, err := os.ReadFile(a.KeyFile)
	if err != nil {
		return "", fmt.Errorf("reading the file of the API key: %w", err)
	}
	key := strings.TrimSpace(string(text))
	if key == "" || strings.ContainsAny(key, "\r\n") {
		return "", fmt.Errorf("%s holds no key on a single line", a.KeyFile)
	}
	return key, nil
}

// client sends the requests of one file.
type client struct {
	api      *API
	provider *provider
	key      string
}

// tryAgainError is a failure that may pass.
type tryAgainError struct {
	error
	after time.Duration // that the server asks for, 0 without
}

// get returns the answer to a request, which it sends again when that may help:
// when the answer breaks off, the server is overloaded or asks to slow down.
func (c *client) get(ctx context.Context, address string) ([]byte, error) {
	pause := apiBackoff
	for attempt := 1; ; attempt++ {
		body, err := c.once(ctx, address)
		again, ok := errors.AsType[*tryAgainError](err)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !ok:
			return body, err
		case again.after > apiMaxWait:
			return nil, fmt.Errorf("%w; it asks to wait %s: try again then", again.error, again.after)
		case attempt == apiAttempts:
			return nil, fmt.Errorf("%w (%d attempts)", again.error, apiAttempts)
		}
		if err := c.api.wait(ctx, max(again.after, pause)); err != nil {
			return nil, err
		}
		pause *= 2
	}
}

func (a *API) wait(ctx context.Context, d time.Duration) error {
	if a.Wait != nil {
		return a.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// once sends a request.
func (c *client) once(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "slactl")
	c.provider.authorize(request.Header, c.key)
	response, err := c.http().Do(request)
	if err != nil {
		return nil, &tryAgainError{error: c.unreachable(err)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, apiMaxBody+1))
	switch {
	case response.StatusCode != http.StatusOK:
		return nil, c.refused(response, body)
	case err != nil:
		// The error is told, not kept: an end of file means another thing to callers.
		return nil, &tryAgainError{error: fmt.Errorf("the answer breaks off after %d bytes: %v", len(body), err)} //nolint:errorlint // see above
	case len(body) > apiMaxBody:
		return nil, fmt.Errorf("a page has more than %d MiB", apiMaxBody>>20)
	case !json.Valid(body):
		return nil, &tryAgainError{error: fmt.Errorf("the answer of %d bytes is no JSON, or breaks off", len(body))}
	}
	return body, nil
}

// http is the client, which follows no redirection: it would take the key along.
func (c *client) http() *http.Client {
	own := http.Client{}
	if c.api.Client != nil {
		own = *c.api.Client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

func (c *client) unreachable(err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // the address is the file's name
	}
	return errors.New(c.redact(err.Error()))
}

// refused explains an answer that is no page.
func (c *client) refused(r *http.Response, body []byte) error {
	var answer struct {
		Error struct{ Message string }
	}
	said := ""
	if json.Unmarshal(body, &answer) == nil && answer.Error.Message != "" {
		said = ": " + fmt.Sprintf("%.200s", c.redact(answer.Error.Message))
	}
	switch code := r.StatusCode; {
	case code == http.StatusUnauthorized:
		return errors.New("the API key is not accepted (401); set api_key or api_key_file to an admin key, with which costs and usage are read")
	case code == http.StatusForbidden:
		return fmt.Errorf("the API key may not read this (403)%s; use an admin key of the organization", said)
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return &tryAgainError{fmt.Errorf("the server answers %s%s", r.Status, said), retryAfter(r.Header)}
	case code >= 300 && code < 400:
		return fmt.Errorf("the server sends on to another address (%s), where the key is not taken along; set api_url", r.Status)
	default:
		return fmt.Errorf("the server answers %s%s", r.Status, said)
	}
}

// retryAfter is how long a server asks to wait, in seconds or until an instant.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// redact takes the key out of what a server or a library says.
func (c *client) redact(text string) string { return strings.ReplaceAll(text, c.key, "[the key]") }

// openaiAPI asks api.openai.com, which gives at most 180 days of costs and 31 of
// usage in a page.
func openaiAPI(endpoints ...endpoint) *provider {
	return &provider{base: "https://api.openai.com", endpoints: endpoints,
		authorize: func(h http.Header, key string) { h.Set("Authorization", "Bearer "+key) },
		span: func(q url.Values, s period.Span) {
			q.Set("start_time", strconv.FormatInt(s.Start.Unix(), 10))
			q.Set("end_time", strconv.FormatInt(s.End.Unix(), 10))
			q.Set("bucket_width", "1d")
		}}
}

// anthropicAPI asks api.anthropic.com, which gives at most 31 days in a page.
func anthropicAPI(path string, groupBy ...string) *provider {
	return &provider{base: "https://api.anthropic.com", endpoints: []endpoint{{path: path, params: url.Values{"limit": {"31"}, "group_by[]": groupBy}}},
		authorize: func(h http.Header, key string) {
			h.Set("x-api-key", key)
			h.Set("anthropic-version", "2023-06-01")
		},
		span: func(q url.Values, s period.Span) {
			q.Set("starting_at", s.Start.UTC().Format(time.RFC3339))
			q.Set("ending_at", s.End.UTC().Format(time.RFC3339))
			q.Set("bucket_width", "1d")
		}}
}
