package cli

import (
	"fmt"
	"sync"
	"time"
)

// patience is how long work may take before someone is told of it.
const patience = time.Second

// progress tells on stderr what is being worked on, once that takes a while: as
// a spinner on a terminal, otherwise one line per stage.
type progress struct {
	a     *app
	mu    sync.Mutex
	stage string
	shown string // the stage that a plain line was printed for
	drawn bool   // a spinner stands on the line
	tick  int
	stop  chan struct{}
	done  chan struct{}
}

// startProgress begins to watch the work. The caller ends it with end before it
// writes results.
func (a *app) startProgress(stage string) *progress {
	p := &progress{a: a, stage: stage, stop: make(chan struct{}), done: make(chan struct{})}
	go p.watch()
	return p
}

// set says what is being worked on now.
func (p *progress) set(stage string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage = stage
	p.a.logger().Info(stage)
}

// end takes the spinner away. It may be called again.
func (p *progress) end() {
	p.mu.Lock()
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.mu.Unlock()
	<-p.done
}

func (p *progress) watch() {
	defer close(p.done)
	wait := time.NewTimer(patience)
	defer wait.Stop()
	for {
		select {
		case <-p.stop:
			if p.drawn {
				fmt.Fprint(p.a.Stderr, "\r\x1b[K")
			}
			return
		case <-wait.C:
			p.draw()
			wait.Reset(patience / 8)
		}
	}
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.a.StderrTTY {
		if p.stage != p.shown {
			fmt.Fprintf(p.a.Stderr, "%s ...\n", p.stage)
			p.shown = p.stage
		}
		return
	}
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	fmt.Fprintf(p.a.Stderr, "\r\x1b[K%c %s", frames[p.tick%len(frames)], p.stage)
	p.tick++
	p.drawn = true
}
