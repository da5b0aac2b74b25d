package ui

import (
	"testing"
	"time"
)

// What a poll costs: to take the answer and draw 120x36, and, as the floor, to be
// asked for a picture in which nothing changed.
func BenchmarkFrame(b *testing.B) {
	r := newRig(&testing.T{}, Options{Interval: 5 * time.Second})
	r.watch(120, 3, 2400*time.Millisecond)
	b.Run("poll", func(b *testing.B) {
		b.ReportAllocs()
		for n := 120; b.Loop(); n++ {
			r.answerPoll(sampleOf(n, n%5, 2400*time.Millisecond))
			_ = r.View()
		}
	})
	b.Run("nothing new", func(b *testing.B) {
		for b.Loop() {
			_ = r.View()
		}
	})
}
