package loadtest

import "time"

// Result is what came of a run.
type Result struct {
	Plan     Plan
	Route    Route
	Streamed bool
	Began    time.Time
	Took     time.Duration // from the beginning to the last answer
	Stopped  bool          // ended before everything was sent and answered

	Sent       int // messages that were sent
	Succeeded  int
	Failed     int // answered with an error, or not at all
	Unanswered int // sent, and given up because the run was stopped
	NotSent    int // arrivals of an open loop that found too many unanswered
	Limited    int // answers of 429 that reached a client

	Lane      string // of the queue, that the latest answer names; empty if none does
	PerMinute int    // requests, the account's limit, as the latest answer tells it; 0 if none does

	Times      Times // of those that succeeded
	Corrected  Times // for coordinated omission; zero unless users have a gap
	FirstToken Times // to the first text; zero unless streamed
	Bars       []Bar // of Times

	PerSecond float64 // successes a second
	Users     []User
	Fairness  float64   // Jain's index over the users' averages: 1 all the same, 1/n one has it all; 0 if unknown
	Outcomes  []Outcome // by how many there were
}

// Good reports whether everything was sent and answered well.
func (r Result) Good() bool { return r.Failed == 0 && r.NotSent == 0 && !r.Stopped && r.Succeeded > 0 }

// User is one user's part. The times are of what succeeded.
type User struct {
	Name      string
	Succeeded int
	Failed    int
	Average   time.Duration
	Max       time.Duration
}

// Outcome is how many messages ended in one way.
type Outcome struct {
	Kind   string // "200", "429 rate_limit_error", "connection refused"
	Status int    // 0 where no answer came
	Good   bool
	Count  int
	First  string // the words of the first one; empty where it succeeded
}

// Progress is how far a run is.
type Progress struct {
	Plan      Plan
	Elapsed   time.Duration
	Total     int // messages of the whole run
	Sent      int
	Succeeded int
	Failed    int
	NotSent   int
	Limited   int
	Average   time.Duration // of those that succeeded
	Max       time.Duration
	First     time.Duration // average to the first text
	Trouble   string        // the words of the latest failure
}

// Unanswered is how many are on their way.
func (p Progress) Unanswered() int { return p.Sent - p.Succeeded - p.Failed }

// Done is how much of the run is over, 0 to 1.
func (p Progress) Done() float64 {
	if p.Total == 0 {
		return 0
	}
	return float64(p.Succeeded+p.Failed+p.NotSent) / float64(p.Total)
}

// fairness returns Jain's index of what each one has: (Σx)² / (n·Σx²); 0 where
// there is nothing to compare.
func fairness(each []time.Duration) float64 {
	var sum, squares float64
	for _, x := range each {
		v := x.Seconds()
		sum += v
		squares += v * v
	}
	if squares == 0 {
		return 0
	}
	return sum * sum / (float64(len(each)) * squares)
}
