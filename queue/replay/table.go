package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Row is what a load feels under a pace.
type Row struct {
	Pace string
	*Felt
}

// Compare runs a load through each of [Paces]. The last, an oracle that runs into
// debt, is left out where it does the same as the one before.
func Compare(l *Load) ([]Row, error) {
	var rows []Row
	for _, p := range Paces() {
		f, err := Play(l, p)
		if err != nil {
			return nil, fmt.Errorf("%w (load %q, pace %q)", err, l.Name, p.Name)
		}
		if p.Name == GreedyOracle && slices.Equal(f.Answers, rows[len(rows)-1].Answers) {
			continue
		}
		rows = append(rows, Row{p.Name, f})
	}
	return rows, nil
}

// Table writes the rows of a load as a Markdown table, under its name.
func Table(l *Load, rows []Row) string {
	cells := [][]string{
		{"pace", "answered", "failed", "429s", "answer after", "the last", "of it waiting", "a minute", "fairness"},
		{"---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:"},
	}
	for _, r := range rows {
		fair := "–"
		if j, ok := r.Jain(); ok {
			fair = fmt.Sprintf("%.3f", j)
		}
		cells = append(cells, []string{
			r.Pace, fmt.Sprint(len(r.Answers)), fmt.Sprint(r.Failures), fmt.Sprint(r.Refused),
			seconds(r.MeanTook()), seconds(r.LongestTook()), seconds(r.MeanWait()), fmt.Sprintf("%.1f", r.Throughput()), fair,
		})
	}
	return "### " + l.Name + "\n\n" + columns(cells)
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
