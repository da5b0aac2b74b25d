package replay

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"paceline/queue/human"
)

// Row is the result of a load under one pace.
type Row struct {
	Pace string
	*Result
}

// Compare runs a load through each of [Paces]. It leaves out the variants of a pace
// whose result equals that of the pace. The errors are those of [Run].
func Compare(ctx context.Context, l *Load) ([]Row, error) {
	var rows []Row
	results := map[string]*Result{}
	for _, p := range Paces() {
		r, err := Run(ctx, l, p)
		if err != nil {
			return nil, fmt.Errorf("%w (load %q, pace %q)", err, l.Name, p.Name)
		}
		results[p.Name] = r
		if same := results[p.like]; same != nil && r.Failures == same.Failures && slices.Equal(r.Answers, same.Answers) {
			continue
		}
		rows = append(rows, Row{p.Name, r})
	}
	return rows, nil
}

// CompareAll runs [Compare] for each load, as many at a time as there are processors,
// and returns the rows in the order of the loads. When ctx ends it begins no other
// load, and the rows of those that were not run are nil.
func CompareAll(ctx context.Context, loads []Load) ([][]Row, error) {
	rows, errs := make([][]Row, len(loads)), make([]error, len(loads))
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i := range loads {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			if ctx.Err() == nil {
				rows[i], errs[i] = Compare(ctx, &loads[i])
			}
		})
	}
	wait.Wait()
	return rows, errors.Join(errs...)
}

// Table returns the rows of a load as a Markdown table under its name.
func Table(l *Load, rows []Row) string {
	cells := [][]string{
		{"pace", "answered", "failed", "at the door", "429s", "answer after", "the last", "of it waiting", "a minute", "fairness"},
		{"---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:"},
	}
	for _, r := range rows {
		fair := "–"
		if j, ok := r.Fairness(); ok {
			fair = fmt.Sprintf("%.3f", j)
		}
		cells = append(cells, []string{
			r.Pace, fmt.Sprint(len(r.Answers)), fmt.Sprint(r.Failures), fmt.Sprint(r.Refused), fmt.Sprint(r.RateLimited),
			human.Duration(r.MeanLatency()), human.Duration(r.MaxLatency()), human.Duration(r.MeanWait()), fmt.Sprintf("%.1f", r.Throughput()), fair,
		})
	}
	return "### " + l.Name + "\n\n" + columns(cells)
}

// columns formats the rows of a Markdown table: the first column aligned left, the
// others right.
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
			case strings.HasPrefix(cell, "---"): // the line below the header
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
