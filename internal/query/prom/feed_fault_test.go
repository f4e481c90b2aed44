package prom_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slactl/slactl/internal/query"
	"github.com/slactl/slactl/internal/query/prom"
	"github.com/slactl/slactl/internal/query/prom/promtest"
	"github.com/slactl/slactl/internal/query/querytest"
	"github.com/slactl/slactl/internal/window"
)

// spoil changes one answer of a real server; pass gives the real one.
type spoil func(w http.ResponseWriter, r *http.Request, pass func(http.ResponseWriter))

func fails(status int, text string) spoil {
	return func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) { http.Error(w, text, status) }
}

// broken sends half of the real answer and then does what it is told.
func broken(then func(http.ResponseWriter)) spoil {
	return func(w http.ResponseWriter, _ *http.Request, pass func(http.ResponseWriter)) {
		whole := httptest.NewRecorder()
		pass(whole)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		w.(http.Flusher).Flush()
		then(w)
	}
}

// spoiling serves what the base serves, but for the n-th remote reads, counted
// from 0; the first one is the probe.
func spoiling(t *testing.T, base string, spoils map[int]spoil) string {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/read" {
			if f := spoils[int(n.Add(1))-1]; f != nil {
				f(w, r, func(w http.ResponseWriter) { proxy.ServeHTTP(w, r) })
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestStreamFaults: what goes wrong with a stream does not change the counts.
func TestStreamFaults(t *testing.T) {
	series := load(t, company())
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, series)
	base := promtest.Serve(t, dir)
	req := request(t, steadyCases()[0])
	want := querytest.Dump(exact(t, series, req))
	abort := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	hang := func(http.ResponseWriter) { time.Sleep(2 * time.Second) }
	for _, c := range []struct {
		name   string
		spoils map[int]spoil
		says   string
	}{
		{"half a stream", map[int]spoil{1: broken(abort), 2: broken(abort), 4: broken(abort)}, "by remote read"},
		{"an error in mid-stream, as 2.x writes it", map[int]spoil{1: broken(func(w http.ResponseWriter) { fmt.Fprintln(w, "expanding series: context canceled") })}, "by remote read"},
		{"503 and then fine", map[int]spoil{0: fails(503, "starting"), 2: fails(503, "busy"), 3: fails(503, "busy")}, "by remote read"},
		{"the server hangs in mid-stream, and is asked for less", map[int]spoil{1: broken(hang)}, "by remote read"},
		{"so long a time is refused, and shorter ones are read", map[int]spoil{1: fails(422, "the query exceeded the maximum number of chunks"), 3: fails(413, "")}, "by remote read"},
		{"remote read is not allowed", map[int]spoil{0: fails(401, "")}, "by instant queries, about 13 thousand samples; no remote read: the server answers 401 Unauthorized"},
		{"remote read is not there", map[int]spoil{0: fails(405, "")}, "no remote read: the server answers 405 Method Not Allowed"},
		{"remote read is not made", map[int]spoil{0: fails(501, "")}, "no remote read: the server answers 501 Not Implemented"},
		{"remote read hangs", map[int]spoil{0: broken(hang)}, "no remote read: no answer within 300ms"},
		{"a web page for remote read", map[int]spoil{0: func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) { fmt.Fprint(w, "<html>") }},
			`no remote read: the answer to a remote read is of type "text/html`},
		{"remote read finds nothing", map[int]spoil{0: func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
			w.Header().Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
		}}, "no remote read: it does not find what queries find"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := open(t, prom.Options{URL: spoiling(t, base, c.spoils), Timeout: 300 * time.Millisecond})
			prom.SetBackoff(src, time.Millisecond)
			if got := querytest.Dump(scan(t, src, req)); got != want {
				t.Errorf("the scan is\n%swant\n%s", got, want)
			}
			if got := src.Info().Detail; !strings.Contains(got, c.says) {
				t.Errorf("detail %q lacks %q", got, c.says)
			}
		})
	}
}

