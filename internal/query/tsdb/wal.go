package tsdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/common/promslog"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/wlog"
)

// replay is a write-ahead log that was read into memory. What Prometheus keeps
// on disk beside its memory is kept in a temporary directory: the log alone
// holds every sample, so the server's own files are not needed.
type replay struct {
	head *promtsdb.Head
	dir  string
	torn error // where the log broke off
}

// replayLog reads the write-ahead log of a data directory, without the samples
// before the given time, which are in blocks. A running server may remove
// segments meanwhile, or be in the middle of a record: then it is read again,
// and a record that stays torn at the end of the log is where it ends.
func replayLog(path, temp string, since int64) (*replay, error) {
	for attempt := 0; ; attempt++ {
		r, err := replayOnce(path, temp, since)
		if err == nil {
			return r, nil
		}
		var torn *wlog.CorruptionErr
		if attempt < 3 {
			if err := r.close(); err != nil {
				return nil, fmt.Errorf("replaying the write-ahead log of %s: %w", path, err)
			}
			time.Sleep(100 * time.Millisecond)
			continue
		}
		if errors.As(err, &torn) && r.head != nil && torn.Segment == lastSegment(torn.Dir) {
			r.torn = torn
			return r, nil
		}
		return nil, errors.Join(fmt.Errorf("replaying the write-ahead log of %s: %w", path, err), r.close())
	}
}

func lastSegment(dir string) int {
	_, last, err := wlog.Segments(dir)
	if err != nil {
		return -1
	}
	return last
}

func replayOnce(path, temp string, since int64) (*replay, error) {
	r := &replay{}
	var err error
	if r.dir, err = os.MkdirTemp(temp, "slactl-wal-"); err != nil {
		return r, err
	}
	logger := promslog.NewNopLogger()
	wal, err := wlog.Open(logger, filepath.Join(path, "wal"))
	if err != nil {
		return r, err
	}
	opts := promtsdb.DefaultHeadOptions()
	opts.ChunkDirRoot = r.dir
	if r.head, err = promtsdb.NewHead(nil, logger, wal, nil, opts, promtsdb.NewHeadStats()); err != nil {
		return r, err
	}
	return r, r.head.Init(since)
}

// close ends the replay. Closing the head closes its log, which writes nothing
// because nothing was logged.
func (r *replay) close() error {
	var err error
	if r.head != nil {
		err = r.head.Close()
	}
	if r.dir != "" {
		err = errors.Join(err, os.RemoveAll(r.dir))
	}
	return err
}
