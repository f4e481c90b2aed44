package prom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/slactl/slactl/internal/query"
)

// Problem is what kind of trouble there is with a server.
type Problem int

// The kinds of trouble.
const (
	Unreachable Problem = iota // no connection: refused, unknown host, TLS
	Denied                     // 401, 403
	NotFound                   // 404: not the base URL of such a server
	BadQuery                   // 400, 422: the server refuses the query
	TimedOut                   // no answer in time
	BadAnswer                  // half a body, no JSON, not what the API promises
	Unavailable                // 429 and 5xx, after retries
)

// Error says what is wrong with a server, and what to do.
type Error struct {
	Server  string // the URL without credentials
	Problem Problem
	Status  int    // of the HTTP answer, 0 without one
	Message string // what happened
	Hint    string // what to do, or ""
	Err     error  // the cause, or nil

	transient bool          // asking again may help
	after     time.Duration // how long the server wants one to wait first
}

// Error writes the server, what happened and the hint on one line.
func (e *Error) Error() string {
	msg := fmt.Sprintf("querying prometheus %s: %s", e.Server, e.Message)
	if e.Hint != "" {
		msg += "; " + e.Hint
	}
	return msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// connectionError explains why there was no whole answer.
func (c *client) connectionError(err error) *Error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err // the URL in it may hold secrets
	}
	e := &Error{Server: c.server, Problem: Unreachable, Message: err.Error(), Err: err}
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Problem, e.Message = TimedOut, fmt.Sprintf("no answer within %s", c.timeout)
		e.Hint = "raise `timeout`, or ask for a shorter period"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message, e.Hint = "connection refused", "is the server running, and are host and port right?"
	case errors.As(err, &dns):
		e.Message, e.Hint = fmt.Sprintf("host %s is not known", dns.Name), "check the URL"
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Problem, e.Message, e.transient = BadAnswer, "the answer breaks off", true
		e.Hint = "a proxy in between may limit size or time: ask for a shorter period"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		e.Message, e.transient = "the connection was closed without an answer", true
		e.Hint = "look at the server's log, and at that of a proxy in between"
	case strings.Contains(e.Message, "HTTP response to HTTPS client"):
		e.Hint = "write http:// instead of https://"
	case strings.Contains(e.Message, "x509") || strings.Contains(e.Message, "tls:"):
		e.Hint = "set `http: {tls_config: ...}` for this server"
	}
	return e
}

// statusError explains an answer that is not one of the API, or returns nil.
func (c *client) statusError(resp *http.Response, body []byte) *Error {
	isJSON := bytes.HasPrefix(bytes.TrimSpace(body), []byte("{"))
	if resp.StatusCode/100 == 2 && isJSON {
		return nil // whole answers are read once, by the API
	}
	e := &Error{Server: c.server, Status: resp.StatusCode, Message: fmt.Sprintf("the server answers %s", status(resp.StatusCode))}
	kind, said := sayings(body)
	if said != "" && !strings.Contains(strings.ToLower("404 page "+status(resp.StatusCode)), strings.ToLower(said)) {
		e.Message += ": " + said
	}
	switch code := resp.StatusCode; {
	case code == http.StatusNoContent:
		return nil
	case code/100 == 2:
		e.Problem = BadAnswer
		e.Message = "the answer is not JSON but " + nature(body)
		e.Hint = "is this the base URL of a Prometheus, and does it need credentials?"
	case code/100 == 3:
		e.Problem, e.Message = NotFound, fmt.Sprintf("the server redirects (%s)", status(code))
		e.Hint = "write the URL to which it redirects"
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		e.Problem = Denied
		e.Hint = "set `http: {authorization: ...}` or `{basic_auth: ...}`, or the tenant in `headers`"
	case code == http.StatusNotFound:
		e.Problem = NotFound
		e.Hint = "write the server's base URL: with its path prefix, such as http://host/prometheus, and without /api/v1 or /graph"
	case code == http.StatusBadRequest || code == http.StatusUnprocessableEntity:
		if kind != "" {
			return nil // the API's own error, which the client decodes
		}
		e.Problem = BadQuery
	case kind == string(v1.ErrTimeout):
		e.Problem, e.Message, e.Hint = TimedOut, said, "ask for a shorter period, or raise the server's --query.timeout"
	default:
		e.Problem = Unavailable
		e.transient = code == 429 || code == 500 || code == 502 || code == 503 || code == 504
		e.after = retryAfter(resp.Header)
	}
	return e
}

