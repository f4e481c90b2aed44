package prom_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
)

const emptyMatrix = `{"status":"success","data":{"resultType":"matrix","result":[]}}`

// answering answers every request with a status and a body.
func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// half announces more than it sends.
func half(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, emptyMatrix[:20])
}

// reset closes the connection without an answer.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		problem prom.Problem
		status  int
		asks    int64 // how often the server is asked
		want    []string
	}{
		{"401", answering(401, "Unauthorized"), prom.Denied, 401, 1, []string{"401 Unauthorized", "authorization"}},
		{"403, also for GET", answering(403, `no tenant`), prom.Denied, 403, 2, []string{"403 Forbidden: no tenant", "headers"}},
		{"404", answering(404, "404 page not found"), prom.NotFound, 404, 1, []string{"404 Not Found", "base URL", "path prefix"}},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, prom.BadAnswer, 200, 2, []string{"not JSON but a web page", "credentials"}},
		{"web page", answering(200, "<!doctype html><title>Log in</title>"), prom.BadAnswer, 200, 1, []string{"not JSON but a web page", "credentials"}},
		{"empty body", answering(200, ""), prom.BadAnswer, 200, 1, []string{"not JSON but empty"}},
		{"cut JSON", answering(200, `{"status":"success","data":{"resultType":"vec`), prom.BadAnswer, 0, 1, []string{"cannot be read"}},
		{"half a body", half, prom.BadAnswer, 0, 5, []string{"the answer breaks off", "asked 5 times"}},
		{"connection reset", reset, prom.Unreachable, 0, 5, []string{"closed without an answer", "asked 5 times"}},
		{"500", answering(500, "boom\nstack"), prom.Unavailable, 500, 5, []string{"500 Internal Server Error: boom (asked 5 times)"}},
		{"429", answering(429, `{"status":"error","errorType":"too_many","error":"slow down"}`), prom.Unavailable, 429, 5, []string{"429 Too Many Requests: slow down"}},
		{"the query's own timeout", answering(503, `{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`), prom.TimedOut, 503, 1, []string{"query timed out", "shorter period"}},
		{"400 without the API", answering(400, "bad gateway config"), prom.BadQuery, 400, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asks atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/login" {
					fmt.Fprint(w, "<html>")
				}
				if strings.HasPrefix(r.URL.Path, "/api/v1/query") || r.URL.Path == "/login" {
					asks.Add(1)
				}
				if r.URL.Path != "/login" {
					c.handler(w, r)
				}
			}))
			defer server.Close()
			src := open(t, prom.Options{URL: strings.Replace(server.URL, "http://", "http://admin:s3cret@", 1)})
			prom.SetBackoff(src, time.Millisecond)
			_, err := src.Scan(t.Context(), []query.Request{request(t, querytest.Case{Total: "a_total", Grid: "0m 5m"})})
			if c.want == nil { // the probe is refused, and so is every query after it
				results, err := src.Scan(t.Context(), []query.Request{request(t, querytest.Case{Total: "a_total", Grid: "0m 5m"})})
				if err != nil {
					t.Fatal(err)
				}
				check(t, results[0].Err, c.problem, c.status, []string{"400 Bad Request: bad gateway config"})
				return
			}
			check(t, err, c.problem, c.status, append(c.want, server.URL))
			if asks.Load() != c.asks {
				t.Errorf("the server was asked %d times, want %d", asks.Load(), c.asks)
			}
		})
	}
}

func check(t *testing.T, err error, problem prom.Problem, status int, want []string) {
	t.Helper()
	var e *prom.Error
	if !errors.As(err, &e) || e.Problem != problem || e.Status != status {
		t.Fatalf("the error is %#v (%v), want problem %d, status %d", e, err, problem, status)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q lacks %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%q shows the password", err)
	}
	t.Log(err)
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	src := open(t, prom.Options{URL: "admin:s3cret@" + addr})
	_, err = src.Metrics(t.Context(), request(t, querytest.Case{Total: "a_total", Grid: "0m 5m"}).Grid.Span(0))
	check(t, err, prom.Unreachable, 0, []string{"querying prometheus http://" + addr + ": connection refused", "is the server running"})
}

