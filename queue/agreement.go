package queue

import "time"

// Two figures of waits are far apart from these differences on.
const (
	farApartFloor = 2 * time.Second // what a cold start takes, and less than the best band is wide
	farApartShare = 3               // a third of the longer
)

// FarApart reports whether two figures of the same waits, one measured and one computed,
// differ by more than two seconds and by more than a third of the longer one. Then the
// computation misses what made the requests wait, and its other figures are worth
// nothing either.
func FarApart(a, b time.Duration) bool {
	apart := max(a, b) - min(a, b)
	return apart > farApartFloor && apart > max(a, b)/farApartShare
}