// TestStreamErrors: what does not pass is told.
func TestStreamErrors(t *testing.T) {
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, load(t, company()))
	base := promtest.Serve(t, dir)
	abort := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	always := func(s spoil) map[int]spoil {
		all := map[int]spoil{}
		for i := 1; i < 200; i++ {
			all[i] = s
		}
		return all
	}
	for _, c := range []struct {
		name    string
		spoil   spoil
		problem prom.Problem
		status  int
		want    []string
	}{
		{"half a stream", broken(abort), prom.BadAnswer, 0, []string{"reading http_requests_total", "the answer breaks off (asked 5 times)"}},
		{"500", fails(500, "boom"), prom.Unavailable, 500, []string{"500 Internal Server Error: boom (asked 5 times)"}},
		{"401", fails(401, ""), prom.Denied, 401, []string{"401 Unauthorized", "authorization"}},
		{"400", fails(400, `{"errorType":"bad_data","error":"no such tenant"}`), prom.BadQuery, 400, []string{"the server refuses: no such tenant"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := open(t, prom.Options{URL: spoiling(t, base, always(c.spoil))})
			prom.SetBackoff(src, time.Millisecond)
			results, err := src.Scan(t.Context(), []query.Request{request(t, steadyCases()[0])})
			if err == nil {
				err = results[0].Err
			}
			check(t, err, c.problem, c.status, c.want)
		})
	}
}

// TestRawTooManySamples: slices that the server's limit does not hold are halved.
func TestRawTooManySamples(t *testing.T) {
	series := load(t, company())
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, series)
	src := open(t, prom.Options{URL: promtest.Without(t, promtest.ServeLimited(t, dir, 2000), "/api/v1/read", 404), Read: "raw"})
	req := request(t, steadyCases()[2])
	if a, b := querytest.Dump(exact(t, series, req)), querytest.Dump(scan(t, src, req)); a != b {
		t.Errorf("the scan is\n%swant\n%s", b, a)
	}
}

