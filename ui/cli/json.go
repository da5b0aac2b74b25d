package cli

import "time"

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// some returns a pointer to v, nil if v is zero.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
