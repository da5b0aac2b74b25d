package sim_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"paceline/queue/replay"
)

// BenchmarkPace compares all paces under all loads, and writes the tables, as
// Markdown:
//
//	go test -run '^$' -bench Pace ./queue/sim
func BenchmarkPace(b *testing.B) {
	var out strings.Builder
	for b.Loop() {
		out.Reset()
		for _, l := range replay.Loads() {
			rows, err := replay.Compare(b.Context(), &l)
			if err != nil {
				b.Fatal(err)
			}
			out.WriteString(replay.Table(&l, rows) + "\n")
		}
	}
	if _, err := fmt.Fprint(os.Stdout, "\n"+out.String()); err != nil {
		b.Error(err)
	}
}
