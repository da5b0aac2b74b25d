package queue

import "time"

// Band is a band of load that operators plan with: so many users, and so long a
// wait.
type Band struct {
	Name     string
	MaxUsers int           // active in 5 minutes; zero: however many
	MaxWait  time.Duration // the wait is below it; zero: however long
	Expected string        // the wait in words, "0-3 s"
	Feels    string        // to the user
}

// bands is the published table.
var bands = []Band{
	{"Excellent", 2, 3 * time.Second, "0-3 s", "Instant"},
	{"Good", 5, 8 * time.Second, "3-8 s", "Good"},
	{"Warning", 10, 15 * time.Second, "8-15 s", "Acceptable"},
	{"Poor", 20, 30 * time.Second, "15-30 s", "Slow"},
	{"Upgrade needed", 0, 0, "30 s and more", "Very slow"},
}

// Bands returns the published capacity table, the best band first.
func Bands() []Band { return append([]Band(nil), bands...) }

// BandForUsers returns the band of n active users.
func BandForUsers(n int) Band {
	for _, b := range bands {
		if n <= b.MaxUsers {
			return b
		}
	}
	return bands[len(bands)-1]
}

// BandForWait returns the band of a wait.
func BandForWait(d time.Duration) Band {
	for _, b := range bands {
		if d < b.MaxWait {
			return b
		}
	}
	return bands[len(bands)-1]
}

// capacity returns the bands on the wire: the published one of so many users, and the one of
// the last minute's waits.
func (m *Machine) capacity() Capacity {
	active := m.users.active.Count(m.now)
	b := BandForUsers(active)
	c := Capacity{ActiveUsers: active, Band: b.Name, Expected: b.Expected, Feels: b.Feels}
	if p95, starts := m.metrics.wait.LastMinute(m.now, 0.95); starts > 0 {
		b = BandForWait(p95)
		c.Measured = &MeasuredBand{Band: b.Name, Feels: b.Feels, P95Ms: p95.Milliseconds(), Starts: starts}
	}
	return c
}