func status(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

// sayings returns the kind and the message of an error of the API, or no kind
// and the first line of a plain text.
func sayings(body []byte) (kind, message string) {
	var said struct {
		ErrorType string `json:"errorType"`
		Error     string `json:"error"`
	}
	text := bytes.TrimSpace(body)
	switch {
	case len(text) == 0 || text[0] == '<':
		return "", ""
	case text[0] == '{':
		if json.Unmarshal(text, &said) != nil {
			return "", ""
		}
		return said.ErrorType, said.Error
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if rest, ok := bytes.CutPrefix(line, []byte("remoteAddr: ")); ok { // VictoriaMetrics tells us our own address
		_, line, _ = bytes.Cut(rest, []byte("; "))
	}
	return "", strings.ToValidUTF8(string(line[:min(len(line), 200)]), "\uFFFD")
}

// nature says what a body is that should have been JSON.
func nature(body []byte) string {
	switch text := bytes.TrimSpace(body); {
	case len(text) == 0:
		return "empty"
	case text[0] == '<':
		return "a web page"
	default:
		return fmt.Sprintf("%.40q", text)
	}
}

// explain turns the client's error about a question into an *Error, except when
// it was the caller who stopped.
func (s *source) explain(ctx context.Context, about string, err error) error {
	if err == nil || ctx.Err() != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	}
	var known *Error
	var said *v1.Error
	switch {
	case errors.As(err, &known):
		return known
	case !errors.As(err, &said):
		return &Error{Server: s.client.server, Problem: BadAnswer, Message: fmt.Sprintf("the answer to %s cannot be read: %v", about, err), Err: err}
	}
	e := &Error{Server: s.client.server, Err: err}
	switch said.Type {
	case v1.ErrTimeout, v1.ErrCanceled:
		e.Problem, e.Message = TimedOut, fmt.Sprintf("the server gave up on %s: %s", about, said.Msg)
		e.Hint = "ask for a shorter period, or raise the server's --query.timeout"
	case v1.ErrBadResponse:
		e.Problem, e.Message = BadAnswer, fmt.Sprintf("the answer to %s cannot be read: %s", about, said.Msg)
		e.Hint = "is something in between changing or cutting answers?"
	default:
		e.Problem, e.Message = BadQuery, fmt.Sprintf("the server refuses %s: %s", about, said.Msg)
		if limited(said.Msg) {
			e.Hint = "raise the server's --query.max-samples, or select fewer series"
			e.Err = errors.Join(query.ErrTooLarge, err)
		}
	}
	return e
}

// limited reports whether a server's words are about how much one question may
// hold: "query processing would load too many samples" (Prometheus), "the query
// exceeded the maximum number of chunks" (Mimir), "cannot process more than
// -search.maxSamplesPerQuery" (VictoriaMetrics), "exceeded samples limit"
// (Thanos).
func limited(said string) bool {
	for _, words := range []string{"too many samples", "exceed", "-search.max", "limit"} {
		if strings.Contains(said, words) {
			return true
		}
	}
	return false
}

// divisible reports whether a shorter span may succeed where this error came.
func divisible(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Problem {
	case TimedOut:
		return true
	case BadQuery, Unavailable, BadAnswer:
		return errors.Is(err, query.ErrTooLarge) || e.Status == http.StatusRequestEntityTooLarge || e.Status/100 != 2 && limited(e.Message)
	}
	return false
}
