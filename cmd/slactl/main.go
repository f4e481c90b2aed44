// Slactl turns metrics and bills into service reports. See `slactl help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones are known on machines without a zone database

	"github.com/slactl/slactl/internal/cli"
)

func main() { os.Exit(run()) }

// run lets the first interrupt end the work in progress; a second one kills.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Main(ctx, cli.SystemEnv(), os.Args[1:])
}
