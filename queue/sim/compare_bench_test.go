package sim_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkPace compares all paces under all loads, and writes the tables, as
// Markdown:
//
//	go test -run '^$' -bench Pace ./queue/sim
func BenchmarkPace(b *testing.B) {
	var out strings.Builder
	for b.Loop() {
		out.Reset()
		for _, l := range loads() {
			out.WriteString(table(b, &l))
		}
	}
	if _, err := fmt.Fprint(os.Stdout, "\n"+out.String()); err != nil {
		b.Error(err)
	}
}

// table is what a load feels under each pace.
func table(tb testing.TB, l *load) string {
	rows := [][]string{
		{"pace", "answered", "failed", "429s", "answer after", "the last", "of it waiting", "a minute", "fairness"},
		{"---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:"},
	}
	var before felt
	for _, c := range contenders() {
		f := play(tb, l, c)
		if c.name == greedyOracle && slices.Equal(f.took, before.took) {
			continue // it has no use for its greed
		}
		before = f
		fair := "–"
		if j, ok := f.jain(); ok {
			fair = fmt.Sprintf("%.3f", j)
		}
		rows = append(rows, []string{
			c.name, fmt.Sprint(len(f.took)), fmt.Sprint(f.failures), fmt.Sprint(f.refused),
			seconds(mean(f.took)), seconds(most(f.took)), seconds(mean(f.waits)), fmt.Sprintf("%.1f", f.throughput()), fair,
		})
	}
	return "### " + l.name + "\n\n" + columns(rows) + "\n"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// columns lays out the rows of a Markdown table, the first column to the left and
// the others to the right.
func columns(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			switch {
			case strings.HasPrefix(cell, "---"): // the line below the titles
				cell = strings.Repeat("-", len(pad)) + cell
			case i == 0:
				cell += pad
			default:
				cell = pad + cell
			}
			out.WriteString("| " + cell + " ")
		}
		out.WriteString("|\n")
	}
	return out.String()
}
