package prom

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// ask makes a request, anew for every attempt.
type ask func(context.Context) (*http.Request, error)

// post is the ask of a body.
func (c *client) post(path string, header http.Header, body []byte) ask {
	return func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL(path, nil).String(), bytes.NewReader(body))
		if err == nil {
			maps.Copy(req.Header, header)
		}
		return req, err
	}
}

// form is the ask of parameters.
func (c *client) form(path string, values url.Values) ask {
	return c.post(path, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(values.Encode()))
}

// stream asks and hands the answer over while it arrives. It asks again
// where that may help, and then take begins anew. The timeout bounds each wait
// for the server, not the whole answer, which may be long. Errors are *Error,
// the context's, or take's own.
func (c *client) stream(ctx context.Context, question ask, take func(http.Header, io.Reader) error) error {
	for attempt := 0; ; attempt++ {
		err := c.streamOnce(ctx, question, take)
		var e *Error
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.As(err, &e) || !e.transient:
			return err
		case attempt == retries:
			e.Message += asked(attempt + 1)
			return e
		}
		if err := c.pause(ctx, attempt, e.after); err != nil {
			return err
		}
	}
}

// streamOnce asks once.
func (c *client) streamOnce(ctx context.Context, question ask, take func(http.Header, io.Reader) error) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil // stream looks at the context first
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.timeout, func() { cancel(context.DeadlineExceeded) })
	defer watch.Stop()
	req, err := question(ctx)
	if err != nil {
		return c.connectionError(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.connectionError(causeOf(ctx, err))
	}
	defer resp.Body.Close()
	answer := &watched{ctx: ctx, body: resp.Body, watch: watch, timeout: c.timeout}
	if resp.StatusCode/100 == 2 {
		return take(resp.Header, answer)
	}
	text, err := io.ReadAll(io.LimitReader(answer, 1<<16))
	if err != nil {
		return c.connectionError(err)
	}
	if e := c.statusError(resp, text); e != nil {
		return e
	}
	kind, said := sayings(text) // the API's own error
	return &Error{Server: c.server, Problem: BadQuery, Status: resp.StatusCode, Message: "the server refuses: " + said,
		Err: &v1.Error{Type: v1.ErrorType(kind), Msg: said}}
}

// causeOf is why the context ended, if it did, and the error else.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// watched is a body of which each read has its own time.
type watched struct {
	ctx     context.Context
	body    io.Reader
	watch   *time.Timer
	timeout time.Duration
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	w.watch.Reset(w.timeout)
	defer w.watch.Stop()
	n, err := w.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = causeOf(w.ctx, err)
	}
	return n, err
}
