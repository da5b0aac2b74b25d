package ui

import (
	"testing"
	"time"

	"paceline/client"
)

// Nobody may take a simulated API's figures for real ones.
func TestSimulatedFiguresSaySo(t *testing.T) {
	r := newRig(t, Options{})
	genuine := figuresOf(0, 1, time.Second)
	r.sample(genuine)
	r.hides("simulated")
	made := figuresOf(1, 1, time.Second)
	made.Detail.Simulated = client.Some(true)
	r.sample(made)
	r.shows("queue.example:3000 · simulated")
}

// A call that was sent twice may cost twice: it is counted, and shown.
func TestCallsSentTwiceAreShown(t *testing.T) {
	r := newRig(t, Options{})
	s := figuresOf(0, 1, time.Second)
	s.Detail.Resent = client.Some[int64](0)
	r.sample(s)
	r.hides("sent twice")
	s = figuresOf(1, 1, time.Second)
	s.Detail.Resent = client.Some[int64](3)
	r.sample(s)
	r.shows("3 sent twice")
}
