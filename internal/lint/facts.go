package lint

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/slactl/slactl/internal/config"
	"github.com/slactl/slactl/internal/query"
)

// facts are what several rules ask of a configuration, worked out once.
type facts struct {
	cfg        *config.Config
	selectors  []parsedSelector
	objectives []slaObjectives
	byPath     map[string]parsedSelector // the whole ones
}

// parsedSelector is a text that selects series. Where err is nil and the text is
// neither an expression nor matchers alone, query holds what it selects.
type parsedSelector struct {
	config.Selector
	query query.Selector
	err   error
}

// whole reports whether the text is a selector that could be parsed.
func (s parsedSelector) whole() bool { return s.err == nil && !s.Expression && !s.Matchers }

// key is the last key of the path: total, bad, gauge.
func (s parsedSelector) key() string { return s.Path[strings.LastIndexByte(s.Path, '.')+1:] }

// base is the path of the indicator that holds the selector.
func (s parsedSelector) base() string { return s.Path[:strings.LastIndexByte(s.Path, '.')] }

// slaObjectives is an SLA with its objectives.
type slaObjectives struct {
	name, path string
	def        config.SLADefinition
	objectives []config.ObjectiveSpec
}

// selectors lists the texts of the files that select series, parsed.
func (p *Pass) selectors() []parsedSelector {
	f := p.facts
	if f.byPath != nil {
		return f.selectors
	}
	f.byPath = map[string]parsedSelector{}
	texts := f.cfg.Selectors()
	f.selectors = make([]parsedSelector, len(texts))
	var workers sync.WaitGroup
	for part := range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := part; i < len(texts); i += runtime.GOMAXPROCS(0) {
				f.selectors[i] = parseSelector(texts[i])
			}
		})
	}
	workers.Wait()
	for _, s := range f.selectors {
		if s.whole() {
			f.byPath[s.Path] = s
		}
	}
	return f.selectors
}

func parseSelector(s config.Selector) parsedSelector {
	one := parsedSelector{Selector: s}
	switch {
	case s.Expression:
		one.err = query.ParseExpr(s.Text)
	case s.Matchers: // presets compose selectors of a name and these
		one.query, one.err = query.ParseSelector("{" + strings.Trim(strings.TrimSpace(s.Text), "{}") + "}")
	default:
		one.query, one.err = query.ParseSelector(s.Text)
	}
	return one
}

// pairs calls f for each whole selector under one of the keys that has a partner
// under the other key beside it.
func (p *Pass) pairs(partner string, keys []string, f func(one, other parsedSelector)) {
	for _, s := range p.selectors() {
		if !s.whole() || !slices.Contains(keys, s.key()) {
			continue
		}
		if other, ok := p.facts.byPath[s.base()+"."+partner]; ok {
			f(s, other)
		}
	}
}

// slas lists the SLAs with their objectives.
func (p *Pass) slas() []slaObjectives {
	f := p.facts
	if f.objectives == nil {
		for _, e := range f.cfg.SLADefinitions {
			f.objectives = append(f.objectives, slaObjectives{e.Key, "sla_definitions." + e.Key, e.Value, f.cfg.Expand(e)})
		}
	}
	return f.objectives
}
