package ui

import (
	"fmt"
	"math"

	"paceline/client"
	"paceline/queue/human"
)

// rate writes a figure per minute.
func rate(v float64) string {
	if v < 9.95 {
		return fmt.Sprintf("%.1f", v)
	}
	return human.Count(int64(math.Round(v)))
}

// orDash writes a figure, or a dash for one that is not known.
func orDash[T any](t *theme, o client.Opt[T], write func(T) string) string {
	if !o.Known {
		return t.dash
	}
	return write(o.Value)
}
