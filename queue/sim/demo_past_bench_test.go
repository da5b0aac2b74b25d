package sim

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkPlayPast plays half an hour of the tour.
func BenchmarkPlayPast(b *testing.B) {
	end := time.Date(2026, 11, 30, 14, 2, 0, 0, time.UTC)
	for _, users := range []int{DefaultUsers, 200, maxUsers} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			for b.Loop() {
				if _, err := PlayPast(b.Context(), adaptive(), DemoOptions{Users: users}, end, 30*time.Minute); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
