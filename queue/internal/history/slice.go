package history

import (
	"cmp"
	"slices"
	"time"
)

// How much a slice names at most.
const (
	MaxLongest = 10 // users that waited longest
	MaxLanes   = 8
	Classes    = 16 // of failures, by number
)

// How long slices are, and how long they are kept so, in seconds.
const (
	Fine     = 5         // the length of those of the last hour
	fineFor  = 60 * 60   // at least so long
	Coarse   = 60        // the length of those before,
	coarseIn = 60 * 60   // of which an hour's stand together,
	keptFor  = 24 * 3600 // at least so long
)

// Slice is what happened in a stretch of time. The zero Slice is one in which nothing did.
type Slice struct {
	Start  int64 // seconds since 1970, a multiple of Length
	Length int64 // in seconds

	Level   uint8  // the worst; zero: all was well
	Message string // of what was worst

	// When the verdict was first, and last, no longer well for a reason of then, and not for one
	// that was over: after the beginning. Both are zero where it never was.
	BadFrom, BadUntil time.Duration
	Critical          time.Duration // how long of that it was critical
	Causes            []Cause       // for what reasons, and for how long each

	Waiting  int           // the most at one time
	Oldest   time.Duration // the longest that one of those who waited had waited
	Running  bool          // something ran
	Arrivals int64
	Starts   int64

	Waits   Waits         // of the starts
	Longest time.Duration // of them

	Successful, Failed, Cancelled, Refused int64
	RateLimited                            int64
	Failures                               [Classes]uint32 // by class
	Paused                                 time.Duration
	Input, Output                          int64 // tokens

	Waiters []Waiter // who waited longest, at most MaxLongest users, the longest first
	Lanes   []Lane   // at its end, at most MaxLanes
}

// Cause is a reason why all was not well.
type Cause struct {
	Name string
	For  time.Duration
}

// Waiter is the longest wait of one user.
type Waiter struct {
	User, Lane string
	Waited     time.Duration
	Started    bool // then; else it waited on, or left
	Waiting    int  // the most requests of the user that waited at one time
}

// Lane is a lane at the end of a slice.
type Lane struct {
	Name             string
	Waiting, Running int
	Limits           []Limit
}

// Limit is a limit of a lane.
type Limit struct {
	Kind      string
	PerMinute int64
	Told      bool // what is free
	Free      int64
	FullIn    time.Duration
}

// End returns when the slice ends.
func (s *Slice) End() int64 { return s.Start + s.Length }

// Idle reports whether nothing happened in it, and nothing waited or ran.
func (s *Slice) Idle() bool {
	return s.Level == 0 && s.Waiting == 0 && !s.Running && s.Arrivals == 0 && s.Starts == 0 &&
		s.Successful == 0 && s.Failed == 0 && s.Cancelled == 0 && s.Refused == 0 &&
		s.Failures == [Classes]uint32{} && s.Paused == 0
}

// Merge adds what happened in a later slice, or one of the same time.
func (s *Slice) Merge(later *Slice) {
	if later.Level > 0 && later.Level >= s.Level {
		s.Level, s.Message = later.Level, later.Message
	}
	s.mergeBad(later)
	s.Waiting = max(s.Waiting, later.Waiting)
	s.Oldest = max(s.Oldest, later.Oldest)
	s.Running = s.Running || later.Running
	s.Arrivals += later.Arrivals
	s.Starts += later.Starts
	s.Waits.Merge(&later.Waits)
	s.Longest = max(s.Longest, later.Longest)
	s.Successful += later.Successful
	s.Failed += later.Failed
	s.Cancelled += later.Cancelled
	s.Refused += later.Refused
	s.RateLimited += later.RateLimited
	for class, n := range later.Failures {
		s.Failures[class] += n
	}
	s.Paused += later.Paused
	s.Input += later.Input
	s.Output += later.Output
	s.Waiters = slices.Clone(s.Waiters)
	for _, w := range later.Waiters {
		s.Waiters = Insert(s.Waiters, w)
	}
	s.Lanes = later.Lanes
}

// mergeBad adds for how long all was not well in a later slice, or one of the same time.
func (s *Slice) mergeBad(later *Slice) {
	if later.BadUntil == 0 {
		return
	}
	after := time.Duration(later.Start-s.Start) * time.Second
	if s.BadUntil == 0 {
		s.BadFrom = after + later.BadFrom
	}
	s.BadFrom, s.BadUntil = min(s.BadFrom, after+later.BadFrom), max(s.BadUntil, after+later.BadUntil)
	s.Critical += later.Critical
	s.Causes = slices.Clone(s.Causes)
	for _, c := range later.Causes {
		s.AddCause(c)
	}
}

// AddCause adds for how long there was a reason why all was not well.
func (s *Slice) AddCause(c Cause) {
	i := slices.IndexFunc(s.Causes, func(of Cause) bool { return of.Name == c.Name })
	if i < 0 {
		s.Causes = append(s.Causes, c)
		return
	}
	s.Causes[i].For += c.For
}

// Insert puts one that waited into a list of those that waited longest, if it is one of
// them. Of each user the list has the longest wait.
func Insert(longest []Waiter, w Waiter) []Waiter {
	for i := range longest {
		if longest[i].User != w.User {
			continue
		}
		w.Waiting = max(w.Waiting, longest[i].Waiting)
		if longest[i].Waited > w.Waited {
			longest[i].Waiting = w.Waiting
			return longest
		}
		longest = slices.Delete(longest, i, i+1)
		break
	}
	if len(longest) == MaxLongest {
		if longest[MaxLongest-1].Waited >= w.Waited {
			return longest
		}
		longest = longest[:MaxLongest-1]
	}
	at, _ := slices.BinarySearchFunc(longest, w.Waited, func(one Waiter, waited time.Duration) int {
		return cmp.Compare(waited, one.Waited)
	})
	return slices.Insert(longest, at, w)
}