// TestHang: a server that accepts and is silent costs one timeout, not five.
func TestHang(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	src := open(t, prom.Options{URL: server.URL, Timeout: 50 * time.Millisecond})
	_, err := src.Scan(t.Context(), nil)
	check(t, err, prom.TimedOut, 0, []string{"no answer within 50ms", "raise `timeout`"})

	stopped, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := open(t, prom.Options{URL: server.URL}).Scan(stopped, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Ctrl-C ends with %v", err)
	}
}

// TestUnavailableThenFine: what passes does not reach the user.
func TestUnavailableThenFine(t *testing.T) {
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, load(t, company()))
	real := promtest.Serve(t, dir)
	var n atomic.Int64
	faults := []http.HandlerFunc{answering(503, "starting"), answering(503, "starting"), nil, half, nil, reset, answering(502, "<html>"), nil}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i := int(n.Add(1)) - 1; i < len(faults) && faults[i] != nil {
			faults[i](w, r)
			return
		}
		http.Redirect(w, r, real+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	src := open(t, prom.Options{URL: server.URL})
	prom.SetBackoff(src, time.Millisecond)
	got := scan(t, src, request(t, steadyCases()[0]))
	if len(got.Groups) != 2 || got.Groups[0].Total.Windowed.Range(0, 72).String() != "120960" {
		t.Errorf("the scan is %+v", got.Groups)
	}
}

// TestRetryAfter: a server that says when to come back is believed.
func TestRetryAfter(t *testing.T) {
	var first, second time.Time
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if first.IsZero() {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		second = time.Now()
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	}))
	defer server.Close()
	src := open(t, prom.Options{URL: server.URL})
	prom.SetBackoff(src, time.Millisecond)
	if _, err := src.Scan(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if d := second.Sub(first); d < time.Second {
		t.Errorf("it was asked again after %s", d)
	}
}

// TestRefusedQuery: the server's words reach the user, and other requests are
// answered.
func TestRefusedQuery(t *testing.T) {
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, load(t, company()))
	src := open(t, prom.Options{URL: promtest.Serve(t, dir)})
	good := request(t, steadyCases()[0])
	bad := good
	bad.Indicator = query.Indicator{Kind: query.Expression, TotalExpr: `http_requests_total * on (job) up`}
	results, err := src.Scan(t.Context(), []query.Request{bad, good})
	if err != nil {
		t.Fatal(err)
	}
	if results[1].Err != nil || len(results[1].Scan.Groups) != 2 {
		t.Errorf("the good request gives %+v", results[1])
	}
	check(t, results[0].Err, prom.BadQuery, 0, []string{"the server refuses sum by (org) (http_requests_total * on (job) up)", "many-to-many"})
}

// TestTooManySamples: where the server's limit does not hold the whole period,
// its parts are asked for.
func TestTooManySamples(t *testing.T) {
	dir, again := t.TempDir(), t.TempDir()
	promtest.WriteBlock(t, dir, load(t, company()))
	promtest.WriteBlock(t, again, load(t, company()))
	req := request(t, steadyCases()[0]) // 8 series in 72 windows
	got := scan(t, open(t, prom.Options{URL: promtest.ServeLimited(t, dir, 300), Read: "promql"}), req)
	if got.Groups[0].Total.Windowed.Range(0, 72).String() != "120960" {
		t.Errorf("the total is %s", got.Groups[0].Total.Windowed.Range(0, 72))
	}
	src := open(t, prom.Options{URL: promtest.ServeLimited(t, again, 10), Read: "promql"})
	results, err := src.Scan(t.Context(), []query.Request{req})
	if err != nil {
		t.Fatal(err)
	}
	check(t, results[0].Err, prom.BadQuery, 0, []string{"too many samples", "--query.max-samples"})
}

