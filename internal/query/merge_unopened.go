package query

import (
	"context"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slactl/slactl/internal/period"
)

// Unopened returns a source that could not be opened: each read fails with the
// reason. Beside an archive it may not be needed, see [JoinSources].
func Unopened(info Info, err error) Source { return &unopened{info, err} }

type unopened struct {
	info Info
	err  error
}

func (u *unopened) Info() Info                                        { return u.info }
func (u *unopened) Close() error                                      { return nil }
func (u *unopened) Scan(context.Context, []Request) ([]Result, error) { return nil, u.err }

func (u *unopened) Metrics(context.Context, period.Span) ([]Metric, error) { return nil, u.err }

func (u *unopened) Series(context.Context, Selector, period.Span, int) ([]labels.Labels, error) {
	return nil, u.err
}

// ChooseFeed implements [FeedChooser].
func (u *unopened) ChooseFeed(context.Context, []Request) (Feed, string, error) {
	return nil, "", u.err
}