// TestRawFaults: what goes wrong with raw queries does not change the counts, or
// is told. The first raw query is the probe.
func TestRawFaults(t *testing.T) {
	series := load(t, company())
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, series)
	base, err := url.Parse(promtest.Serve(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(base)
	req := request(t, steadyCases()[0])
	want := querytest.Dump(exact(t, series, req))
	says := func(status int, body string) spoil {
		return func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	abort := broken(func(http.ResponseWriter) { panic(http.ErrAbortHandler) })
	for _, c := range []struct {
		name    string
		spoils  map[int]spoil
		problem prom.Problem
		want    []string // of the error, or none
	}{
		{"half a body, again and again", map[int]spoil{1: abort, 2: abort, 4: abort}, 0, nil},
		{"half a body always", map[int]spoil{1: abort, 2: abort, 3: abort, 4: abort, 5: abort}, prom.BadAnswer, []string{"the answer breaks off (asked 5 times)"}},
		{"half a body that ends well", map[int]spoil{1: says(200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,`)}, prom.BadAnswer, []string{"cannot be read", "it ends too early"}},
		{"busy", map[int]spoil{1: says(503, "busy"), 2: says(429, "")}, 0, nil},
		{"an error in a 200", map[int]spoil{1: says(200, `{"status":"error","errorType":"execution","error":"boom"}`)}, prom.BadQuery, []string{"the server refuses http_requests_total[", "boom"}},
		{"too much in a 200", map[int]spoil{1: says(200, `{"status":"error","errorType":"execution","error":"too many samples"}`)}, 0, nil},
		{"too much", map[int]spoil{1: says(422, `{"status":"error","errorType":"execution","error":"too many samples"}`)}, 0, nil},
		{"the query's own timeout", map[int]spoil{1: says(503, `{"status":"error","errorType":"timeout","error":"query timed out"}`)}, 0, nil},
		{"a web page", map[int]spoil{1: says(200, "<html>")}, prom.BadAnswer, []string{"not JSON but a web page"}},
		{"a part of the storage is down", map[int]spoil{1: says(200, `{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}`)}, prom.BadAnswer, []string{"is partial"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var n atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				form, _ := url.ParseQuery(string(body))
				if r.URL.Path == "/api/v1/read" {
					http.NotFound(w, r)
					return
				}
				if strings.HasSuffix(form.Get("query"), "ms]") {
					if f := c.spoils[int(n.Add(1))-1]; f != nil {
						f(w, r, func(w http.ResponseWriter) { proxy.ServeHTTP(w, r) })
						return
					}
				}
				proxy.ServeHTTP(w, r)
			}))
			defer server.Close()
			src := open(t, prom.Options{URL: server.URL, Read: "raw"})
			prom.SetBackoff(src, time.Millisecond)
			results, err := src.Scan(t.Context(), []query.Request{req})
			if err == nil {
				err = results[0].Err
			}
			if len(c.want) > 0 {
				var e *prom.Error
				if !errors.As(err, &e) || e.Problem != c.problem {
					t.Fatalf("the error is %v", err)
				}
				for _, w := range c.want {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("%q lacks %q", err, w)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := querytest.Dump(results[0].Scan); got != want {
				t.Errorf("the scan is\n%swant\n%s", got, want)
			}
		})
	}
}

// TestAuto: what is too much to be read raw is pushed down, and the scan says so.
func TestAuto(t *testing.T) {
	dir := t.TempDir()
	promtest.WriteBlock(t, dir, load(t, company()))
	base, err := url.Parse(promtest.Serve(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(base)
	perHour := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if form, _ := url.ParseQuery(string(body)); perHour > 0 && strings.HasPrefix(form.Get("query"), "sum(count_over_time(") {
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,%q]}]}}`, strconv.Itoa(perHour))
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		proxy.ServeHTTP(w, r)
	}))
	defer server.Close()
	without := promtest.Without(t, server.URL, "/api/v1/read", 404)
	req := request(t, steadyCases()[0]) // 7 hours with what lies before
	for _, c := range []struct {
		perHour    int
		url, read  string
		accounting window.Accounting
		says       string
	}{
		{0, server.URL, "auto", window.Exact, "by remote read, about 13 thousand samples"},
		{20_000_000, server.URL, "", window.Exact, "by remote read, about 140.0 million samples"},
		{20_000_000, without, "", window.PromQL, "about 140.0 million samples are too many for raw queries"},
		{1_000_000_000, server.URL, "", window.PromQL, "about 7000.0 million samples are too many to be read raw"},
		{1_000_000_000, server.URL, "raw", window.Exact, "by remote read"},
		{0, server.URL, "promql", window.PromQL, "pushed down as PromQL, as configured"},
	} {
		perHour = c.perHour
		src := open(t, prom.Options{URL: c.url, Read: c.read})
		got := scan(t, src, req)
		if detail := src.Info().Detail; got.Accounting != c.accounting || !strings.Contains(detail, c.says) || !strings.HasPrefix(detail, "version 3.") {
			t.Errorf("%+v: %s, %s", c, got.Accounting, detail)
		}
		if noted := strings.Contains(strings.Join(got.Notes, "\n"), c.says); noted != (c.accounting == window.PromQL && c.read == "") {
			t.Errorf("%+v: the notes are %q", c, got.Notes)
		}
	}
}

// TestRawRefused: a server that gives no raw samples at all.
func TestRawRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.FormValue("query"), "slactl_probe[") {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"status":"error","errorType":"execution","error":"range selectors are not supported"}`)
			return
		}
		if r.URL.Path == "/api/v1/query_range" {
			fmt.Fprint(w, emptyMatrix)
			return
		}
		if r.URL.Path != "/api/v1/query" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	}))
	defer server.Close()
	req := request(t, querytest.Case{Total: "a_total", Grid: "0m 5m"})
	_, err := open(t, prom.Options{URL: server.URL, Read: "raw"}).Scan(t.Context(), []query.Request{req})
	check(t, err, prom.BadQuery, 0, []string{"raw samples, which `read: raw` demands, cannot be had: no remote read: the server answers 404 Not Found: 404 page not found; no raw queries: the server refuses slactl_probe",
		"range selectors are not supported", "write `read: auto`"})
	got := scan(t, open(t, prom.Options{URL: server.URL}), req)
	if notes := strings.Join(got.Notes, "\n"); got.Accounting != window.PromQL || !strings.Contains(notes, "pushed down as PromQL; no remote read: the server answers 404 Not Found: 404 page not found; no raw queries: ") {
		t.Errorf("accounting is %s, the notes are %q", got.Accounting, got.Notes)
	}
}
