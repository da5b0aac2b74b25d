// Paceline is a paced request queue for the Claude API and the terminal monitor
// to watch it live.
package main

import (
	"context"
	"os"

	"paceline/ui/cli"
)

func main() {
	streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	os.Exit(cli.Main(context.Background(), os.Args[1:], streams, os.Environ()))
}
