package client

import (
	"time"

	"paceline/queue"
)

// Slice is what happened in a stretch of time, as the endpoint keeps it.
type Slice struct {
	At      Opt[time.Time]     `json:"at"` // its beginning
	Length  Opt[time.Duration] `json:"lengthMs"`
	Level   Level              `json:"level"`
	Message string             `json:"message"`

	// When in it all was not well, first and last, for reasons that were not over; unknown where
	// it never was. Critical is unknown where the endpoint does not tell these.
	BadFrom  Opt[time.Time]     `json:"badFrom"`
	BadUntil Opt[time.Time]     `json:"badUntil"`
	Critical Opt[time.Duration] `json:"criticalMs"` // how long of that it was critical
	Causes   List[SliceCause]   `json:"causes" first:"32"`

	Waiting  Opt[int]           `json:"waiting"`  // the most at one time
	Oldest   Opt[time.Duration] `json:"oldestMs"` // the longest that one of those who waited had waited
	Arrivals Opt[int64]         `json:"arrivals"`
	Starts   Opt[int64]         `json:"starts"`

	Waits   List[WaitCount]    `json:"waits" first:"64"` // of the starts
	Median  Opt[time.Duration] `json:"medianMs"`         // unknown where nothing started
	Longest Opt[time.Duration] `json:"longestMs"`

	Successful   Opt[int64]         `json:"successful"`
	Failed       Opt[int64]         `json:"failed"`
	Cancelled    Opt[int64]         `json:"cancelled"`
	Refused      Opt[int64]         `json:"refused"`
	RateLimited  Opt[int64]         `json:"rateLimited"`
	Failures     List[ClassCount]   `json:"failures" first:"20"`
	Paused       Opt[time.Duration] `json:"pausedMs"`
	InputTokens  Opt[int64]         `json:"inputTokens"`
	OutputTokens Opt[int64]         `json:"outputTokens"`

	LongestWaits List[LongestWait] `json:"longest" first:"10"`
	Lanes        List[LaneSlice]   `json:"lanes" first:"8"`
}

// finish implements [finisher].
func (s *Slice) finish(object) bool { return s.At.Known && s.Length.Value > 0 }

// SliceCause is why all was not well in a slice, and for how long: see [Incident].
type SliceCause struct {
	Cause string             `json:"cause"`
	For   Opt[time.Duration] `json:"forMs"`
}

// WaitCount is how many waits were at most so long, and longer than the one before it.
type WaitCount struct {
	AtMost Opt[time.Duration] `json:"atMostMs"`
	Count  Opt[int64]         `json:"count"`
}

// ClassCount is how many calls failed for a class.
type ClassCount struct {
	Class queue.ClassName `json:"class"`
	Count Opt[int64]      `json:"count"`
}

// LongestWait is the longest wait of a user in a slice.
type LongestWait struct {
	User    string             `json:"user"`
	Lane    string             `json:"lane"`
	Waited  Opt[time.Duration] `json:"waitedMs"`
	Started Opt[bool]          `json:"started"` // then; else it waited on, or left
	Waiting Opt[int]           `json:"waiting"` // the most requests of the user that waited at one time
}

// finish implements [finisher]: the user is written as a [Name] is.
func (w *LongestWait) finish(o object) bool {
	w.User = nameIn(o, "user").String()
	return true
}

// LaneSlice is a lane at the end of a slice.
type LaneSlice struct {
	Name    string      `json:"name"`
	Waiting Opt[int]    `json:"waiting"`
	Running Opt[int]    `json:"running"`
	Limits  List[Limit] `json:"limits" first:"8"`
}