// TestRequests shows what the server is sent.
func TestRequests(t *testing.T) {
	var seen []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		seen = append(seen, r)
		if strings.HasSuffix(r.URL.Path, "/query") {
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}`)
			return
		}
		fmt.Fprint(w, `{"status":"success","warnings":["a store is down"],"data":{"resultType":"matrix","result":[]}}`)
	}))
	defer server.Close()
	src := open(t, prom.Options{Name: "live", URL: strings.Replace(server.URL, "http://", "http://admin:s3cret@", 1) + "/prefix/?token=s3cret#x",
		Headers: map[string]string{"X-Scope-OrgID": "team-a"}, UserAgent: "slactl/test", Concurrency: 1, Read: "promql"})
	req := request(t, querytest.Case{Total: "a_total", Grid: "0m 5m 10m"})
	results, err := src.Scan(t.Context(), []query.Request{req, req, req})
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(results[2].Scan.Notes, "\n"); !strings.Contains(notes, "a store is down") {
		t.Errorf("the notes are %q", results[2].Scan.Notes)
	}
	if len(seen) != 5 { // probe, version, growth, presence, presence before
		t.Errorf("three equal requests ask the server %d times", len(seen))
	}
	last := seen[len(seen)-1]
	user, password, _ := last.BasicAuth()
	if last.URL.Path != "/prefix/api/v1/query_range" || last.URL.Query().Get("token") != "s3cret" || last.Header.Get("X-Scope-OrgID") != "team-a" ||
		last.Header.Get("User-Agent") != "slactl/test" || last.Header.Get("Accept-Encoding") != "identity" || user != "admin" || password != "s3cret" {
		t.Errorf("the request is %s with %v", last.URL, last.Header)
	}
	if f := seen[2].Form; f.Get("query") != "sum(rate(a_total[4m59s999ms])) * 300" && f.Get("query") != "sum by (job) (count_over_time(a_total[4m59s999ms]))" && f.Get("query") != "sum by (job) (count_over_time(a_total[59m59s999ms]))" {
		t.Errorf("the query is %v", f)
	}
	if info := src.Info(); info.Target != server.URL+"/prefix" || info.Name != "live" {
		t.Errorf("info is %+v", info)
	}
}

func TestNewErrors(t *testing.T) {
	for _, c := range []struct {
		opt  prom.Options
		want string
	}{
		{prom.Options{URL: ""}, "is not the URL of a server"},
		{prom.Options{URL: "ftp://host"}, `"ftp://host" is not the URL of a server`},
		{prom.Options{URL: "http://admin:s3/cret@host:9090"}, `"***@host:9090" is not the URL`},
		{prom.Options{URL: "host", Read: "fast"}, `"fast" is none of auto, raw and promql`},
		{prom.Options{URL: "http://a:s3cret@host", HTTPConfigYAML: []byte("basic_auth: {username: b}")}, "in the URL and in `http`"},
		{prom.Options{URL: "host", HTTPConfigYAML: []byte("basic: {}")}, "basic"},
		{prom.Options{URL: "host", HTTPConfigYAML: []byte("tls_config: {ca_file: /nowhere/ca.pem}")}, "/nowhere/ca.pem"},
	} {
		_, err := prom.New(c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3") {
			t.Errorf("New(%+v): %v, want %q", c.opt, err, c.want)
		}
	}
}

func TestMissingCredentialsFile(t *testing.T) {
	src := open(t, prom.Options{URL: "127.0.0.1:1", HTTPConfigYAML: []byte("authorization: {credentials_file: /nowhere/token}")})
	if _, err := src.Scan(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "/nowhere/token") {
		t.Errorf("a missing file of credentials: %v", err)
	}
}
