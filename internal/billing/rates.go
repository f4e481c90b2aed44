package billing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/slactl/slactl/internal/cost"
)

// ReadRates reads a table of exchange rates, see [cost.ParseRates]. The name is
// how errors call the file.
func ReadRates(path, name string) (*cost.Rates, error) {
	text, err := os.ReadFile(path)
	if wrong := (*fs.PathError)(nil); errors.As(err, &wrong) {
		err = wrong.Err // the path is in the name
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w; cost.exchange_rates names this file", name, err)
	}
	return cost.ParseRates(name, text)
}
