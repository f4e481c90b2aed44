package prom

import (
	"context"

	"github.com/slactl/slactl/internal/query"
)

// ChooseFeed implements query.FeedChooser, for who wants the samples themselves:
// to record them, or to join them with what was recorded. Replicas are not merged.
func (s *source) ChooseFeed(ctx context.Context, reqs []query.Request) (query.Feed, string, error) {
	if err := s.probe(ctx); err != nil {
		return nil, "", err
	}
	how, err := s.choose(ctx, reqs, &s.heard)
	return how.feed, how.detail, err
}

// Notes are what the server said while feeds that ChooseFeed returned were read.
func (s *source) Notes() []string { return s.heard.list() }
