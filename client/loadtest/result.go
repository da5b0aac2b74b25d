package loadtest

import "time"

// Result is the outcome of a run.
type Result struct {
	Plan     Plan
	Route    Route
	Streamed bool
	Began    time.Time
	Took     time.Duration // from the beginning to the last answer
	Stopped  bool          // it was stopped before all messages were sent and answered

	Sent       int // messages that were sent
	Succeeded  int
	Failed     int // answered with an error, or not at all
	Unanswered int // sent, but not answered before the run was stopped
	NotSent    int // arrivals of an open loop while too many messages were unanswered
	Limited    int // answers of 429 that reached a client
	SentAgain  int // how often users gave up and sent the same message again

	Lane      string // the queue's lane in the latest answer that names one; empty if none does
	PerMinute int    // the account's limit of requests in the latest answer that holds it; 0 if none does

	Times      Times // of the successful messages
	Corrected  Times // for coordinated omission; zero unless users have a gap
	FirstToken Times // to the first text; zero unless streamed
	Bars       []Bar // of Times

	PerSecond float64 // successes a second
	Users     []User
	Fairness  float64   // Jain's index of the users' averages: 1 if all are equal, 1/n if one has it all; 0 if unknown
	Outcomes  []Outcome // the most frequent first
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

// Outcome is the number of messages that ended in one way.
type Outcome struct {
	Kind   string // "200", "429 rate_limit_error", "connection refused"
	Status int    // 0 without an answer
	Good   bool
	Count  int
	First  string // the words of the first one; empty for successes
}

// Progress is the state of a run.
type Progress struct {
	Plan      Plan
	Elapsed   time.Duration
	Total     int // the messages of the whole run
	Sent      int
	Succeeded int
	Failed    int
	NotSent   int
	Limited   int
	Average   time.Duration // of the successful messages
	Max       time.Duration
	First     time.Duration // the average time to the first text
	Trouble   string        // the kind of the latest failure
}

// Unanswered returns the number of messages that were sent and are not answered yet.
func (p Progress) Unanswered() int { return p.Sent - p.Succeeded - p.Failed }

// Done returns the share of the messages that are done, 0 to 1.
func (p Progress) Done() float64 {
	if p.Total == 0 {
		return 0
	}
	return float64(p.Succeeded+p.Failed+p.NotSent) / float64(p.Total)
}

// FastestAndSlowest returns the users with the least and the greatest average; false if
// there are not two to compare.
func (r *Result) FastestAndSlowest() (fastest, slowest User, ok bool) {
	n := 0
	for _, u := range r.Users {
		if u.Succeeded == 0 {
			continue
		}
		if n == 0 || u.Average < fastest.Average {
			fastest = u
		}
		if n == 0 || u.Average > slowest.Average {
			slowest = u
		}
		n++
	}
	return fastest, slowest, n > 1
}

// fairness returns Jain's index, (Σx)² / (n·Σx²); 0 without values.
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
