package queue

import "paceline/queue/internal/history"

// How much a [Slice] names at most.
const (
	SliceUsers = history.MaxLongest // that waited longest
	SliceLanes = history.MaxLanes
)

// Slice is what happened in a stretch of time: 5 s, a minute, or longer where somebody asks
// for fewer of them.
type Slice struct {
	At       Time   `json:"at"` // its beginning
	LengthMs int64  `json:"lengthMs"`
	Level    string `json:"level"`   // the worst in it
	Message  string `json:"message"` // of the finding that was worst; empty where all was well

	// When it was first, and last, not well for a reason that was not over; null where it never
	// was. A verdict is worse for a while longer than it would have to be.
	BadFrom    *Time        `json:"badFrom"`
	BadUntil   *Time        `json:"badUntil"`
	CriticalMs int64        `json:"criticalMs"` // how long of that it was critical
	Causes     []SliceCause `json:"causes"`     // why, the longest first

	Waiting  int   `json:"waiting"`  // the most that waited at one time
	OldestMs int64 `json:"oldestMs"` // the longest that one of those who waited had waited
	Arrivals int64 `json:"arrivals"` // accepted; also who has left and comes back
	Starts   int64 `json:"starts"`   // retries too

	Waits     []WaitCount `json:"waits"`     // of the starts, from arrival to start; only what is not zero
	MedianMs  *int64      `json:"medianMs"`  // of these waits; null where nothing started
	LongestMs *int64      `json:"longestMs"` // of them

	Successful   int64        `json:"successful"`
	Failed       int64        `json:"failed"`
	Cancelled    int64        `json:"cancelled"`
	Refused      int64        `json:"refused"`
	RateLimited  int64        `json:"rateLimited"` // answers of 429
	Failures     []ClassCount `json:"failures"`    // by class, the most first, counted as in [ClassFailures]
	PausedMs     int64        `json:"pausedMs"`    // how long a lane was paused by the API
	InputTokens  int64        `json:"inputTokens"` // of calls that ended, and had been accepted by the API
	OutputTokens int64        `json:"outputTokens"`

	Longest []LongestWait `json:"longest"` // of at most SliceUsers users, those that waited longest first
	Lanes   []LaneSlice   `json:"lanes"`   // at most SliceLanes, as they were at its end

	message namedText // the same as Message, for each viewer
}

// SliceCause is why all was not well in a slice, and for how long: what the request that waited
// longest waited for, as in [Binding]; else a class of failures, or a row of the table of health.
type SliceCause struct {
	Cause string `json:"cause"`
	ForMs int64  `json:"forMs"`
}

// WaitCount is how many waits were at most so long, and longer than the one before it.
type WaitCount struct {
	AtMostMs int64 `json:"atMostMs"`
	Count    int64 `json:"count"`
}

// ClassCount is how many calls failed for a class.
type ClassCount struct {
	Class ClassName `json:"class"`
	Count int64     `json:"count"`
}

// LongestWait is the longest wait of a user in a slice.
type LongestWait struct {
	User     string `json:"user"`
	Group    string `json:"-"` // of the user, see [Request]
	Lane     string `json:"lane"`
	WaitedMs int64  `json:"waitedMs"`
	Started  bool   `json:"started"` // then; else it waited on, or left
	Waiting  int    `json:"waiting"` // the most requests of the user that waited at one time
}

// LaneSlice is a lane at the end of a slice.
type LaneSlice struct {
	Name    string      `json:"name"`
	Waiting int         `json:"waiting"`
	Running int         `json:"running"`
	Limits  []LaneLimit `json:"limits"`
}
